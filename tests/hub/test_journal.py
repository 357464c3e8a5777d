"""Lines are durable before `record` returns, in one commit for many askers; on a real file."""

import asyncio

import pytest

from keepsight.hub.journal import Journal
from keepsight.seal.ledger import Ledger, LedgerError, read_lines, verify
from tests.hub.clocks import HandClock


@pytest.fixture
async def journal(tmp_path):
    made = Journal(Ledger(tmp_path / "ledger.jsonl"), HandClock())
    runner = asyncio.ensure_future(made.run())
    yield made
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    made.close()


async def test_a_line_is_in_the_file_when_record_returns(journal, tmp_path):
    await journal.record([{"type": "release", "camera": "c"}])
    entry, _ = next(read_lines(tmp_path / "ledger.jsonl"))
    assert (entry["type"], entry["camera"], entry["n"]) == ("release", "c", 1)
    assert entry["at_us"] == HandClock().wall


async def test_many_askers_share_commits_and_none_is_lost(journal, tmp_path, monkeypatch):
    commits = []
    append = journal._ledger.append
    monkeypatch.setattr(journal._ledger, "append", lambda e: (commits.append(len(e)), append(e)))
    await asyncio.gather(*(journal.record([{"asker": n}]) for n in range(500)))
    assert sum(commits) == 500
    assert len(commits) < 100
    verdict = verify(tmp_path / "ledger.jsonl")
    assert (verdict.lines, verdict.is_intact) == (500, True)


async def test_a_refusing_disk_reaches_the_asker_and_not_the_others(journal, monkeypatch):
    def refuse(_entries):
        raise LedgerError("the ledger cannot be written: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal._ledger, "append", refuse)
        with pytest.raises(LedgerError, match="No space"):
            await journal.record([{"type": "release"}])
    await journal.record([{"type": "release"}])
    assert journal.head[0] == 1


async def test_waiting_lines_are_bounded(journal, monkeypatch):
    monkeypatch.setattr("keepsight.hub.journal.PENDING_MAX", 0)
    with pytest.raises(LedgerError, match="too slow"):
        await journal.record([{"type": "release"}])
