"""Goal: a new epoch changes every key, name and file, loses no old recording, and a crash leaves
the old one or the new one. Method: a real hub; failures are injected at every step of a roll."""

import asyncio
from dataclasses import replace

import pytest

from keepsight.core.secret import Secret
from keepsight.hub import epochs as module
from keepsight.hub import keyring as keyring_module
from keepsight.hub.epochs import EPOCH_US, KIT_FILE, RollReason
from keepsight.hub.keyring import KeyringFile
from keepsight.hub.recover import open_kit
from keepsight.seal.header import Stream
from keepsight.seal.ledger import LedgerError
from tests.home import HOUSEHOLD, PASSPHRASE, open_all, running_hub, simulated_camera

MAIN = {"stream": "main"}


def stored(directory):
    """The keyring as the next start would find it."""
    file = KeyringFile(directory / "keys" / "keyring.json", directory / "none")
    return file.open_with_passphrase(Secret(PASSPHRASE))


@pytest.fixture
async def printed(tmp_path, cheap_argon2):
    """A household of which we hold the printed key."""
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory) as home:
        made = await home.hub.set_up("Home", "Ann", Secret(PASSPHRASE), starts_unattended=True)
        yield home, made.recovery_identity


async def test_a_roll_makes_a_fresh_key_and_every_file_follows(printed):
    home, identity = printed
    before = home.household.keyring.epochs[-1]
    new = await home.household.epochs.roll(RollReason.SUSPECTED_LOSS, by="local")
    assert new.number == 2
    assert new.master != before.master
    assert stored(home.directory).epochs == [before, new]
    kit = open_kit((home.directory / KIT_FILE).read_bytes(), identity)
    assert kit.epochs == [before, new]
    file = home.household._keyring_file
    assert file.open_with_machine_key().epochs == [before, new]


async def test_names_windows_and_keys_are_new_and_old_recordings_still_open(printed, clip):
    home, _ = printed
    async with simulated_camera(clip) as camera, home.browser() as browser:
        added = await home.add_camera(camera.url)
        running = home.household.roster.find(bytes.fromhex(added["id"]))

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 2

        await home.wait_for(recorded)
        wanted = {"live": [{"camera": added["id"], **MAIN}]}
        (old,) = (await browser.ask("POST", "/api/keys", wanted)).json()["keys"]
        old_opaque = running.opaque(Stream.MAIN)
        await home.household.epochs.roll(RollReason.SUSPECTED_LOSS, by="local")
        opaque = running.opaque(Stream.MAIN)
        assert opaque != old_opaque
        allowed = (await browser.get("/api/session/streams"))["streams"]
        assert opaque.hex() in allowed
        assert old_opaque.hex() not in allowed
        assert (await browser.ask("GET", f"/s/{old_opaque.hex()}/still")).status == 404
        (new,) = (await browser.ask("POST", "/api/keys", wanted)).json()["keys"]
        assert (old["epoch"], new["epoch"]) == (1, 2)
        assert old["writer"] != new["writer"]
        sealed = (await browser.ask("GET", f"/s/{opaque.hex()}/still")).body
        assert len(open_all(await browser.window(HOUSEHOLD, new), sealed)) == 2

        async def rolled():
            segments = await recordings(browser, added["id"])
            return segments if {s["epoch"] for s in segments} == {1, 2} else None

        for segment in await home.wait_for(rolled):
            await open_segment(browser, added["id"], opaque.hex(), segment)


async def recordings(browser, camera):
    now = (await browser.get("/api/hello"))["time_us"]
    query = {"camera": camera, "from": now - 600_000_000, "to": now}
    return (await browser.get("/api/recordings", **query))["segments"]


async def open_segment(browser, camera, opaque, segment):
    wanted = {"camera": camera, **MAIN, "writers": [segment["writer"]]}
    (release,) = (await browser.ask("POST", "/api/keys", {"recordings": [wanted]})).json()["keys"]
    sealed = (await browser.ask("GET", f"/s/{opaque}/{segment['writer']}/0-1")).body
    assert len(open_all(await browser.window(HOUSEHOLD, release), sealed)) == 2


async def test_removing_a_device_begins_an_epoch_and_signing_out_does_not(printed):
    home, _ = printed
    async with home.browser() as ann, home.browser() as lost:
        assert (await lost.ask("DELETE", "/api/session")).status == 204
        assert home.household.epochs.current.number == 1
        async with home.browser() as stolen:
            path = f"/api/devices/{stolen.device_id}"
            assert (await ann.ask("DELETE", path)).status == 204
            assert home.household.epochs.current.number == 2
            assert (await stolen.ask("POST", "/api/keys", {})).status == 401


class CrashError(Exception):
    """The process ends here."""


