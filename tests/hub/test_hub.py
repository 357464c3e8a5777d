"""A hub from set-up to recordings that a device opens; with real sockets, cameras and files."""

import asyncio

import pytest

from keepsight.core.clock import SystemClock
from keepsight.core.secret import Secret
from keepsight.hub.hub import HubState, new_setup_code
from keepsight.hub.sockets import AlreadyRunningError
from keepsight.seal.header import Kind
from tests.home import (
    HOUSEHOLD,
    PASSPHRASE,
    open_all,
    running_hub,
    set_up,
    simulated_camera,
)


async def test_a_camera_is_recorded_sealed_and_opens_on_a_device(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as browser:
        added = await home.add_camera(camera.url)
        assert added["state"] in ("starting", "running")

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 3

        await home.wait_for(recorded)
        now = SystemClock().wall_us()
        query = {"camera": added["id"], "from": now - 60_000_000, "to": now}
        (segment, *_) = (await browser.get("/api/recordings", **query))["segments"]
        wanted = {"camera": added["id"], "stream": "main", "writers": [segment["writer"]]}
        answer = await browser.ask("POST", "/api/keys", {"recordings": [wanted]})
        (release,) = answer.json()["keys"]
        opaque = next(s["opaque"] for s in added["streams"] if s["stream"] == "main")
        last = segment["fragments"][-1][0]
        sealed = await browser.ask("GET", f"/s/{opaque}/{segment['writer']}/0-{last}")
        assert sealed.headers["Cache-Control"].endswith("immutable")
        opened = open_all(await browser.window(HOUSEHOLD, release), sealed.body)
        assert [fragment.kind for fragment in opened[:3]] == [Kind.INIT, Kind.STILL, Kind.GOP]
        assert b"avc1" in opened[0].payload
        lines = (await browser.get("/api/ledger"))["lines"]
        assert any(
            line["type"] == "release" and line["writer"] == segment["writer"] for line in lines
        )


async def test_nothing_readable_lies_on_disk(home, clip, tmp_path):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url.replace("rtsp://", "rtsp://ann:s3cretpw@"))

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 2

        await home.wait_for(recorded)
        signs = (
            b"ftyp",
            b"moov",
            b"moof",
            b"mdat",
            b"avcC",
            b"JFIF",
            b"\x00\x00\x00\x01\x67",
            b"s3cretpw",
            PASSPHRASE.encode(),
        )
        files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert any(path.suffix in (".ksg", ".part") for path in files)
        for path in files:
            content = path.read_bytes()
            assert not [sign for sign in signs if sign in content], path


async def test_the_live_window_opens_and_another_device_gets_another_wrap(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann, home.browser() as other:
        added = await home.add_camera(camera.url)
        opaque = added["streams"][0]["opaque"]

        async def still():
            answer = await ann.ask("GET", f"/s/{opaque}/still")
            return answer.body if answer.status == 200 else None

        sealed = await home.wait_for(still)
        body = {"live": [{"camera": added["id"], "stream": "main"}]}
        (mine, *_) = (await ann.ask("POST", "/api/keys", body)).json()["keys"]
        (theirs, *_) = (await other.ask("POST", "/api/keys", body)).json()["keys"]
        assert mine["wrapped"] != theirs["wrapped"]
        opened = open_all(await ann.window(HOUSEHOLD, mine), sealed)
        assert [fragment.kind for fragment in opened] == [Kind.INIT, Kind.STILL]
        with pytest.raises(Exception):  # noqa: B017 - InvalidTag
            await other.window(HOUSEHOLD, mine)


async def test_it_starts_by_itself_with_the_machine_key_and_goes_on_recording(
    tmp_path, clip, cheap_argon2
):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with simulated_camera(clip) as camera:
        async with running_hub(directory) as home:
            await set_up(home)
            added = await home.add_camera(camera.url)

            async def recorded():
                return await home.recorded_seconds(added["id"]) > 2

            await home.wait_for(recorded)
            before = await home.recorded_seconds(added["id"])
        async with running_hub(directory) as home:
            assert home.hub.state is HubState.READY

            async def more():
                return await home.recorded_seconds(added["id"]) > before + 2

            await home.wait_for(more)


async def test_a_locked_hub_tells_nothing_until_it_is_unlocked(tmp_path, cheap_argon2):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
    async with running_hub(directory) as home, home.browser(is_signed_in=False) as browser:
        assert (await browser.get("/api/hello"))["state"] == "locked"
        assert (await browser.ask("GET", "/api/cameras")).json()["error"] == "locked"
        wrong = await browser.sign_in(passphrase="gravel teapot orbit lanterns")
        assert (wrong.status, wrong.json()["error"]) == (401, "wrong_passphrase")
        assert (await browser.sign_in()).status == 200
        assert await browser.get("/api/cameras") == []


async def test_two_hubs_on_one_directory_are_refused(home):
    with pytest.raises(AlreadyRunningError, match="another hub"):
        async with running_hub(home.directory):
            pass
    assert home.hub.state is HubState.READY


async def test_set_up_happens_once(home):
    with pytest.raises(Exception, match="already"):
        await home.hub.set_up("Other", "Bob", Secret(PASSPHRASE), starts_unattended=True)


def test_setup_codes_are_fresh_and_readable():
    codes = {new_setup_code().reveal() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 9 and code[4] == "-" for code in codes)
    assert not set("".join(codes)) & set("01OI")


async def test_sockets_are_this_users_alone(home):
    for name in ("api.sock", "control.sock", "feed.sock"):
        assert (home.hub.run_directory / name).stat().st_mode & 0o077 == 0
    await asyncio.sleep(0)
