"""Watching as a whole: goal: who comes by is told, and nothing that happens to the watcher touches
recording. Method: a real household, real cameras, and the real watcher behind its walls."""

import asyncio
import contextlib
import os
import shutil
import signal

import pytest

from keepsight.detect.model import MODELS
from keepsight.detect.models import models_folder
from keepsight.hub.walls.confine import missing_protection
from keepsight.hub.watch import watch as watch_module
from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.sink import NobodySink
from keepsight.hub.watch.watch import Watch
from keepsight.hub.watch.watchstate import WatchPhase
from keepsight.hub.watch.wire import FromWatcher, Message
from tests.detect.installed import LABELS, need_model, tiny_yolo
from tests.home import HOUSEHOLD, SimulatedCamera, running_hub, set_up, write_clip
from tests.hub.watch.test_claims import event
from tests.hub.watch.test_outlet import line
from tests.hub.watch.test_watched import Rig
from tests.paths import shared_data

pytestmark = pytest.mark.skipif(
    bool(missing_protection()), reason=f"NOT TESTED: no {missing_protection()} on this kernel"
)

MODEL = MODELS[0]


class Told:
    """A sink that remembers, and passes on."""

    def __init__(self, onward):
        self.onward = onward
        self.events, self.pictures, self.spans = [], {}, []

    def on_event(self, camera, phase, event):
        self.events.append((phase, event))
        self.onward.on_event(camera, phase, event)

    def on_picture(self, camera, event_id, jpeg):
        self.pictures[event_id] = jpeg
        self.onward.on_picture(camera, event_id, jpeg)

    def on_preview(self, *values):
        self.onward.on_preview(*values)

    def on_activity(self, camera, spans):
        self.spans += spans
        self.onward.on_activity(camera, spans)

    def phases(self, phase):
        return [event for found, event in self.events if found == phase]


@contextlib.asynccontextmanager
async def watching_home(tmp_path, **options):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory, watching="on", **options) as home:
        await set_up(home, starts_unattended=False)
        told = home.household.watch.sink = Told(home.household.watch.sink)
        yield home, told


@contextlib.asynccontextmanager
async def camera(*arguments):
    found = await SimulatedCamera(arguments).start()
    try:
        yield found
    finally:
        await found.stop()


async def until(home, camera_id, phase, seconds=40):
    """Wait until watching this camera goes so; its state."""
    watch, key = home.household.watch, bytes.fromhex(camera_id)

    async def found():
        state = watch.state(key)
        return state if state.state is phase else None

    try:
        return await home.wait_for(found, seconds)
    except TimeoutError:
        pytest.fail(f"waited for {phase}, found {watch.state(key)}")


async def recorded_without_gaps(home, camera_id, seconds):
    async def found():
        return await home.recorded_seconds(camera_id) >= seconds

    await home.wait_for(found, 60)
    status = await home.status_of(camera_id)
    assert (status["gaps_today"], status["state"]) == (0, "running")


async def set_watching(home, camera_id, **changes):
    """As its owner does it."""
    path = f"/api/cameras/{camera_id}/watching"
    now = (await home.control.ask("GET", path)).json()
    answer = await home.control.ask("PUT", path, {**now, **changes})
    assert answer.status == 200, answer.body


async def test_somebody_who_comes_by_is_told_with_a_picture(tmp_path, cheap_argon2):
    need_model(MODEL.name)
    async with watching_home(tmp_path) as (home, told), camera("--scene", "front-door") as source:
        added = (await home.add_camera(source.url))["id"]

        async def seen():
            return told.phases("start") and told.pictures

        await home.wait_for(seen, 60)
        (event, *_) = told.phases("start")
        assert event.kind == "person"
        assert event.camera_id == bytes.fromhex(added)
        assert told.pictures[event.event_id].startswith(b"\xff\xd8\xff")
        state = await until(home, added, WatchPhase.WATCHING)
        assert state.reason is None
        document = (await home.control.ask("GET", f"/api/cameras/{added}")).json()
        assert document["watching_state"]["state"] == "watching"
        status = (await home.control.ask("GET", "/api/status")).json()
        assert status["cameras"][0]["watching"]["state"] == "watching"
        assert status["alarms"] == []
        # The camera goes: what goes on is over, and the watcher is told to forget it.
        await home.household.roster.remove(bytes.fromhex(added), with_recordings=True, by="Ann")
        begun = {each.event_id for each in told.phases("start")}
        assert {each.event_id for each in told.phases("end")} == begun


