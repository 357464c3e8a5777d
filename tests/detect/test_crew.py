"""The crew: goal: cameras share workers fairly; a fault or hang of one is only that one's.

Method: coded walks through real threads; a detector that raises or waits as it is told.
"""

import base64
import json
import threading
import time

import pytest

from keepsight.core.clock import SystemClock
from keepsight.detect.config import read_config
from keepsight.detect.crew import Crew, TooManyHungError, workers_default
from keepsight.detect.detector import DetectorError
from keepsight.detect.wire import FromWatcher, Reader
from tests.detect.stage import RedEye, code, walk


class Hub:
    """Keeps what the crew says."""

    def __init__(self):
        self.said = []

    def __call__(self, message):
        self.said += Reader().feed(message)

    def events(self, camera):
        return [
            json.loads(each.body)
            for each in list(self.said)
            if each.kind == FromWatcher.EVENT and each.camera == camera
        ]

    def state(self, camera):
        states = [
            json.loads(each.body)
            for each in list(self.said)
            if each.kind == FromWatcher.STATE and each.camera == camera
        ]
        return states[-1] if states else {}


@pytest.fixture(scope="module")
def stream():
    return code(walk(16, enters=6, leaves=10), gop=10)


@pytest.fixture
def make_crew():
    crews, release = [], threading.Event()

    def make(**options):
        hub = Hub()
        options = {"open_with": lambda _: RedEye(), "workers": 2, **options}
        crew = Crew(hub, SystemClock(), **options)
        crews.append(crew)
        return crew, hub

    make.release = release
    yield make
    release.set()
    for crew in crews:
        crew.stop()


def config_of(sets, **more):
    encoded = [base64.b64encode(each).decode() for each in sets]
    return read_config({"codec": "h264", "parameter_sets": encoded, **more})


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def feed_gently(crew, cameras, units):
    """As fast as the crew works, so that nothing is dropped."""
    for number, unit in enumerate(units):
        for camera in cameras:
            crew.put(camera, unit)
        if number % 40 == 0:
            until(lambda: crew.is_idle)
    until(lambda: crew.is_idle)


def test_many_cameras_are_all_watched(make_crew, stream):
    sets, units = stream
    crew, hub = make_crew()
    cameras = [bytes([number]) * 16 for number in range(6)]
    for camera in cameras:
        crew.watch(camera, config_of(sets))
    feed_gently(crew, cameras, units)
    for camera in cameras:
        crew.forget(camera)
        phases = [event["phase"] for event in hub.events(camera)]
        assert (phases[0], phases[-1], phases.count("start")) == ("start", "end", 1)


def test_a_forgotten_camera_says_nothing_more(make_crew, stream):
    sets, units = stream
    crew, hub = make_crew()
    crew.watch(b"a" * 16, config_of(sets))
    crew.forget(b"a" * 16)
    feed_gently(crew, [b"a" * 16, b"unknown camera..."[:16]], units)
    assert hub.events(b"a" * 16) == []


def test_a_missing_model_is_said_and_movement_is_still_seen(make_crew, stream):
    def none_here(_):
        raise DetectorError("the model is not installed: run `keepsight models install`")

    sets, units = stream
    crew, hub = make_crew(open_with=none_here)
    crew.watch(b"a" * 16, config_of(sets))
    feed_gently(crew, [b"a" * 16], units)
    crew.forget(b"a" * 16)
    crew.check()
    assert any(each.kind == FromWatcher.ACTIVITY for each in hub.said)
    states = [json.loads(each.body) for each in hub.said if each.kind == FromWatcher.STATE]
    assert states[0]["state"] == "watching"
    assert hub.events(b"a" * 16) == []


def test_a_fault_in_one_chain_leaves_the_others_alone(make_crew, stream):
    class Faulty(RedEye):
        def detect(self, pictures):
            if threading.current_thread().name and self.kind == "person":
                raise ZeroDivisionError(len(pictures))
            return super().detect(pictures)

    def open_with(choice):
        return Faulty() if choice.name == "efficientdet-lite0" else RedEye()

    sets, units = stream
    crew, hub = make_crew(open_with=open_with)
    crew.watch(b"a" * 16, config_of(sets, model="efficientdet-lite0"))
    crew.watch(b"b" * 16, config_of(sets))
    feed_gently(crew, [b"a" * 16, b"b" * 16], units)
    crew.check()
    assert hub.state(b"a" * 16)["state"] == "failed"
    assert "ZeroDivisionError" in hub.state(b"a" * 16)["reason"]
    assert hub.events(b"b" * 16)


def test_a_detector_that_hangs_is_left_behind(make_crew, stream):
    release = make_crew.release

    class Hanging(RedEye):
        def detect(self, pictures):
            release.wait(120)
            return [[] for _ in pictures]

    def open_with(choice):
        return Hanging() if choice.name == "efficientdet-lite0" else RedEye()

    sets, units = stream
    crew, hub = make_crew(open_with=open_with, workers=1, hang_seconds=1.0)
    crew.watch(b"a" * 16, config_of(sets, model="efficientdet-lite0"))
    crew.put(b"a" * 16, units[0])

    def is_failed():
        crew.check()
        return hub.state(b"a" * 16).get("state") == "failed"

    until(is_failed)
    crew.watch(b"b" * 16, config_of(sets))
    feed_gently(crew, [b"b" * 16], units[:150])
    assert hub.events(b"b" * 16)


def test_too_many_hung_workers_end_the_process(make_crew, stream):
    release = make_crew.release

    class Hanging(RedEye):
        def detect(self, pictures):
            release.wait(120)
            return [[] for _ in pictures]

    sets, units = stream
    crew, _ = make_crew(open_with=lambda _: Hanging(), workers=1, hang_seconds=0.3)
    for number in range(3):
        camera = bytes([number]) * 16
        crew.watch(camera, config_of(sets))
        crew.put(camera, units[0])

    def check_for_long():
        for _ in range(1000):
            crew.check()
            time.sleep(0.02)

    with pytest.raises(TooManyHungError):
        check_for_long()


def test_at_least_one_worker():
    assert workers_default() >= 1


def test_a_detector_that_takes_many_is_shared_by_all_workers(make_crew, stream):
    opened = []

    class Many(RedEye):
        batch_max = 8

    def open_with(choice):
        opened.append(choice)
        return Many()

    sets, units = stream
    crew, hub = make_crew(open_with=open_with, workers=3)
    cameras = [bytes([number]) * 16 for number in range(6)]
    for camera in cameras:
        crew.watch(camera, config_of(sets))
    feed_gently(crew, cameras, units)
    assert len(opened) <= 3  # each worker may have begun to open it
    assert len(crew._pools) == 1
    for camera in cameras:
        crew.forget(camera)
        phases = [event["phase"] for event in hub.events(camera)]
        assert (phases[0], phases[-1], phases.count("start")) == ("start", "end", 1)
