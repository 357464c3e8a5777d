"""`keepsight events` as a person types it, against a running hub."""

from dataclasses import replace

import pytest

from keepsight.cli.events import SHOWN_MAX, _since
from keepsight.cli.terminal import CommandError
from tests.cli.command import keepsight
from tests.hub.events.hall import ATTIC, SECOND, hang, noticed, visit


@pytest.fixture
async def busy(installed):
    data, home = installed
    await hang(home)
    await hang(home, ATTIC, "Attic")
    one = await noticed(home, visit(home, 1, zones=("Gate",)), picture=False)
    two = await noticed(home, visit(home, 2, ATTIC, kind="cat"), picture=False, ends=False)
    await home.household.events.keep(one, is_kept=True, by="local")
    return data, home, one, two


async def test_what_was_noticed_as_a_table(busy):
    data, *_ = busy
    shown = await keepsight("events", "--data", data)
    assert shown.status == 0
    first, second = [line for line in shown.out.splitlines() if "Hall" in line or "Attic" in line]
    assert ("cat" in first, "goes on" in first) == (True, True)
    for word in ("person", "5 s", "80%", "Gate", "kept"):
        assert word in second


async def test_each_choice(busy):
    data, _home, one, two = busy
    for choice, expected in (
        (("--camera", "hall", "--camera", "Attic", "--until", "1s"), [two, one]),
        (("--camera", "hall", "--kind", "cat"), []),
        (("--kept", "--since", "2m"), [one]),
    ):
        found = await keepsight("events", *choice, "--data", data, "--json")
        assert [e["id"] for e in found.json] == [e.event_id.hex() for e in expected], choice


async def test_many_come_in_pages_up_to_a_bound(busy):
    data, home, one, _two = busy
    many = [replace(one, event_id=n.to_bytes(16)) for n in range(9000, 9000 + SHOWN_MAX)]
    home.household.events.store.write(home.household.household_id, many, [])
    shown = await keepsight("events", "--data", data)
    assert f"only the newest {SHOWN_MAX} are shown" in shown.out
    assert shown.out.count("person") + shown.out.count("cat") == SHOWN_MAX


async def test_nothing_and_nobody(installed):
    data, _home = installed
    gone = await keepsight("events", "--camera", "ab" * 16, "--data", data)
    assert (gone.status, "nothing was noticed" in gone.out) == (0, True)
    unknown = await keepsight("events", "--camera", "Cellar", "--data", data)
    assert (unknown.status, "no camera of this household" in unknown.err) == (1, True)


def test_a_wrong_time_says_so():
    with pytest.raises(CommandError, match="is no time"):
        _since("yesterday", 0)


def test_a_length_is_a_time_before_now():
    assert _since("2h", 10_000 * SECOND) == _since("-2h", 10_000 * SECOND)
    assert _since("2h", 10_000 * SECOND) == 2800 * SECOND