def crashing(monkeypatch, step):
    """Let the given step of a roll fail: a crash before, within or after a durable act."""
    real = keyring_module.write_private
    written = []

    def write(path, data):
        written.append(path.name)
        if step == f"before {path.name}":
            raise CrashError
        if step == f"half {path.name}":
            path.with_name(path.name + ".part").write_bytes(data[: len(data) // 2])
            raise CrashError
        real(path, data)
        if step == f"after {path.name}":
            raise CrashError

    monkeypatch.setattr(keyring_module, "write_private", write)
    monkeypatch.setattr(module, "write_private", write)
    return written


STEPS = [
    (f"{when} {name}", number)
    for name, numbers in ((KIT_FILE, (1, 1, 1)), ("keyring.json", (1, 1, 2)))
    for when, number in zip(("before", "half", "after"), numbers, strict=True)
]


@pytest.mark.parametrize(("step", "number"), STEPS, ids=[step for step, _ in STEPS])
async def test_a_crash_leaves_the_old_epoch_or_the_new_one(printed, monkeypatch, step, number):
    home, identity = printed
    with monkeypatch.context() as patch:
        crashing(patch, step)
        with pytest.raises(CrashError):
            await home.household.epochs.roll(RollReason.SCHEDULED, by="hub")
    found = stored(home.directory)
    assert found.epoch == number
    kit = open_kit((home.directory / KIT_FILE).read_bytes(), identity)
    assert {e.number for e in kit.epochs} >= {e.number for e in found.epochs}
    for epoch in found.epochs:
        assert kit.master(epoch.number) == epoch.master, "the kit opens everything that is in use"


async def test_an_unlogged_epoch_does_not_begin(printed, monkeypatch):
    home, _ = printed

    async def full(_entries):
        raise LedgerError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(home.household.journal, "record", full)
        with pytest.raises(LedgerError):
            await home.household.epochs.roll(RollReason.SCHEDULED, by="hub")
    assert stored(home.directory).epoch == home.household.keyring.epoch == 1


@pytest.mark.parametrize(("age_us", "is_due"), [(EPOCH_US - 1, 0), (EPOCH_US, 1), (-EPOCH_US, 1)])
async def test_thirty_days_are_enough_even_where_the_clock_had_jumped(
    printed, monkeypatch, age_us, is_due
):
    home, _ = printed
    started_us = home.household.epochs.current.started_us
    with monkeypatch.context() as patch:
        patch.setattr(type(home.hub.clock), "wall_us", lambda _self: started_us + age_us)
        assert home.household.epochs.is_due() is bool(is_due)


async def test_an_old_epoch_ends_at_the_next_start(tmp_path, cheap_argon2):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory) as home:
        await home.hub.set_up("Home", "Ann", Secret(PASSPHRASE), starts_unattended=True)
        keyring = home.household.keyring
        keyring.epochs[-1] = replace(keyring.epochs[-1], started_us=1)
        home.household._keyring_file.rewrite(keyring)
    async with running_hub(directory) as home:

        async def rolled():
            return home.household.epochs.current.number == 2

        await home.wait_for(rolled)


async def test_a_new_printed_key_replaces_the_lost_one(printed):
    home, old = printed
    identity, kit = await home.household.epochs.replace_kit(by="local")
    assert open_kit(kit, identity).epochs == home.household.keyring.epochs
    await home.household.epochs.roll(RollReason.SCHEDULED, by="hub")
    newest = (home.directory / KIT_FILE).read_bytes()
    assert open_kit(newest, identity).epoch == 2
    with pytest.raises(Exception, match="does not open"):
        open_kit(newest, old)


async def test_a_household_of_the_first_form_rolls_without_touching_its_kit(printed):
    home, identity = printed
    home.household.keyring.recovery_recipient = ""
    kit = (home.directory / KIT_FILE).read_bytes()
    assert not home.household.epochs.kit_follows
    await home.household.epochs.roll(RollReason.SCHEDULED, by="hub")
    assert (home.directory / KIT_FILE).read_bytes() == kit
    assert open_kit(kit, identity).epoch == 1


async def test_a_roll_that_failed_after_a_removal_is_owed_and_made_up_for(printed, monkeypatch):
    home, _ = printed
    epochs = home.household.epochs
    monkeypatch.setattr(epochs, "_store", lambda _new: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        await epochs.roll(RollReason.MEMBER_REMOVED, by="local")
    assert epochs.owed() is RollReason.MEMBER_REMOVED
    assert home.household.keyring.epoch == 1
    monkeypatch.undo()
    await made_up_for(home)


async def test_a_stop_between_removal_and_roll_is_made_up_for_at_the_next_start(printed):
    home, _ = printed
    household = home.household
    await household.membership.changed("device_removed", gone=[b"d" * 16])
    household.epochs._owed = None  # as after a restart: only the log knows
    assert household.epochs.owed() is RollReason.DEVICE_REMOVED
    await made_up_for(home)


async def test_who_signs_out_owes_nobody_an_epoch(printed):
    home, _ = printed
    await home.household.membership.changed("device_left", gone=[b"d" * 16])
    assert home.household.epochs.owed() is None


async def made_up_for(home):
    epochs = home.household.epochs

    async def rolled():
        return home.household.keyring.epoch == 2 and epochs.owed() is None

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(epochs.run())
        await home.wait_for(rolled)
        running.cancel()
