"""Goal: recordings follow events only where nobody could have been missed, and a clip never starts
after its event. Method: real cameras, recordings and events; the watcher's words are given."""

import asyncio
import itertools
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from keepsight.hub import following
from keepsight.hub.event import Event
from keepsight.hub.following import Following
from keepsight.hub.record import vigil
from keepsight.hub.watch.watchstate import WatchPhase, WatchState
from keepsight.seal.header import Kind
from tests.home import open_all, simulated_camera

SECOND = 1_000_000


class SaidWatch:
    """What the watcher would say of every camera."""

    def __init__(self, household):
        self.household, self.starts, self.since_us = household, 1, 0
        self.phase = WatchPhase.WATCHING

    def state(self, _camera):
        return WatchState(self.phase, None, "decode", self.since_us)


async def ready(home, camera, **rule):
    """A camera that follows events and sends pictures; its RunningCamera."""
    added = await home.add_camera(camera.url)
    rule = {"mode": "events", "pre_roll_seconds": 5, "post_roll_seconds": 1, **rule}
    path = f"/api/cameras/{added['id']}"
    changed = (await home.control.ask("PATCH", path, {"rule": rule})).json()
    assert changed["rule"].items() >= rule.items()
    running = home.household.roster.find(bytes.fromhex(added["id"]))

    async def is_running():
        return running.state == "running" and running.status()[0]["codec"]

    await home.wait_for(is_running)
    return running


async def test_only_what_is_really_watched_is_noted(home, clip, monkeypatch):
    said = SaidWatch(home.household)
    monkeypatch.setattr(home.household.watch, "state", said.state)
    vigils = home.household.archive.recordings.vigils
    async with simulated_camera(clip) as camera:
        running = await ready(home, camera)
        camera_id = running.camera.camera_id
        watch_on = Following(home.household)

        def vigils_after(count=2):
            vigils.forget(camera_id)
            for _ in range(count):
                watch_on.look()
            return len(vigils._vigils.get(camera_id, ()))

        assert vigils_after() == 1
        for phase in WatchPhase:
            said.phase = phase
            assert vigils_after() == (phase is WatchPhase.WATCHING), phase
        said.phase = WatchPhase.WATCHING
        # A moment that nobody watched, between two looks that did not see it.
        watch_on.look()
        said.since_us += 1
        watch_on.look()
        assert len(vigils._vigils[camera_id]) == 2
        everything = running.camera
        watching = replace(everything.watching, kinds=())
        running.camera = replace(everything, watching=watching)
        assert vigils_after() == 0
        running.camera = replace(everything, rule=replace(everything.rule, mode="both"))
        running.camera = everything
        assert vigils_after() == 1
        running.camera = replace(everything, rule=replace(everything.rule, mode="continuous"))
        watch_on.look()
        assert vigils.settled_us(camera_id) is None
        running.camera = everything
        monkeypatch.setattr(following, "SILENCE_US_MAX", -1)
        assert vigils_after() == 0


async def test_events_without_recordings_are_forgotten(home, monkeypatch):
    household, camera = home.household, b"c" * 16
    asked, freed = [], {camera: 5}

    async def forget_before(*what):
        asked.append(what)

    monkeypatch.setattr(household.archive.recordings, "freed", lambda: freed)
    household.events = SimpleNamespace(forget_before=forget_before, stop=household.events.stop)
    watch_on = Following(household)
    await watch_on.forget()
    await watch_on.forget()
    freed[camera] = 9
    await watch_on.forget()
    assert asked == [(camera, 5), (camera, 9)]


async def segments_of(home, running):
    query = {"camera": running.camera.camera_id.hex(), "stream": "main"}
    now_us = home.household.clock.wall_us()
    times = {"from": now_us - 3_600 * SECOND, "to": now_us + SECOND}
    answer = await home.control.ask("GET", "/api/recordings", None, **query, **times)
    return answer.json()["segments"]


