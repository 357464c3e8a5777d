"""Switching off and on: on the ledger first, narrowed without a hole, tripped by foreign ones."""

import pytest
from sqlalchemy import create_engine

from keepsight.hub.grant import Capability
from keepsight.hub.store.suspensions import SuspensionStore, metadata
from keepsight.hub.suspension import Suspension
from keepsight.hub.suspensions import BY_HUB, SuspensionError, Suspensions
from keepsight.seal.frame import Reason
from keepsight.seal.ledger import LedgerError
from tests.hub.clocks import HandClock

HOME, MEMBER = b"h" * 16, b"m" * 16
EVERYTHING_OFF = Suspension(b"", "recalled by its maker", 0, None, MEMBER, integration="*")


class Lines:
    """A ledger that keeps its lines in memory, and refuses when told to."""

    def __init__(self):
        self.lines = []
        self.is_full = False

    async def record(self, entries):
        if self.is_full:
            raise LedgerError("no space left")
        self.lines += entries


class Rig:
    """Suspensions over a real database."""

    def __init__(self, path):
        engine = create_engine(f"sqlite:///{path}")
        metadata.create_all(engine)
        self.lines, self.clock, self.changes = Lines(), HandClock(), 0

        async def sql(function, *arguments):
            return function(*arguments)

        self.suspensions = Suspensions(HOME, SuspensionStore(engine), sql, self.lines, self.clock)
        self.suspensions.on_change = self.count
        self.trips = 0
        self.suspensions.on_trip = self.count_trip

    def count(self):
        self.changes += 1

    def count_trip(self):
        self.trips += 1

    @property
    def types(self):
        return [line["type"] for line in self.lines.lines]


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path / "x.db")


async def test_a_suspension_is_on_the_ledger_and_survives_a_restart(rig, tmp_path):
    placed = await rig.suspensions.place(EVERYTHING_OFF)
    assert rig.types == ["suspended"]
    assert rig.lines.lines[0]["integration"] == "*"
    assert rig.changes == 1
    again = Rig(tmp_path / "x.db")
    await again.suspensions.load()
    assert again.suspensions.in_force == (placed,)


async def test_without_a_ledger_nothing_changes(rig):
    rig.lines.is_full = True
    with pytest.raises(LedgerError):
        await rig.suspensions.place(EVERYTHING_OFF)
    assert rig.suspensions.in_force == ()
    assert rig.changes == 0


async def test_it_runs_out_by_itself(rig):
    end_us = rig.clock.wall_us() + 60_000_000
    await rig.suspensions.place(Suspension(b"", "today", 0, end_us, MEMBER, vendor="Acme"))
    assert len(rig.suspensions.in_force) == 1
    rig.clock.tick(60)
    assert rig.suspensions.in_force == ()


async def test_what_ran_out_is_told_and_becomes_history(rig):
    told = []
    rig.suspensions.on_run_out = lambda: told.append(rig.suspensions.in_force)
    end_us = rig.clock.wall_us() + 60_000_000
    placed = await rig.suspensions.place(Suspension(b"", "today", 0, end_us, MEMBER, vendor="Acme"))
    assert not await rig.suspensions.keep_time()
    assert told == []
    rig.clock.tick(60)
    assert await rig.suspensions.keep_time()
    assert told == [()]
    (past,) = await rig.suspensions.past()
    assert (past.suspension, past.lifted_us, past.lifted_by) == (placed, end_us, BY_HUB)
    assert rig.types == ["suspended", "resumed"]
    assert not await rig.suspensions.keep_time()


async def test_it_is_over_even_when_the_ledger_is_full_and_is_noted_later(rig, tmp_path):
    end_us = rig.clock.wall_us() + 60_000_000
    await rig.suspensions.place(Suspension(b"", "today", 0, end_us, MEMBER, vendor="Acme"))
    rig.clock.tick(60)
    rig.lines.is_full = True
    assert await rig.suspensions.keep_time()
    assert rig.suspensions.in_force == ()
    again = Rig(tmp_path / "x.db")
    again.clock.tick(60)
    await again.suspensions.load()
    assert await again.suspensions.keep_time()
    assert len(await again.suspensions.past()) == 1


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Suspension(b"", "why", 0, None, MEMBER), "say what to suspend"),
        (Suspension(b"", "  ", 0, None, MEMBER, vendor="Acme"), "say why"),
        (Suspension(b"", "why", 0, 5, MEMBER, vendor="Acme"), "in the past"),
    ],
)
async def test_a_suspension_must_make_sense(rig, wanted, message):
    with pytest.raises(SuspensionError, match=message):
        await rig.suspensions.place(wanted)
    assert rig.types == []


async def test_lifting_is_on_the_ledger_and_in_the_history(rig):
    placed = await rig.suspensions.place(EVERYTHING_OFF)
    await rig.suspensions.lift(placed, MEMBER)
    assert rig.suspensions.in_force == ()
    assert rig.types == ["suspended", "resumed"]
    assert [past.suspension for past in await rig.suspensions.past()] == [placed]


async def test_everything_but_one_capability_comes_back(rig):
    wide = await rig.suspensions.place(EVERYTHING_OFF)
    narrow = await rig.suspensions.narrow(wide, frozenset({Capability.LIVE}), MEMBER)
    assert rig.suspensions.in_force == (narrow,)
    assert narrow.integration == "*"
    assert narrow.capabilities == {Capability.LIVE}
    assert rig.types == ["suspended", "suspended", "resumed"]


async def test_only_what_was_off_can_stay_off(rig):
    wanted = Suspension(
        b"", "why", 0, None, MEMBER, vendor="A", capabilities=frozenset({Capability.LIVE})
    )
    placed = await rig.suspensions.place(wanted)
    with pytest.raises(SuspensionError, match="choose what stays off among: live"):
        await rig.suspensions.narrow(placed, frozenset({Capability.EXPORT}), MEMBER)
    assert rig.suspensions.in_force == (placed,)


async def test_a_foreign_picture_closes_the_way_it_came(rig):
    device = b"d" * 16
    trip = rig.suspensions.trip
    foreign = Reason.FOREIGN_HOUSEHOLD
    placed = await trip(foreign, path="cam.example.org", device_id=device, may_close_path=True)
    assert (placed.path, placed.device_id) == ("cam.example.org", None)
    assert rig.trips == 1
    again = await trip(foreign, path="cam.example.org", device_id=device, may_close_path=True)
    assert again is None
    assert rig.trips == 1
    guest = await trip(foreign, path="cam.example.org", device_id=device, may_close_path=False)
    assert (guest.path, guest.device_id) == (None, device)


async def test_a_stale_picture_is_no_alarm(rig):
    placed = await rig.suspensions.trip(
        Reason.STALE, path="cam.example.org", device_id=b"d" * 16, may_close_path=True
    )
    assert placed is None
    assert rig.types == []
