"""What changing a camera changes, and what a session may watch; with and without real cameras."""

import asyncio
from dataclasses import replace

import pytest

from keepsight.core.destination import Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub import roster as module
from keepsight.hub.camera import Camera, RecordingRule, StreamSource
from keepsight.hub.roster import (
    CameraProblemError,
    NoSuchCameraError,
    _changed,
    _changed_fields,
    _needs_restart,
)
from keepsight.seal.header import Stream
from tests.home import simulated_camera

CAMERA = Camera(
    b"c" * 16,
    "Hall",
    "",
    (StreamSource(Stream.MAIN, Destination("rtsp", "10.0.0.7", 554, "/main"), "tcp"),),
    DeviceFacts(),
    RecordingRule(),
    1,
)


def test_only_what_is_named_changes():
    assert _changed(CAMERA, {}) == CAMERA
    assert _changed(CAMERA, {"name": " Door "}).name == "Door"
    assert _changed(CAMERA, {"rule": {"is_recording": False}}).rule.is_recording is False
    both = _changed(CAMERA, {"sub_url": "rtsp://10.0.0.7/sub"})
    assert [s.stream for s in both.sources] == [Stream.MAIN, Stream.SUB]
    assert both.sources[1].transport == "tcp"
    assert len(_changed(both, {"sub_url": ""}).sources) == 1
    moved = _changed(both, {"url": "rtsp://10.0.0.8/main"})
    assert moved.sources[0].destination.host == "10.0.0.8"
    assert len(moved.sources) == 2
    assert {s.transport for s in _changed(both, {"transport": "udp"}).sources} == {"udp"}
    with pytest.raises(CameraProblemError) as caught:
        _changed(CAMERA, {"url": "http://x/"})
    assert caught.value.code == "bad_url"


def test_the_ledger_names_what_changed_of_watching():
    kept = CAMERA.watching
    masked = replace(kept, privacy_masks=(((0, 0), (1, 0), (1, 1)),), is_on=False)
    assert _changed_fields(CAMERA, {"watching": masked, "name": "Door"}) == [
        "name", "watching.is_on", "watching.privacy_masks",
    ]  # fmt: skip
    assert _changed_fields(CAMERA, {"watching": kept}) == []
    assert _changed(CAMERA, {"watching": masked}).watching == masked


def test_a_name_needs_no_new_connection_but_an_address_does():
    assert not _needs_restart(CAMERA, replace(CAMERA, name="Door", room="Out"))
    assert _needs_restart(CAMERA, replace(CAMERA, sources=()))
    assert _needs_restart(CAMERA, replace(CAMERA, rule=RecordingRule(is_recording=False)))


async def test_unknown_cameras(home):
    roster = home.household.roster
    assert roster.find(b"x" * 16) is None
    assert roster.find_stream(b"x" * 16) is None
    assert roster.live_windows(b"x" * 16, Stream.MAIN) == []
    with pytest.raises(NoSuchCameraError):
        await roster.change(b"x" * 16, {}, None, by="test")
    await roster.remove(b"x" * 16, with_recordings=True, by="test")
    await roster.accept_identity(b"x" * 16, by="test")


async def test_trials_are_forgotten_and_bounded(home, clip, monkeypatch):
    monkeypatch.setattr(module, "TRIALS_MAX", 1)
    monkeypatch.setattr(module, "TRIAL_US", 1_000_000)
    async with simulated_camera(clip) as camera:
        await home.add_camera(camera.url, "First", trial=True)
        body = {"url": camera.url, "name": "Second", "trial": True}
        answer = await home.control.ask("POST", "/api/cameras", body)
        assert answer.json()["error"] == "too_many"

        async def gone():
            lines = (await home.control.ask("GET", "/api/ledger")).json()["lines"]
            return lines[0]["type"] == "camera_removed"

        await home.wait_for(gone)
        assert home.household.roster.running() == []
    await asyncio.sleep(0)


async def test_every_live_window_rolls(home, clip):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)
        camera_id = bytes.fromhex(added["id"])

        async def window():
            return home.household.roster.live_windows(camera_id, Stream.MAIN)

        (before, *_) = await home.wait_for(window)
        home.household.roster.roll_windows()
        (after, *_) = await home.wait_for(window)
        assert before.context.writer != after.context.writer
