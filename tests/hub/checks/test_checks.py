"""The queue of a real household: what a refused ledger, a deletion and a second start do to it."""

import asyncio

import pytest

from keepsight.hub.checks import checks as module
from keepsight.hub.checks.checks import NoSuchCheckError
from keepsight.hub.checks.intake import IntakeError
from keepsight.hub.inspection import GivenFile, InspectionState
from keepsight.seal.ledger import LedgerError

TEXT = b"We keep your pictures for ever. " * 40


@pytest.fixture
def checks(home):
    return home.household.checks


async def sent(checks, name="a.md"):
    one = await checks.create("", None, [GivenFile(name, len(TEXT))], by="local")
    await checks.receive(one.inspection_id, 0, 0, TEXT)
    return one.inspection_id


async def test_nothing_starts_without_its_ledger_line(home, checks, monkeypatch):
    check_id = await sent(checks)

    async def refuse(_entries):
        raise LedgerError("the disk refused")

    with monkeypatch.context() as patch:
        patch.setattr(home.household.journal, "record", refuse)
        with pytest.raises(LedgerError):
            await checks.start(check_id, by="local")
    assert checks.find(check_id).state is InspectionState.RECEIVING
    assert checks.can_start(checks.find(check_id))


async def test_a_check_is_started_once(checks):
    check_id = await sent(checks)
    answers = await asyncio.gather(
        *(checks.start(check_id, by="local") for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(answer, IntakeError) for answer in answers) == 2
    with pytest.raises(IntakeError):
        await checks.receive(check_id, 0, 0, TEXT)


async def test_the_queue_is_bounded(checks, monkeypatch):
    monkeypatch.setattr(module, "QUEUED_MAX", 0)
    check_id = await sent(checks)
    with pytest.raises(IntakeError, match="wait"):
        await checks.start(check_id, by="local")


async def test_uploads_begun_together_keep_their_folders(checks):
    found = await asyncio.gather(*(sent(checks, f"{number}.md") for number in range(4)))
    assert all(checks.can_start(checks.find(check_id)) for check_id in found)
    with pytest.raises(IntakeError, match="finish"):
        await sent(checks)


@pytest.mark.parametrize("delay_seconds", [0.0, 0.05, 0.3])
async def test_a_deleted_check_never_comes_back(home, checks, delay_seconds):
    check_id = await sent(checks)
    await checks.start(check_id, by="local")
    await asyncio.sleep(delay_seconds)
    await checks.delete(check_id, by="local")
    await checks._pump
    with pytest.raises(NoSuchCheckError):
        checks.find(check_id)
    stored = await home.household.sql(checks._store.list_all, home.household.household_id)
    assert stored == []
    assert not (checks._folder / check_id.hex()).exists()
