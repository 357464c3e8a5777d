"""Cameras are tried, added, changed, watched for another identity, removed; with real ones."""

import asyncio
import contextlib

import pytest

from keepsight.seal.header import Stream
from tests.home import simulated_camera, write_clip


async def add(home, url, name="Hall", **more):
    return await home.control.ask("POST", "/api/cameras", {"url": url, "name": name, **more})


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/", "bad_url"),
        ("rtsp://127.0.0.1:1/", "unreachable"),
        ("rtsp://host name/", "bad_url"),
    ],
)
async def test_what_cannot_be_used_is_said(home, url, code):
    answer = await add(home, url)
    assert (answer.status, answer.json()["error"]) == (422, code)
    assert (await home.control.ask("GET", "/api/cameras")).json() == []


async def test_something_else_on_the_port_is_said(home):
    gone = asyncio.Event()

    async def answer_as_ssh(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)
        with contextlib.suppress(ConnectionError):
            while await reader.read(1000):
                pass
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(answer_as_ssh, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        answer = await add(home, f"rtsp://127.0.0.1:{port}/")
        assert answer.json()["error"] == "not_rtsp"
        async with asyncio.timeout(30):
            await gone.wait()


async def test_passwords_are_asked_for_kept_and_never_shown(home, clip, tmp_path):
    (tmp_path / "password").write_text("s3cretpw")
    arguments = ("--user", "ann", "--password-file", str(tmp_path / "password"))
    async with simulated_camera(clip, *arguments) as camera:
        assert (await add(home, camera.url)).json()["error"] == "wrong_password"
        wrong = await add(home, camera.url, user="ann", password="guess")
        assert wrong.json()["error"] == "wrong_password"
        assert "guess" not in wrong.body.decode()
        added = (await add(home, camera.url, user="ann", password="s3cretpw")).json()
        assert added["has_credentials"]
        for path in ("/api/cameras", "/api/status", "/api/ledger", f"/api/cameras/{added['id']}"):
            assert b"s3cretpw" not in (await home.control.ask("GET", path)).body, path
        in_url = camera.url.replace("rtsp://", "rtsp://ann:s3cretpw@")
        other = (await add(home, in_url, "Attic")).json()
        assert "s3cretpw" not in str(other)
        assert other["streams"][0]["url"] == camera.url


async def test_names_are_unique_and_bounded(home, clip):
    async with simulated_camera(clip) as camera:
        await home.add_camera(camera.url, "Hall")
        assert (await add(home, camera.url, "hall")).json()["error"] == "name_taken"
        assert (await add(home, camera.url, "  ")).json()["error"] == "bad_name"
        assert (await add(home, camera.url, "x" * 101)).status == 422


async def test_a_trial_is_shown_but_not_recorded_until_it_is_kept(home, clip):
    async with simulated_camera(clip) as camera:
        trial = await home.add_camera(camera.url, "Trial", trial=True)
        opaque = trial["streams"][0]["opaque"]

        async def picture():
            return (await home.control.ask("GET", f"/s/{opaque}/still")).status == 200

        await home.wait_for(picture)
        assert await home.recorded_seconds(trial["id"]) == 0
        kept = {"trial": False, "name": "Hall", "room": "Inside"}
        answer = await home.control.ask("PATCH", f"/api/cameras/{trial['id']}", kept)
        assert answer.json()["trial"] is False

        async def recorded():
            return await home.recorded_seconds(trial["id"]) > 0

        await home.wait_for(recorded)


async def test_main_and_sub_are_both_taken_in(home, clip):
    async with simulated_camera(clip, "--sub") as camera:
        sub = camera.url.rsplit("/", 1)[0] + "/sub"
        added = await home.add_camera(camera.url, sub_url=sub)
        assert [s["stream"] for s in added["streams"]][:2] == ["main", "sub"]

        async def both_running():
            streams = (await home.status_of(added["id"]))["streams"]
            return len(streams) == 2 and all(s["state"] == "running" for s in streams)

        await home.wait_for(both_running)


async def test_another_device_at_the_address_stops_sealing_until_the_owner_decides(
    home, clip, tmp_path
):
    """The DHCP swap: another camera takes over the address; it is not recorded under this name."""
    other_clip = write_clip(tmp_path / "other.mp4", shade=180)
    (tmp_path / "password").write_text("s3cretpw")
    access = ("--user", "ann", "--password-file", str(tmp_path / "password"))
    async with simulated_camera(clip, "--serial", "HALL-1", *access) as camera:
        added = await home.add_camera(camera.url, user="ann", password="s3cretpw")
        port = camera.port

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 1

        await home.wait_for(recorded)
        await camera.stop()
        camera.arguments = ("--clip", str(other_clip), "--serial", "ATTIC-2", *access)
        camera.port = port
        await camera.start()

        async def stopped():
            shown = (await home.control.ask("GET", f"/api/cameras/{added['id']}")).json()
            return shown if shown["state"] == "identity_changed" else None

        shown = await home.wait_for(stopped)
        assert "HALL-1" in str(shown["identity"])
        assert "ATTIC-2" in str(shown["pending_identity"])
        before = await written_seconds(home, added["id"])
        opaque = shown["streams"][0]["opaque"]
        assert (await home.control.ask("GET", f"/s/{opaque}/still")).status == 404
        await asyncio.sleep(2)
        assert await home.recorded_seconds(added["id"]) == pytest.approx(before, abs=0.2)
        path = f"/api/cameras/{added['id']}/identity"
        assert (await home.control.ask("POST", path, {"decision": "accept"})).status == 200

        async def more():
            return await home.recorded_seconds(added["id"]) > before + 1

        await home.wait_for(more)
        lines = (await home.control.ask("GET", "/api/ledger")).json()["lines"]
        assert any(line["type"] == "identity_accepted" for line in lines)


async def written_seconds(home, camera_id):
    """What is recorded once the last of it is on the disk: nothing more belongs to it."""
    catalogue = home.household.archive.recordings.catalogue

    async def is_closed():
        segments = catalogue.segments(bytes.fromhex(camera_id), Stream.MAIN, 0, 1 << 62)
        return not any(segment.is_growing for segment in segments)

    await home.wait_for(is_closed)
    return await home.recorded_seconds(camera_id)


async def test_a_changed_address_is_tried_first(home, clip):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)
        path = f"/api/cameras/{added['id']}"
        answer = await home.control.ask("PATCH", path, {"url": "rtsp://127.0.0.1:1/"})
        assert answer.json()["error"] == "unreachable"
        assert (await home.control.ask("GET", path)).json()["streams"][0]["url"] == camera.url
        renamed = await home.control.ask("PATCH", path, {"name": "Door", "room": "Out"})
        assert (renamed.json()["name"], renamed.json()["room"]) == ("Door", "Out")