async def test_real_people_are_noticed(tmp_path, cheap_argon2):
    need_model(MODEL.name)
    clip = shared_data("footage/intel_one-by-one-person-detection.mp4")
    async with watching_home(tmp_path) as (home, told), camera("--clip", str(clip)) as source:
        await home.add_camera(source.url)

        async def seen():
            return told.phases("update") and told.pictures

        await home.wait_for(seen, 90)
        assert {event.kind for event in told.phases("start")} == {"person"}


async def test_a_killed_watcher_comes_back_and_recording_never_notices(
    tmp_path, clip, cheap_argon2, monkeypatch
):
    monkeypatch.setattr(watch_module, "BACKOFF_SECONDS_MIN", 0.2)
    async with watching_home(tmp_path) as (home, _told), camera("--clip", str(clip)) as source:
        added = (await home.add_camera(source.url))["id"]
        watch = home.household.watch
        await set_watching(home, added, model="none")
        for number in range(3):
            await until(home, added, WatchPhase.WATCHING)
            assert watch.starts == number + 1
            os.kill(watch.pid, signal.SIGKILL)
            state = await until(home, added, WatchPhase.FAILED)
            assert state.reason == Reason(ReasonCode.KILLED, {"signal": "SIGKILL"})
        (alarm,) = watch.alarms()
        assert alarm["code"] == "watching_failed"
        assert "Hall (the watcher was ended by SIGKILL)" in alarm["text"]
        await until(home, added, WatchPhase.WATCHING)
        assert watch.alarms() == []
        await recorded_without_gaps(home, added, 4)


async def test_a_hung_watcher_is_ended_and_recording_never_notices(
    tmp_path, clip, cheap_argon2, monkeypatch
):
    monkeypatch.setattr(watch_module, "BACKOFF_SECONDS_MIN", 0.2)
    async with watching_home(tmp_path) as (home, _told), camera("--clip", str(clip)) as source:
        added = (await home.add_camera(source.url))["id"]
        watch = home.household.watch
        await set_watching(home, added, model="none")
        await until(home, added, WatchPhase.WATCHING)
        pid = watch.pid
        watch.run.silence_seconds_max = 2.0
        os.kill(pid, signal.SIGSTOP)
        state = await until(home, added, WatchPhase.FAILED)
        assert state.reason.code is ReasonCode.SILENT
        await until(home, added, WatchPhase.WATCHING)
        assert watch.pid != pid
        await recorded_without_gaps(home, added, 6)


async def test_without_a_model_movement_is_noticed_and_a_model_that_comes_is_used(
    tmp_path, clip, cheap_argon2
):
    models = tmp_path / "models"
    async with (
        watching_home(tmp_path, models=models) as (home, _told),
        camera("--clip", str(clip)) as source,
    ):
        added = (await home.add_camera(source.url))["id"]
        state = await until(home, added, WatchPhase.OFF)
        assert state.reason == Reason(ReasonCode.MODEL_MISSING, {"model": MODEL.name})
        (alarm,) = home.household.watch.alarms()
        assert alarm["code"] == "watching_off"
        # A file that is none, then the right one: each is noticed.
        (models / MODEL.file_name).write_bytes(b"no model")

        async def broken():
            found = home.household.watch.state(bytes.fromhex(added))
            return found.reason and found.reason.code is ReasonCode.MODEL_BROKEN

        await home.wait_for(broken, 30)
        assert home.household.watch.state(bytes.fromhex(added)).state is WatchPhase.OFF
        need_model(MODEL.name)
        shutil.copy(models_folder() / MODEL.file_name, models / "part")
        (models / "part").replace(models / MODEL.file_name)
        await until(home, added, WatchPhase.WATCHING)
        await recorded_without_gaps(home, added, 3)


