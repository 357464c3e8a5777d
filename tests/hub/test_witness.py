"""A restored backup is noticed by what devices remember, and nobody can fake that; on real files.

Method: a ledger directory is copied as a backup would be, the ledger goes on, a device remembers a
checkpoint, then the copy is put back.
"""

import shutil

import pytest

from keepsight.hub.witness import Standing
from keepsight.seal import merkle
from keepsight.seal.checkpoint import Checkpoint, CheckpointError, read_checkpoint, sign_checkpoint
from keepsight.seal.ledger import LedgerError
from tests.hub.clocks import HandClock
from tests.hub.journals import HOUSEHOLD, keyring, lines_of, running_journal, verify

RELEASE = {"type": "release", "camera": "c1" * 16, "start_us": 1, "end_us": 2, "member": "aa" * 16}


@pytest.fixture
def keys():
    return keyring()


async def lines(journal, count):
    await journal.record([RELEASE] * count)


async def remembered(journal):
    return await journal.in_thread(journal.witness.sign)


async def judged(journal, note):
    return await journal.in_thread(lambda: journal.witness.judge(note, by="dd" * 16))


@pytest.fixture
async def restored(tmp_path, keys):
    """(directory with a restored backup of 5 lines, checkpoint over 9 that a device remembers)."""
    directory, backup = tmp_path / "home", tmp_path / "backup"
    directory.mkdir()
    async with running_journal(directory, keys=keys) as journal:
        await lines(journal, 5)
    shutil.copytree(directory, backup)
    async with running_journal(directory, keys=keys) as journal:
        await lines(journal, 4)
        note = await remembered(journal)
    shutil.rmtree(directory)
    shutil.copytree(backup, directory)
    return directory, note


async def test_a_checkpoint_that_the_ledger_goes_on_from_holds(tmp_path, keys):
    async with running_journal(tmp_path, keys=keys) as journal:
        await lines(journal, 3)
        note = await remembered(journal)
        await lines(journal, 4)
        assert await judged(journal, note) is Standing.HELD
        assert await judged(journal, await remembered(journal)) is Standing.HELD
        assert not journal.is_rolled_back
        assert list(journal.alarms()) == []


async def test_a_restored_backup_releases_nothing_until_it_is_accepted(restored, keys):
    directory, note = restored
    async with running_journal(directory, keys=keys) as journal:
        assert await judged(journal, note) is Standing.ROLLED_BACK
        assert journal.is_rolled_back
        with pytest.raises(LedgerError, match="restored from an old backup"):
            await lines(journal, 1)
        await journal.record([{"type": "sign_in", "member": "aa" * 16}])
        (alarm,) = journal.alarms()
        assert alarm["code"] == "rolled_back"
        assert "5 lines" in alarm["text"]
        assert "9" in alarm["text"]
        before = verify(directory / "ledger.db").signed_lines
        await remembered(journal)
        assert verify(directory / "ledger.db").signed_lines == before, "a second history was signed"
    async with running_journal(directory, keys=keys) as journal:
        assert journal.is_rolled_back, "a restart must not forget it"
        accepted = await journal.in_thread(journal.witness.accept_restore)
        assert accepted["known_size"] == 9
        await lines(journal, 1)
        assert list(journal.alarms()) == []
        assert await judged(journal, note) is Standing.RESTORED
        new = read_checkpoint(HOUSEHOLD, await remembered(journal), journal.reader.store.public_key)
        assert new.generation == 2
        assert await journal.in_thread(journal.witness.accept_restore) is None
    assert verify(directory / "ledger.db").is_intact


async def test_it_is_noticed_although_the_ledger_has_grown_past_it(restored, keys):
    directory, note = restored
    async with running_journal(directory, keys=keys) as journal:
        await lines(journal, 40)
        assert await judged(journal, note) is Standing.ROLLED_BACK


async def test_a_second_restore_after_an_accepted_one_is_noticed_too(restored, keys, tmp_path):
    directory, note = restored
    async with running_journal(directory, keys=keys) as journal:
        await judged(journal, note)
    shutil.copytree(directory, tmp_path / "again")
    async with running_journal(directory, keys=keys) as journal:
        await journal.in_thread(journal.witness.accept_restore)
        await lines(journal, 3)
        later = await remembered(journal)
    async with running_journal(tmp_path / "again", keys=keys) as journal:
        assert await judged(journal, later) is Standing.ROLLED_BACK
        accepted = await journal.in_thread(journal.witness.accept_restore)
        assert accepted is not None
        new = read_checkpoint(HOUSEHOLD, await remembered(journal), journal.reader.store.public_key)
        assert new.generation == 3, "above every one that a device may remember"