async def test_recording_can_be_switched_off(home, clip):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)
        path = f"/api/cameras/{added['id']}"
        rule = {"is_recording": False, "retention_days": 3}
        changed = await home.control.ask("PATCH", path, {"rule": rule})
        assert changed.json()["rule"]["is_recording"] is False

        async def running():
            return (await home.status_of(added["id"]))["state"] == "running"

        await home.wait_for(running)
        before = await written_seconds(home, added["id"])
        await asyncio.sleep(2)
        assert await home.recorded_seconds(added["id"]) == pytest.approx(before, abs=0.2)


async def test_what_is_kept_around_events_is_checked_and_what_is_left_out_stays(home, clip):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)
        path = f"/api/cameras/{added['id']}"
        assert added["rule"] == {
            "is_recording": True, "mode": "continuous", "retention_days": None,
            "event_retention_days": None, "pre_roll_seconds": 10, "post_roll_seconds": 10,
            "bytes_max": None,
        }  # fmt: skip
        rule = {"mode": "both", "retention_days": 2, "event_retention_days": 60}
        await home.control.ask("PATCH", path, {"rule": rule})
        more = {"pre_roll_seconds": 5, "post_roll_seconds": 120, "is_recording": False}
        changed = (await home.control.ask("PATCH", path, {"rule": more})).json()["rule"]
        assert changed == {**added["rule"], **rule, **more}
        rules = home.household.archive.recordings._retention.rules
        assert rules.event_days_of(bytes.fromhex(added["id"])) == 60
        for field, value in (
            ("mode", "sometimes"), ("event_retention_days", 0), ("event_retention_days", 3651),
            ("pre_roll_seconds", 4), ("pre_roll_seconds", 121), ("post_roll_seconds", -1),
            ("post_roll_seconds", 121), ("post_roll_seconds", None),
        ):  # fmt: skip
            bad = await home.control.ask("PATCH", path, {"rule": {field: value}})
            assert bad.status == 422, (field, value)
            assert field in bad.json()["fields"]["where"]
        assert (await home.control.ask("GET", path)).json()["rule"] == changed


@pytest.mark.parametrize("choice", ["keep", "delete"])
async def test_removing_with_or_without_recordings(home, clip, choice):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 1

        await home.wait_for(recorded)
        path = f"/api/cameras/{added['id']}"
        assert (await home.control.ask("DELETE", path, recordings=choice)).status == 204
        assert (await home.control.ask("GET", "/api/cameras")).json() == []
        files = list((home.directory / "segments").rglob("*.ksg*"))
        assert bool(files) == (choice == "keep")
