"""A lost passphrase or a new machine: the printed kit brings recordings back; on real files."""

import pytest

from keepsight.core.clock import SystemClock
from keepsight.core.secret import Secret
from keepsight.hub.recover import NewOwner, RecoveryError, open_kit, recover_household
from keepsight.hub.sockets import AlreadyRunningError
from tests.home import HOUSEHOLD, PASSPHRASE, open_all, running_hub, simulated_camera
from tests.hub.journals import verify

NEW = "meadow copper violin thunder"


async def test_recordings_open_again_under_a_new_passphrase(tmp_path, cheap_argon2, clip):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with simulated_camera(clip) as camera, running_hub(directory) as home:
        made = await home.hub.set_up("Home", "Ann", Secret(PASSPHRASE), starts_unattended=False)
        added = await home.add_camera(camera.url)

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 2

        await home.wait_for(recorded)
        spaced = Secret(" ".join(made.recovery_identity.reveal()).lower())
        keyring = open_kit(made.recovery_file, spaced)
        owner = NewOwner("ann", Secret(NEW), starts_unattended=False)
        with pytest.raises(AlreadyRunningError):
            recover_household(directory, keyring, owner, SystemClock())
    recover_household(directory, keyring, owner, SystemClock())
    assert verify(directory / "ledger.db").is_intact
    async with running_hub(directory) as home, home.browser(is_signed_in=False) as browser:
        assert (await browser.sign_in(passphrase=PASSPHRASE)).status == 401
        assert (await browser.sign_in(passphrase=NEW)).status == 200
        now = (await browser.get("/api/hello"))["time_us"]
        query = {"camera": added["id"], "from": now - 600_000_000, "to": now}
        (segment, *_) = (await browser.get("/api/recordings", **query))["segments"]
        wanted = {"camera": added["id"], "stream": "main", "writers": [segment["writer"]]}
        (release,) = (await browser.ask("POST", "/api/keys", {"recordings": [wanted]})).json()[
            "keys"
        ]
        opaque = added["streams"][0]["opaque"]
        sealed = (await browser.ask("GET", f"/s/{opaque}/{segment['writer']}/0-1")).body
        assert len(open_all(await browser.window(HOUSEHOLD, release), sealed)) == 2


async def test_wrong_keys_and_weak_passphrases_are_said(home):
    directory = home.directory
    kit = (directory / "recovery.age").read_bytes()
    with pytest.raises(RecoveryError, match="whole recovery key"):
        open_kit(kit, Secret("AGE-SECRET-KEY-1QQQ"))
    import pyrage

    other = Secret(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(RecoveryError, match="does not open"):
        open_kit(kit, other)
    with pytest.raises(RecoveryError, match="does not open"):
        open_kit(b"not an age file", other)
    weak = NewOwner("Ann", Secret("short"), starts_unattended=False)
    with pytest.raises(RecoveryError, match="too_short"):
        recover_household(directory, home.household.keyring, weak, SystemClock())
