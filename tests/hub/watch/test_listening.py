"""Goal: an alarm near a camera becomes an event of the household, where that is wanted, and only
there. Method: a real hub, the real watcher behind its walls, a camera that plays a film with a
smoke alarm in its sound; what comes to the sink is looked at."""

import json
from fractions import Fraction

import av
import numpy as np
import pytest

from keepsight.hub.watching import Watching
from tests.detect.installed import need_model
from tests.detect.noises import smoke_alarm
from tests.home import HOUSEHOLD, running_hub, set_up, simulated_camera

RATE = 16_000


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """24 s of grey with a smoke alarm."""
    path = tmp_path_factory.mktemp("alarm") / "alarm.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=5)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        video.options = {"preset": "ultrafast", "x264-params": "log-level=0:keyint=5"}
        audio = container.add_stream("aac", rate=RATE)
        audio.codec_context.layout = "mono"
        for number in range(24 * 5):
            frame = av.VideoFrame.from_ndarray(np.full((96, 160, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 5)
            container.mux(video.encode(frame.reformat(format="yuv420p")))
        container.mux(video.encode(None))
        sound = smoke_alarm(6).astype(np.float32)
        size = audio.codec_context.frame_size
        for first in range(0, len(sound) - size, size):
            piece = sound[None, first : first + size].copy()
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path


async def test_an_alarm_is_an_event_where_sounds_are_listened_for(tmp_path, cheap_argon2, film):
    need_model("yamnet")
    folder = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(folder, watching="on") as home:
        await set_up(home)
        told = []
        watch = home.household.watch
        deliver = watch.sink.on_event

        def note(camera, phase, event):
            told.append((camera.hex(), phase, event))
            deliver(camera, phase, event)

        watch.sink.on_event = note
        async with simulated_camera(film) as camera:
            loud = (await home.add_camera(camera.url, name="Kitchen"))["id"]
            quiet = (await home.add_camera(camera.url, name="Hall"))["id"]
            fields = json.loads(json.dumps(Watching().as_fields()))
            for each, sounds in ((loud, ["alarm", "cry"]), (quiet, [])):
                wish = {**fields, "model": "none", "sounds": sounds}
                answer = await home.control.ask("PUT", f"/api/cameras/{each}/watching", wish)
                assert answer.status == 200, answer.body

            async def is_told():
                return any(phase == "start" and event.kind == "alarm" for _, phase, event in told)

            await home.wait_for(is_told, seconds=40)
            assert {each for each, _, _ in told} == {loud}
            event = next(event for _, _, event in told)
            assert event.best_box is None
            state = watch.state(bytes.fromhex(loud)).as_fields(is_owner=True)
            assert state["sound"] == {"state": "watching", "reason": None}
            assert watch.state(bytes.fromhex(quiet)).as_fields(is_owner=True)["sound"] is None
            assert [alarm for alarm in watch.alarms() if "listening" in alarm["code"]] == []
