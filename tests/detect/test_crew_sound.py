"""Sound in the crew: goal: beside the pictures, and its trouble is its own; method: real threads.

(The tests of `crew.py` that are about sound; test_crew.py has those about pictures.)
"""

import base64
import threading

from keepsight.detect.ear import EarError
from keepsight.detect.wire import FromWatcher
from tests.detect.noises import code_sound, tone
from tests.detect.stage import code, walk
from tests.detect.test_crew import config_of, feed_gently, make_crew, stream, until
from tests.detect.test_hearing import LoudEar

__all__ = ["make_crew", "stream"]
CAMERA = b"a" * 16


def sound_of(form, kinds=("speech",)):
    return {
        "codec": form.codec,
        "config": base64.b64encode(form.config).decode(),
        "rate": form.sample_rate,
        "channels": form.channels,
        "kinds": list(kinds),
    }


def kinds_of(hub):
    return [event["kind"] for event in hub.events(CAMERA) if event["phase"] == "start"]


def test_pictures_and_sound_are_told_side_by_side(make_crew, stream):
    sets, units = stream
    form, packets = code_sound(tone(500, 6), "aac")
    crew, hub = make_crew(hear_with=LoudEar)
    crew.watch(CAMERA, config_of(sets, sound=sound_of(form)))
    for packet in packets:
        crew.hear(CAMERA, packet)
    until(lambda: "speech" in kinds_of(hub))
    feed_gently(crew, [CAMERA], units)
    assert set(kinds_of(hub)) == {"speech", "person"}
    (sound,) = {e["id"] for e in hub.events(CAMERA) if e["kind"] == "speech"}
    pictures = [e.body[:16].hex() for e in hub.said if e.kind == FromWatcher.PICTURE]
    assert pictures.count(sound) == 1
    crew.check()
    assert hub.state(CAMERA)["sound"]["state"] == "watching"
    crew.forget(CAMERA)
    ends = [event["kind"] for event in hub.events(CAMERA) if event["phase"] == "end"]
    assert sorted(ends) == ["person", "speech"]


def test_a_sound_that_hangs_leaves_the_pictures_alone(make_crew, stream):
    class Hanging:
        def scores(self, window):
            make_crew.release.wait(120)
            return LoudEar().scores(window)

    sets, units = stream
    form, packets = code_sound(tone(500, 3), "pcma")
    crew, hub = make_crew(hear_with=Hanging, workers=1, hang_seconds=1.0)
    crew.watch(CAMERA, config_of(sets, sound=sound_of(form)))
    for packet in packets:
        crew.hear(CAMERA, packet)

    def has_failed():
        crew.check()
        return (hub.state(CAMERA).get("sound") or {}).get("state") == "failed"

    until(has_failed)
    feed_gently(crew, [CAMERA], units[:150])
    assert "person" in kinds_of(hub)
    assert hub.state(CAMERA)["state"] == "watching"


def test_a_fault_and_a_missing_model_cost_the_sound_only(make_crew, stream):
    class Faulty:
        def scores(self, window):
            raise ZeroDivisionError(len(window))

    def none_here():
        raise EarError("the model yamnet is not installed")

    sets, units = stream
    form, packets = code_sound(tone(500, 3), "pcma")
    for hear_with, state in ((Faulty, "failed"), (none_here, "off")):
        crew, hub = make_crew(hear_with=hear_with)
        crew.watch(CAMERA, config_of(sets, sound=sound_of(form)))
        for packet in packets:
            crew.hear(CAMERA, packet)
        feed_gently(crew, [CAMERA], units[:150])
        crew.check()
        assert hub.state(CAMERA)["sound"]["state"] == state
        assert hub.state(CAMERA)["state"] == "watching"
        assert kinds_of(hub) == ["person"]


def test_sound_is_switched_on_and_off_without_a_new_start_of_the_pictures(make_crew, stream):
    sets, _ = stream
    form, packets = code_sound(tone(500, 6), "pcma")
    crew, hub = make_crew(hear_with=LoudEar)
    crew.watch(CAMERA, config_of(sets))
    crew.hear(CAMERA, packets[0])
    video = crew._posts[CAMERA]
    crew.watch(CAMERA, config_of(sets, sound=sound_of(form)))
    for packet in packets:
        crew.hear(CAMERA, packet)
    until(lambda: kinds_of(hub) == ["speech"])
    until(lambda: crew.is_idle)
    crew.watch(CAMERA, config_of(sets, sound=sound_of(form)))
    assert len(hub.events(CAMERA)) <= 2
    crew.watch(CAMERA, config_of(sets))
    assert hub.events(CAMERA)[-1]["phase"] == "end"
    assert crew._posts[CAMERA] is video
    crew.say_states()
    assert threading.active_count() < 50


def test_many_cameras_are_listened_to(make_crew):
    sets, _ = code(walk(2), gop=10)
    form, packets = code_sound(tone(500, 5), "opus")
    crew, hub = make_crew(hear_with=LoudEar)
    cameras = [bytes([number]) * 16 for number in range(8)]
    for camera in cameras:
        crew.watch(camera, config_of(sets, sound=sound_of(form)))
    for number, packet in enumerate(packets):
        for camera in cameras:
            crew.hear(camera, packet)
        if number % 50 == 49:
            until(lambda: crew.is_idle)
    crew.stop()
    for camera in cameras:
        assert [event["phase"] for event in hub.events(camera)] == ["start", "end"]
