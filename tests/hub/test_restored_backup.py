"""Goal: a data directory that is copied, used, put back and used again never seals twice under one
(key, counter). Method: a real hub and camera; every fragment of both lives, live and recorded."""

import asyncio
import shutil
from collections import Counter

from keepsight.core.clock import SystemClock
from keepsight.core.secret import Secret
from keepsight.hub.epochs import RollReason
from keepsight.hub.recover import NewOwner, open_kit, recover_household
from keepsight.seal.header import Kind, Stream, read_header
from tests.home import (
    HOUSEHOLD,
    PASSPHRASE,
    running_hub,
    set_up,
    simulated_camera,
)

NEW = "meadow copper violin thunder"


async def live_a_while(directory, camera_id):
    """Run the hub, watch every stream, and give the sealed fragments with the secret of each."""
    async with running_hub(directory) as home:
        running = home.household.roster.find(bytes.fromhex(camera_id))
        got = []

        async def picture():
            return Stream.MAIN in running.live and running.live[Stream.MAIN].still() is not None

        await home.wait_for(picture)
        for live in running.live.values():
            live.watch(got.append)

        async def more(count):
            async def has_come():
                return len(got) >= count

            await home.wait_for(has_come, 60)

        await more(20)
        home.household.roster.roll_windows()
        home.household.archive.recordings.roll()
        await more(len(got) + 20)
        return [bytes(sealed) for sealed in got]


def recorded(directory):
    for path in directory.rglob("*.ksg*"):
        raw = path.read_bytes()[128:].rstrip(b"\0")
        at = 0
        while at + 122 <= len(raw):
            header = read_header(raw, at)
            end = at + 122 + header.length
            yield raw[at:end]
            at = end


async def test_no_key_and_counter_are_used_twice(tmp_path, cheap_argon2, clip):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with simulated_camera(clip) as camera:
        async with running_hub(directory) as home:
            await set_up(home)
            added = await home.add_camera(camera.url)
        shutil.copytree(directory, tmp_path / "backup")
        sealed = await live_a_while(directory, added["id"])
        sealed += recorded(directory)
        shutil.rmtree(directory)
        shutil.copytree(tmp_path / "backup", directory)
        sealed += await live_a_while(directory, added["id"])
        sealed += recorded(directory)
    assert len(sealed) > 60
    # The commitment follows from the window's secret, so it names the key without showing it.
    seen = {}
    for one in sealed:
        header = read_header(one)
        place = (header.commitment, header.sequence)
        assert seen.setdefault(place, one) == one, "one key and counter for two different fragments"
    kinds = Counter(read_header(one).kind for one in sealed)
    assert kinds[Kind.INIT] > 4
    assert len({header.writer for header in map(read_header, sealed)}) > 4


async def test_the_kit_brings_recordings_back_on_new_hardware_and_nobody_else(
    tmp_path, cheap_argon2, clip
):
    old, new = (tmp_path / name / "households" / HOUSEHOLD for name in ("old", "new"))
    async with simulated_camera(clip) as camera, running_hub(old) as home:
        made = await home.hub.set_up("Home", "Ann", Secret(PASSPHRASE), starts_unattended=False)
        added = await home.add_camera(camera.url)

        async def recorded_some():
            return await home.recorded_seconds(added["id"]) > 2

        await home.wait_for(recorded_some)
        await home.household.epochs.roll(RollReason.SCHEDULED, by="hub")
        await asyncio.sleep(3)
        identity = home.household.keyring.identity_public
        async with home.browser() as phone:
            assert phone.device_id
    # The new machine has the recordings, the index and the current kit, and not the database.
    new.mkdir(parents=True)
    shutil.copytree(old / "segments", new / "segments")
    shutil.copy(old / "recordings.db", new)
    kit = (old / "recovery.age").read_bytes()
    keyring = open_kit(kit, made.recovery_identity)
    assert keyring.epoch == 2, "the kit on disk follows the epochs"
    owner = NewOwner("Ann", Secret(NEW), starts_unattended=False)
    recover_household(new, keyring, owner, SystemClock())
    async with running_hub(new) as home, home.browser(is_signed_in=False) as browser:
        assert (await browser.sign_in(passphrase=NEW)).status == 200
        assert home.household.keyring.identity_public == identity
        assert len(home.household.people.devices) == 1, "old devices do not come back"
        assert len(home.household.people.members) == 1
        segments = home.household.archive.recordings.catalogue.segments(
            bytes.fromhex(added["id"]), Stream.MAIN, 0, 1 << 62
        )
        assert {segment.epoch for segment in segments} == {1, 2}
        for segment in segments:
            windows = await home.household.archive.windows(
                bytes.fromhex(added["id"]), Stream.MAIN, [segment.writer]
            )
            assert windows, "the key of every recording is there"