async def test_nobody_can_stop_a_hub_with_a_made_up_checkpoint(tmp_path, keys):
    async with running_journal(tmp_path, keys=keys) as journal:
        await lines(journal, 3)
        forged = sign_checkpoint(HOUSEHOLD, Checkpoint(10**12, b"r" * 32), b"\x09" * 32)
        note = await remembered(journal)
        for bad in (forged, note.replace("\n3\n", "\n9\n"), "", "x" * 5000):
            with pytest.raises(CheckpointError):
                await judged(journal, bad)
        assert not journal.is_rolled_back


async def test_the_mark_outside_notices_at_once(tmp_path, keys):
    directory, backup, mark = (
        tmp_path / "home",
        tmp_path / "backup",
        tmp_path / "machine.checkpoint",
    )
    directory.mkdir()
    (tmp_path / "machine.key").write_bytes(b"k" * 32)
    async with running_journal(directory, keys=keys, mark=mark) as journal:
        await lines(journal, 2)
    shutil.copytree(directory, backup)
    async with running_journal(directory, keys=keys, mark=mark) as journal:
        assert not journal.is_rolled_back
        await lines(journal, 2)
    async with running_journal(backup, keys=keys, mark=mark) as journal:
        assert journal.is_rolled_back
        await journal.in_thread(journal.witness.accept_restore)
        await lines(journal, 1)
        await remembered(journal)
    async with running_journal(backup, keys=keys, mark=mark) as journal:
        assert not journal.is_rolled_back
    mark.write_bytes(b"\xff damaged")
    async with running_journal(backup, keys=keys, mark=mark) as journal:
        assert not journal.is_rolled_back


async def test_without_a_machine_key_no_mark_is_left_on_the_machine(tmp_path, keys):
    async with running_journal(tmp_path, keys=keys, mark=tmp_path / "none.checkpoint") as journal:
        await lines(journal, 1)
    assert not (tmp_path / "none.checkpoint").exists()


async def test_growth_and_lines_are_proven_to_whoever_has_checkpoints(tmp_path, keys):
    async with running_journal(tmp_path, keys=keys) as journal:
        public = journal.reader.store.public_key
        notes = []
        for count in (3, 4, 1, 9):
            await lines(journal, count)
            notes.append(read_checkpoint(HOUSEHOLD, await remembered(journal), public))
        witness = journal.witness
        for old in notes:
            for new in notes:
                if old.size > new.size:
                    continue
                proof = witness.prove_growth(old.size, new.size)
                assert merkle.is_consistent(old.size, new.size, old.root, new.root, proof)
        for n in range(1, 18):
            found = witness.prove_line(n, None)
            leaf = merkle.leaf_hash(found.leaf)
            assert merkle.is_included(leaf, n - 1, found.size, found.proof, notes[-1].root)
            assert len(found.opened) == 1
        for bad in ((18, None), (0, None), (5, 99), (9, 3)):
            with pytest.raises(ValueError):
                witness.prove_line(*bad)
        with pytest.raises(ValueError):
            witness.prove_growth(3, 99)


async def test_a_devices_alarm_is_kept_until_it_is_cleared(tmp_path, keys):
    async with running_journal(tmp_path, keys=keys) as journal:
        assert journal.witness.raise_alarm("fork", "dd" * 16)
        assert not journal.witness.raise_alarm("fork", "dd" * 16)
    async with running_journal(tmp_path, keys=keys) as journal:
        assert [alarm["code"] for alarm in journal.alarms()] == ["ledger_alarm"]
        journal.witness.clear_alarm()
        assert list(journal.alarms()) == []


async def test_a_failed_examination_is_an_alarm(tmp_path, keys):
    from tests.hub.journals import flip

    async with running_journal(tmp_path, keys=keys) as journal:
        await lines(journal, 3)
        assert (await journal.examine()).is_intact
        assert list(journal.alarms()) == []
        flip(tmp_path / "ledger.db", 2)
        assert not (await journal.examine()).is_intact
        assert [alarm["code"] for alarm in journal.alarms()] == ["ledger_changed"]


async def test_checkpoints_are_due_by_time_or_by_lines(tmp_path, keys):
    clock = HandClock()
    async with running_journal(tmp_path, clock, keys) as journal:
        witness = journal.witness
        assert (witness.is_due(), witness.due_seconds()) == (False, None)
        await lines(journal, 1)
        assert not witness.is_due()
        assert 59 < witness.due_seconds() <= 60
        clock.tick(60)
        assert witness.is_due()
        await remembered(journal)
        assert not witness.is_due()
        await lines(journal, 999)
        assert not witness.is_due()
        assert len(lines_of(journal)) == 1000