async def test_a_model_of_ones_own_runs_behind_the_walls(tmp_path, cheap_argon2, monkeypatch):
    monkeypatch.setenv("KEEPSIGHT_MODELS", str(tmp_path / "models"))  # the API's
    pytest.importorskip("onnxruntime")
    own = tmp_path / "models" / "own"
    own.mkdir(parents=True)
    (own / "bright.onnx").write_bytes(tiny_yolo())
    (own / "bright.txt").write_text("\n".join(LABELS))
    clip = write_clip(tmp_path / "bright.mp4", shade=255, has_sound=False)
    async with (
        watching_home(tmp_path, models=tmp_path / "models") as (home, _told),
        camera("--clip", str(clip)) as source,
    ):
        added = (await home.add_camera(source.url))["id"]
        await until(home, added, WatchPhase.OFF)
        await set_watching(home, added, model="own:bright.onnx")
        state = await until(home, added, WatchPhase.WATCHING)
        assert state.reason is None

        async def asked():
            return home.household.watch.state(bytes.fromhex(added)).looks > 0

        await home.wait_for(asked, 60)


async def test_its_owner_switches_it_off_and_on_and_the_process_goes_with_it(
    tmp_path, clip, cheap_argon2, monkeypatch
):
    monkeypatch.setattr(watch_module, "LINGER_SECONDS", 0.5)
    async with watching_home(tmp_path) as (home, _told), camera("--clip", str(clip)) as source:
        added = (await home.add_camera(source.url))["id"]
        watch = home.household.watch
        await set_watching(home, added, model="none")
        await until(home, added, WatchPhase.WATCHING)
        await set_watching(home, added, is_on=False)
        assert watch.state(bytes.fromhex(added)).state is WatchPhase.UNWATCHED

        async def gone():
            return watch.pid is None

        await home.wait_for(gone)
        assert watch.alarms() == []
        await set_watching(home, added, is_on=True)
        await until(home, added, WatchPhase.WATCHING)
        assert watch.starts == 2


async def test_another_size_and_another_codec_are_watched_too(tmp_path, cheap_argon2):
    clips = [
        write_clip(tmp_path / "small.mp4", seconds=2, has_sound=False),
        write_clip(tmp_path / "large.mp4", seconds=2, size=(640, 480), has_sound=False),
        write_clip(tmp_path / "hevc.mp4", seconds=2, codec="libx265", has_sound=False),
    ]
    async with watching_home(tmp_path) as (home, _told):
        source = await SimulatedCamera(("--clip", str(clips[0]))).start()
        try:
            added = (await home.add_camera(source.url))["id"]
            await set_watching(home, added, model="none")
            await until(home, added, WatchPhase.WATCHING)
            for clip in clips[1:]:
                await source.stop()
                await until(home, added, WatchPhase.STARTING)
                source.arguments = ("--clip", str(clip))
                await source.start()
                await until(home, added, WatchPhase.WATCHING)
            assert home.household.watch.starts == 1
            stream = (await home.status_of(added))["streams"][0]
            assert stream["codec"].startswith(("hvc1", "hev1"))
        finally:
            await source.stop()


async def test_what_is_tried_is_not_watched_and_a_hub_can_be_told_to_watch_nothing(
    tmp_path, clip, cheap_argon2, home
):
    async with camera("--clip", str(clip)) as source:
        async with watching_home(tmp_path / "other") as (watching, _told):
            trial = (await watching.add_camera(source.url, trial=True))["id"]
            watch = watching.household.watch
            assert watch.state(bytes.fromhex(trial)).state is WatchPhase.UNWATCHED
            assert watch.starts == 0
            await watching.control.ask("PATCH", f"/api/cameras/{trial}", {"trial": False})
            assert watch.state(bytes.fromhex(trial)).state is WatchPhase.STARTING
        added = (await home.add_camera(source.url))["id"]
        await asyncio.sleep(0.5)
        assert home.household.watch.state(bytes.fromhex(added)).state is WatchPhase.UNWATCHED
        assert home.household.watch.pid is None