@pytest.mark.timeout(120)
async def test_a_clip_never_starts_after_its_event(home, clip, monkeypatch):
    """Written first, deleted later: what was before the event is there, and what was far is not."""
    household, said = home.household, SaidWatch(home.household)
    monkeypatch.setattr(household.watch, "state", said.state)
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(vigil, "EVENT_DELAY_US", 3 * SECOND)
    monkeypatch.setattr(vigil, "DOUBT_US", SECOND // 2)
    recordings, clock = household.archive.recordings, household.clock
    async with simulated_camera(clip) as camera:
        running = await ready(home, camera)
        watch_on = Following(household)

        async def go_on(seconds):
            """Record in segments of about two seconds, watched all the time."""
            for step in range(int(seconds * 10)):
                if step % 20 == 0:
                    recordings.roll()
                watch_on.look()
                await asyncio.sleep(0.1)

        await go_on(14)
        start_us = clock.wall_us()
        event = Event(os.urandom(16), running.camera.camera_id, "person", start_us, start_us, None,
                      0.9, start_us, (0.1, 0.1, 0.3, 0.6))  # fmt: skip
        household.events.on_event(event.camera_id, "start", event)
        await go_on(1)
        end_us = clock.wall_us()
        ended = replace(event, last_us=end_us, end_us=end_us)
        household.events.on_event(event.camera_id, "end", ended)
        before = {segment["writer"] for segment in await segments_of(home, running)}
        await go_on(13)

        recordings._sweep_due_us = 0

        async def is_swept():
            left = {segment["writer"] for segment in await segments_of(home, running)}
            return before - left

        await home.wait_for(is_swept)
        left = await segments_of(home, running)
        first = next(s for s in left if s["end_us"] >= start_us - 5 * SECOND)
        span = [s for s in left[left.index(first) :] if s["start_us"] <= end_us + SECOND]
        assert first["start_us"] <= start_us - 5 * SECOND
        assert span[-1]["end_us"] >= end_us + SECOND
        joints = [b["start_us"] - a["end_us"] for a, b in itertools.pairwise(span)]
        assert all(abs(joint) < SECOND // 4 for joint in joints), joints
        deleted = await household.archive.timelines([event.camera_id], 0, clock.wall_us())
        reasons = {gap.reason for gap in deleted[0].gaps}
        assert "not_kept" in reasons
        status = await home.status_of(event.camera_id.hex())
        assert status["gap_seconds_today"] < 1
        await opens(home, running, first, start_us)
        await exported(home, running, start_us, end_us)


async def opens(home, running, segment, start_us):
    """Somebody who looks gets a keyframe from before the event."""
    camera = running.camera.camera_id.hex()
    household = home.household.household_id.hex()
    opaque = running.opaque(running.camera.sources[0].stream).hex()
    async with home.browser() as browser:
        wanted = {"camera": camera, "stream": "main", "writers": [segment["writer"]]}
        keys = (await browser.ask("POST", "/api/keys", {"recordings": [wanted]})).json()["keys"]
        window = await browser.window(household, keys[0])
        answer = await browser.ask("GET", f"/s/{opaque}/{segment['writer']}/0-1")
        init, still = open_all(window, answer.body)
    assert (init.kind, still.kind) == (Kind.INIT, Kind.STILL)
    assert still.wall_us <= start_us - 5 * SECOND


async def exported(home, running, start_us, end_us):
    """An exported clip has all of it, and its first picture can be decoded."""
    body = {
        "camera": running.camera.camera_id.hex(), "from_us": start_us - 5 * SECOND,
        "to_us": end_us + SECOND,
    }  # fmt: skip
    job = (await home.control.ask("POST", "/api/exports", body)).json()

    async def is_done():
        shown = (await home.control.ask("GET", f"/api/exports/{job['writer']}")).json()
        return shown if shown["state"] != "running" else None

    shown = await home.wait_for(is_done)
    assert (shown["state"], shown["message"]) == ("done", "")
    assert shown["start_us"] <= start_us - 5 * SECOND
    assert shown["end_us"] >= end_us + SECOND - SECOND // 4
