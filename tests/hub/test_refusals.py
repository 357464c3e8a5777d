"""Refusals are all counted, and a flood of them does not fill the ledger; on a real ledger."""

import pytest

from keepsight.hub.refusals import LEDGER_LINES_PER_MINUTE, Refusals
from keepsight.seal.frame import Reason
from tests.hub.clocks import HandClock
from tests.hub.journals import running_journal, verify


@pytest.fixture
async def parts(tmp_path):
    clock = HandClock()
    async with running_journal(tmp_path, clock) as journal:
        yield Refusals(journal, clock), clock, tmp_path / "ledger.db"


async def note(refusals, reason=Reason.FOREIGN_HOUSEHOLD):
    await refusals.note(camera="c", stream="main", reason=reason, header=b"x" * 500, by="d")


async def test_each_is_counted_by_reason(parts):
    refusals, clock, _path = parts
    await note(refusals)
    await note(refusals)
    await note(refusals, Reason.STALE)
    document = refusals.as_dict()
    assert document["total"] == 3
    assert document["by_reason"] == {"foreign_household": 2, "stale": 1}
    assert document["last_us"] == clock.wall


async def test_a_flood_is_counted_but_written_at_a_bounded_rate(parts):
    refusals, clock, path = parts
    for _ in range(3 * LEDGER_LINES_PER_MINUTE):
        await note(refusals)
    assert verify(path).lines == LEDGER_LINES_PER_MINUTE
    clock.tick(61)
    await note(refusals)
    assert verify(path).lines == LEDGER_LINES_PER_MINUTE + 1
    assert refusals.as_dict()["total"] == 3 * LEDGER_LINES_PER_MINUTE + 1