async def test_a_sink_that_fails_ends_nothing(tmp_path, caplog):
    rig, failures = Rig(tmp_path), []
    watch = Watch(clock=rig.clock, secret=tmp_path, environment={})

    class Failing(NobodySink):
        def on_event(self, camera, phase, event):
            failures.append((camera, phase, event.kind))
            raise ZeroDivisionError

    watch.sink = Failing()
    async with line() as (outlet, _theirs):
        watch._outlet.open(outlet._transport)
        rig.watched.close()
        watch.attach(rig.running)
        rig.play()
        now_us = rig.clock.wall_us()
        times = {"start_us": now_us - 5, "end_us": now_us, "best_us": now_us}
        said = event(phase="start", zones=[], **times)
        watch._hear(Message(FromWatcher.EVENT, rig.running.camera.camera_id, said))
    assert failures == [(rig.running.camera.camera_id, "start", "person")]
    assert "passed on" in caplog.text


async def test_an_idle_hub_starts_no_watcher(tmp_path, cheap_argon2):
    async with watching_home(tmp_path, is_idle=True) as (home, _told):
        await asyncio.sleep(0.3)
        assert home.household.watch.pid is None
        assert home.household.watch.starts == 0


async def test_no_watcher_outlives_the_hub(tmp_path, clip, cheap_argon2):
    async with watching_home(tmp_path) as (home, _told), camera("--clip", str(clip)) as source:
        added = (await home.add_camera(source.url))["id"]
        await set_watching(home, added, model="none")
        await until(home, added, WatchPhase.WATCHING)
        pid = home.household.watch.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_reasons_are_for_owners(tmp_path, clip, cheap_argon2):
    async with (
        watching_home(tmp_path, models=tmp_path / "models") as (home, _told),
        camera("--clip", str(clip)) as source,
    ):
        added = (await home.add_camera(source.url))["id"]
        await until(home, added, WatchPhase.OFF)
        grant = {"camera": added, "capabilities": ["live"]}
        async with home.member("Guest", "guest", [grant]) as guest:
            document = await guest.get(f"/api/cameras/{added}")
            assert document["watching_state"]["state"] == "off"
            assert document["watching_state"]["reason"] is None
            status = await guest.get("/api/status")
            assert status["cameras"][0]["watching"]["reason"] is None
            assert status["alarms"] == []


async def test_one_camera_that_crashes_the_watcher_is_left_out_and_the_others_go_on(
    tmp_path, clip, cheap_argon2, monkeypatch
):
    monkeypatch.setattr(watch_module, "BACKOFF_SECONDS_MIN", 0.1)
    monkeypatch.setattr(watch_module, "BACKOFF_SECONDS_MAX", 0.2)
    monkeypatch.setattr(watch_module, "STEADY_SECONDS", 3.0)
    async with watching_home(tmp_path) as (home, _told), camera("--clip", str(clip)) as source:
        watch, ids = home.household.watch, []
        for name in ("Hall", "Garden", "Hostile"):
            ids.append((await home.add_camera(source.url, name=name))["id"])
            await set_watching(home, ids[-1], model="none")
        hostile = bytes.fromhex(ids[-1])

        async def crash():
            """What a picture would do that a decoder cannot stand."""
            while True:
                if watch.find(hostile).is_known and watch.run.has_spoken:
                    os.kill(watch.pid, signal.SIGSEGV)
                    await asyncio.sleep(0.3)
                await asyncio.sleep(0.02)

        crashing = asyncio.ensure_future(crash())
        try:

            async def found():
                reason = watch.state(hostile).reason
                is_held = reason is not None and reason.code is ReasonCode.HELD
                return is_held and watch.state(bytes.fromhex(ids[0])).is_recognising

            await home.wait_for(found, 90)
            for name in ids[:2]:
                await until(home, name, WatchPhase.WATCHING)
            starts = watch.starts
            await asyncio.sleep(4)
            assert watch.starts == starts
            assert watch.state(hostile).state is WatchPhase.FAILED
        finally:
            crashing.cancel()
        # Its owner changes something: it has another try.
        await set_watching(home, ids[-1], model="none", kinds=["person"])
        await until(home, ids[-1], WatchPhase.WATCHING)
        await recorded_without_gaps(home, ids[-1], 5)
