"""Lines are durable before `record` returns, in one commit for many askers; on a real ledger."""

import asyncio

import pytest

from keepsight.seal.ledger import LedgerError
from tests.hub.clocks import HandClock
from tests.hub.journals import keyring, lines_of, running_journal, verify

MEMBER = "ab" * 16


@pytest.fixture
async def journal(tmp_path):
    async with running_journal(tmp_path) as made:
        yield made


async def test_a_line_is_in_the_file_when_record_returns(journal, tmp_path):
    await journal.record([{"type": "release", "camera": "c" * 32, "start_us": 1, "end_us": 2}])
    assert verify(tmp_path / "ledger.db").lines == 1
    (entry,) = lines_of(journal)
    assert (entry["type"], entry["camera"], entry["n"]) == ("release", "c" * 32, 1)
    assert entry["at_us"] == HandClock().wall
    assert entry["mono_us"] == HandClock().monotonic


async def test_many_askers_share_commits_and_none_is_lost(journal, tmp_path, monkeypatch):
    commits = []
    append = journal._scribe.append
    monkeypatch.setattr(journal._scribe, "append", lambda e: (commits.append(len(e)), append(e)))
    await asyncio.gather(*(journal.record([{"type": "t", "asker": n}]) for n in range(500)))
    assert sum(commits) == 500
    assert len(commits) < 100
    verdict = verify(tmp_path / "ledger.db")
    assert (verdict.lines, verdict.is_intact) == (500, True)
    assert sorted(line["asker"] for line in lines_of(journal)) == list(range(500))


async def test_a_refusing_disk_reaches_the_asker_and_not_the_others(journal, monkeypatch):
    def refuse(_entries):
        raise LedgerError("the ledger cannot be written: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal._scribe, "append", refuse)
        with pytest.raises(LedgerError, match="No space"):
            await journal.record([{"type": "release"}])
    await journal.record([{"type": "release"}])
    assert journal.head[0] == 1


async def test_a_line_that_cannot_be_written_is_its_askers_failure_only(journal):
    good = [journal.record([{"type": "t", "asker": n}]) for n in range(20)]
    bad = journal.record([{"type": "bad", "value": object()}])
    large = journal.record([{"type": "large", "text": "x" * 70_000}])
    found = await asyncio.gather(*good[:10], bad, large, *good[10:], return_exceptions=True)
    failed = [error for error in found if error is not None]
    assert all(isinstance(error, LedgerError) for error in failed)
    assert len(failed) == 2
    assert journal.head[0] == 20


async def test_waiting_lines_are_bounded(journal, monkeypatch):
    monkeypatch.setattr("keepsight.hub.journal.PENDING_MAX", 0)
    with pytest.raises(LedgerError, match="too slow"):
        await journal.record([{"type": "release"}])


async def test_after_its_end_nothing_is_recorded(tmp_path):
    async with running_journal(tmp_path) as journal:
        await journal.record([{"type": "t"}])
    with pytest.raises(LedgerError, match="stopping"):
        await journal.record([{"type": "t"}])
    journal.close()


async def test_it_goes_on_after_a_restart(tmp_path):
    keys = keyring()
    for start in range(3):
        async with running_journal(tmp_path, keys=keys) as journal:
            assert journal.head[0] == 7 * start
            for _ in range(7):
                await journal.record([{"type": "t", "member": MEMBER, "name": "Ann"}])
            assert len({line["member"] for line in lines_of(journal)}) == 1
    verdict = verify(tmp_path / "ledger.db")
    assert (verdict.lines, verdict.is_intact, verdict.signed_lines) == (21, True, 21)
    assert verdict.head == journal.head[1]
    assert verdict.checkpoints == 3


async def until_signed(folder, lines):
    """A checkpoint over so many lines is in the file."""
    async with asyncio.timeout(20):
        while verify(folder / "ledger.db").signed_lines != lines:  # noqa: ASYNC110 - in a thread
            await asyncio.sleep(0.02)


async def test_checkpoints_come_with_time_and_with_lines(tmp_path, monkeypatch):
    clock = HandClock()
    async with running_journal(tmp_path, clock) as journal:
        await journal.record([{"type": "t"}])
        assert verify(tmp_path / "ledger.db").checkpoints == 0
        clock.tick(61)
        await journal.record([{"type": "t"}])
        await until_signed(tmp_path, 2)
        monkeypatch.setattr("keepsight.hub.witness.CHECKPOINT_LINES", 10)
        await journal.record([{"type": "t"}] * 10)
        await until_signed(tmp_path, 12)


async def test_an_erased_member_cannot_be_read_and_every_proof_still_holds(tmp_path):
    keys = keyring()
    line = {"type": "device_enrolled", "member": MEMBER, "device": "d" * 32, "name": "Ann's phone"}
    async with running_journal(tmp_path, keys=keys) as journal:
        await journal.record([line, {**line, "type": "member_changed", "name": "Ann"}])
        await journal.record([{"type": "sign_in", "member": "cd" * 16, "device": "e" * 32}])
        await journal.in_thread(journal.witness.sign)
        assert journal.reader.names() == {MEMBER: "Ann", "d" * 32: "Ann's phone"}
        assert await journal.erase_subject(bytes.fromhex(MEMBER), by="local")
        assert not await journal.erase_subject(bytes.fromhex(MEMBER), by="local")
        for entry in lines_of(journal)[:2]:
            assert entry["erased"]
            assert not {"member", "device", "name"} & set(entry)
        assert lines_of(journal)[2]["device"] == "e" * 32
        assert journal.reader.names() == {}
    async with running_journal(tmp_path, keys=keys) as journal:
        assert lines_of(journal)[0]["erased"]
        verdict = await journal.examine()
        assert (verdict.is_intact, verdict.lines, verdict.checkpoints) == (True, 4, 2)
    for path in tmp_path.iterdir():
        if path.name != "ledger.reserve":
            assert MEMBER not in path.read_bytes().hex()
            assert b"Ann" not in path.read_bytes()
