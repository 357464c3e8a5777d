"""One watched camera: goal: the watcher is told neither too little nor too often, and none of its
words does harm. Method: a real camera of a household that connects to nothing, its streams fed by
hand, and what goes out read with the watcher's own code."""

import json
import struct
from dataclasses import replace

import pytest

from keepsight.core.destination import parse_destination
from keepsight.core.device import DeviceFacts
from keepsight.detect import wire as theirs
from keepsight.hub.camera import Camera, RecordingRule, StreamSource
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.live.feed import Feed
from keepsight.hub.running import RunningCamera, Surroundings
from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.watched import (
    AGAIN_US,
    BEHIND_US,
    FALLBACK_US,
    GONE_US,
    Watched,
    WatchSurroundings,
)
from keepsight.hub.watch.watchstate import WatchPhase
from keepsight.hub.watch.wire import FromWatcher, Message
from keepsight.hub.watching import Watching
from keepsight.lan.rtsp.unit import StreamFormat
from keepsight.seal.header import Context, Stream
from tests.hub.clocks import HandClock
from tests.hub.record import footage
from tests.hub.watch.test_claims import ID, JPEG, event
from tests.hub.watch.test_reader import Shelf

CAMERA = b"c" * 16
EVENT_ID = bytes.fromhex(ID)


class Keys:
    """What a running camera asks of the keyring."""

    household, epoch = b"h" * 16, 1

    def window_secret(self, _context: Context) -> bytes:
        return bytes(32)

    def opaque_stream(self, camera: bytes, stream: Stream) -> bytes:
        return bytes([stream]) + camera[1:]


class Told:
    """A sink that remembers."""

    def __init__(self):
        self.events, self.pictures, self.previews, self.spans = [], [], [], []

    def on_event(self, camera, phase, event):
        assert camera == event.camera_id
        self.events.append((phase, event))

    def on_picture(self, _camera, event_id, jpeg):
        self.pictures.append((event_id, jpeg))

    def on_preview(self, *values):
        self.previews.append(values)

    def on_activity(self, _camera, spans):
        self.spans += spans


class Rig:
    def __init__(self, tmp_path, *, has_sub=True, watching=None):
        self.clock, self.shelf, self.told = HandClock(), Shelf(), Told()
        destination, _ = parse_destination("rtsp://127.0.0.1:1/main")
        streams = (Stream.MAIN, Stream.SUB) if has_sub else (Stream.MAIN,)
        camera = Camera(
            CAMERA, "Hall", "", tuple(StreamSource(each, destination) for each in streams),
            DeviceFacts(), RecordingRule(), 0, watching=watching or Watching(),
        )  # fmt: skip
        around = Surroundings(
            Keys(), self.clock, Feed(tmp_path / "feed.sock"), lambda *_: None, lambda *_: None
        )
        self.running = RunningCamera(camera, None, around)
        self.running.start_idle()
        self.watched = Watched(
            self.running,
            WatchSurroundings(self.clock, self.shelf, tmp_path / "models", lambda: self.told),
        )

    def play(self, stream=Stream.SUB, codec="h264", **options):
        """A stream runs, and sends some pictures."""
        video, pictures = footage.video(codec, **options)
        self.running.fanouts[stream].publish_format(StreamFormat(video))
        for unit in pictures:
            self.running.fanouts[stream].publish(unit)
        return len(pictures)

    def sent(self):
        """Types of what went to the watcher since, in order, units counted together."""
        reader, data = theirs.Reader(), self.shelf.data
        self.shelf.data = b""
        messages = list(reader.feed(data))
        assert all(message.camera == CAMERA for message in messages)
        self.messages = messages
        kinds = []
        for message in messages:
            name = theirs.ToWatcher(message.kind).name
            if not (name == "UNIT" and kinds and kinds[-1].startswith("UNIT")):
                kinds.append(name)
        return kinds

    def hear(self, kind, body):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.watched.hear(Message(kind, CAMERA, body))

    def hear_event(self, **changes):
        now_us = self.clock.wall_us()
        times = {"start_us": now_us - 500_000, "end_us": now_us, "best_us": now_us}
        self.hear(FromWatcher.EVENT, event(**{"zones": [], **times, **changes}))

    def change(self, **changes):
        camera = self.running.camera
        self.running.camera = replace(camera, watching=replace(camera.watching, **changes))
        self.watched.follow()

    @property
    def state(self):
        return self.watched.state(None)


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def test_the_small_stream_is_looked_at(rig):
    rig.play(Stream.MAIN)
    assert rig.sent() == []
    count = rig.play(Stream.SUB)
    rig.play(Stream.MAIN)
    assert rig.sent() == ["CAMERA", "UNIT"]
    assert len(rig.messages) == 1 + count


def test_without_a_small_one_main_is(tmp_path):
    rig = Rig(tmp_path, has_sub=False)
    rig.play(Stream.MAIN)
    assert rig.sent() == ["CAMERA", "UNIT"]


def test_main_stands_in_for_a_small_stream_that_is_gone(rig):
    rig.play(Stream.MAIN)
    rig.watched.tick(is_model_new=False)
    assert rig.sent() == []
    rig.clock.tick((FALLBACK_US + 1) / 1e6)
    rig.watched.tick(is_model_new=False)
    rig.play(Stream.MAIN)
    assert rig.sent() == ["CAMERA", "UNIT"]
    rig.play(Stream.SUB)
    rig.play(Stream.MAIN)
    assert rig.sent() == ["CAMERA", "UNIT"]
    assert sum(m.kind == theirs.ToWatcher.UNIT for m in rig.messages) == len(footage.video()[1])


def test_a_new_format_is_told_and_the_same_one_is_not(rig):
    rig.play()
    assert rig.sent() == ["CAMERA", "UNIT"]
    rig.play()
    assert rig.sent() == ["UNIT"]
    rig.running.fanouts[Stream.SUB].publish_break(BreakReason.FORMAT_CHANGED, 0)
    rig.play(width=640, height=352)
    assert rig.sent() == ["CAMERA", "UNIT"]
    rig.running.fanouts[Stream.SUB].publish_break(BreakReason.FORMAT_CHANGED, 0)
    rig.play(codec="h265")
    assert rig.sent() == ["CAMERA", "UNIT"]
    assert theirs.read_json(rig.messages[0])["codec"] == "h265"


def test_changes_of_its_owner_are_told_and_others_are_not(rig):
    rig.play()
    rig.sent()
    rig.running.camera = replace(rig.running.camera, name="Corridor")
    rig.watched.follow()
    assert rig.sent() == []
    rig.change(kinds=("dog",))
    assert rig.sent() == ["CAMERA"]
    assert theirs.read_json(rig.messages[0])["rules"]["kinds"] == ["dog"]
    rig.play()
    rig.sent()
    rig.hear(FromWatcher.STATE, {"state": "watching"})
    rig.change(is_on=False)
    rig.play()
    assert rig.sent() == ["FORGET"]
    assert rig.state.state is WatchPhase.UNWATCHED
    rig.change(is_on=True)
    rig.play()
    assert rig.sent() == ["CAMERA", "UNIT"]


def test_events_are_told_and_end_with_the_watcher(rig):
    rig.play()
    rig.hear_event(phase="start")
    rig.hear(FromWatcher.PICTURE, EVENT_ID + JPEG)
    rig.hear(FromWatcher.PREVIEW, EVENT_ID + bytes((2, 1, 2)) + JPEG)
    rig.hear(FromWatcher.PICTURE, b"x" * 16 + JPEG)
    assert [phase for phase, _ in rig.told.events] == ["start"]
    assert rig.told.pictures == [(EVENT_ID, JPEG)]
    assert rig.told.previews == [(CAMERA, EVENT_ID, 2, 1, 2, JPEG)]
    rig.watched.watcher_ended()
    assert [phase for phase, _ in rig.told.events] == ["start", "end"]
    assert rig.told.events[-1][1].end_us == rig.told.events[0][1].last_us
    rig.hear_event(phase="end")
    assert len(rig.told.events) == 2
    rig.sent()
    rig.watched.announce()
    rig.play()
    assert rig.sent() == ["CAMERA", "UNIT"]


@pytest.mark.parametrize("kind", FromWatcher)
def test_nonsense_is_dropped_and_counted(rig, kind):
    rig.play()
    for body in (b"", b"\xff" * 40, b"{}", b"[1]", b"null", bytes(200)):
        rig.hear(kind, body)
    assert rig.told.events == []
    assert rig.told.pictures == []
    assert rig.watched.nonsense >= 4
    assert rig.watched.is_known


def test_what_goes_on_ends_when_nobody_looks_any_more(rig):
    rig.play()
    rig.hear_event(phase="start")
    rig.hear(FromWatcher.STATE, {"state": "failed", "reason": "a look takes too long"})
    assert [phase for phase, _ in rig.told.events] == ["start", "end"]
    rig.hear(FromWatcher.STATE, {"state": "failed", "reason": "a look takes too long"})
    assert len(rig.told.events) == 2


def test_nothing_is_heard_about_a_camera_that_the_watcher_was_not_told_of(rig):
    rig.hear_event(phase="start")
    assert rig.told.events == []


def test_when_it_stops_it_is_forgotten_and_its_events_end(rig):
    rig.play()
    rig.hear_event(phase="start")
    rig.sent()
    rig.watched.close()
    assert rig.sent() == ["FORGET"]
    assert [phase for phase, _ in rig.told.events] == ["start", "end"]
    rig.play()
    assert rig.sent() == []


def test_visits_of_a_camera_that_is_gone_are_over_after_a_while(rig):
    rig.play()
    rig.hear_event(phase="start")
    rig.sent()
    rig.running.fanouts[Stream.SUB].publish_break(BreakReason.CONNECTION_LOST, 0)
    for seconds in (1, GONE_US / 1e6 - 2):
        rig.clock.tick(seconds)
        rig.watched.tick(is_model_new=False)
    assert (rig.sent(), len(rig.told.events)) == ([], 1)
    rig.clock.tick(5)
    rig.watched.tick(is_model_new=False)
    assert rig.sent() == ["FORGET"]
    assert [phase for phase, _ in rig.told.events] == ["start", "end"]
    rig.play()
    assert rig.sent() == ["CAMERA", "UNIT"]


def test_movement_of_another_time_is_none(rig):
    rig.play()
    now_us = rig.clock.wall_us()
    spans = [(now_us - 2_000_000, now_us), (5, 9), (now_us, now_us + 10**12)]
    rig.hear(FromWatcher.ACTIVITY, b"".join(struct.pack(">qq", *span) for span in spans))
    assert rig.told.spans == spans[:1]


def test_boxes_are_asked_for_while_somebody_looks(rig):
    rig.play(Stream.MAIN)
    rig.play()
    rig.sent()
    live, got = rig.running.live[Stream.MAIN], []
    said = {"wall_us": rig.clock.wall_us(), "boxes": [["person", 0.9, 0.1, 0.2, 0.3, 0.4]]}
    rig.hear(FromWatcher.BOXES, said)
    live.watch(got.append)
    assert rig.sent() == ["BOXES"]
    assert rig.messages[0].body == b"\x01"
    before = len(got)
    rig.hear(FromWatcher.BOXES, said)
    assert len(got) == before + 1
    rig.hear(FromWatcher.BOXES, {**said, "wall_us": 5})
    assert len(got) == before + 1
    rig.change(kinds=("dog",))
    assert rig.sent() == ["CAMERA", "BOXES"], "a fresh start of the watcher's is told again"
    live.unwatch(got.append)
    rig.running.live[Stream.MAIN].unwatch(got.append)
    assert rig.sent() == ["BOXES"]
    assert rig.messages[0].body == b"\x00"


def test_states(rig):
    assert rig.state.state is WatchPhase.STARTING
    since_us = rig.state.since_us
    rig.clock.tick(2)
    rig.play()
    rig.hear(FromWatcher.STATE, {"state": "watching", "mode": "decode", "looks": 7, "dropped": 2})
    state = rig.state
    assert (state.state, state.mode, state.looks, state.dropped) == (
        WatchPhase.WATCHING, "decode", 7, 2,
    )  # fmt: skip
    assert state.since_us > since_us
    assert state.is_recognising
    assert not state.is_troubled
    rig.hear(FromWatcher.STATE, {"state": "off", "reason": "movement only: no model"})
    assert (rig.state.state, rig.state.said) == (WatchPhase.OFF, "movement only: no model")
    model = {"model": rig.watched.watching.model}
    assert rig.state.reason == Reason(ReasonCode.MODEL_MISSING, model)
    assert rig.state.is_troubled
    hung = rig.watched.state(Reason(ReasonCode.HUNG))
    assert (hung.state, hung.reason) == (WatchPhase.FAILED, Reason(ReasonCode.HUNG))
    rig.running.fanouts[Stream.SUB].publish_break(BreakReason.CONNECTION_LOST, 0)
    assert rig.state.state is WatchPhase.STARTING, "a camera that is away is not watched"


def test_what_the_watcher_says_is_no_reason_and_goes_to_the_command_line_alone(rig):
    lie = "your session ended: sign in again at hub.example"
    rig.play()
    sound = {"state": "failed", "reason": lie}
    for claimed in ("failed", "off", "behind", "watching"):
        rig.hear(FromWatcher.STATE, {"state": claimed, "reason": lie, "sound": sound})
        assert rig.state.state == claimed
        for is_owner in (True, False):
            assert lie not in json.dumps(rig.state.as_fields(is_owner=is_owner))
        shown = rig.state.as_fields(is_owner=True, is_local=True)
        assert shown.pop("said") == f"{lie}; {lie}"
        assert lie not in json.dumps(shown)
    assert rig.state.as_fields(is_owner=True)["sound"] == {
        "state": "failed",
        "reason": Reason(ReasonCode.SOUND_FAILED).as_fields(),
    }


def test_a_watcher_that_does_not_read_is_behind(rig):
    rig.play()
    rig.hear(FromWatcher.STATE, {"state": "watching"})
    rig.shelf.is_full = True
    rig.play()
    rig.shelf.is_full = False
    rig.clock.monotonic = footage.video()[1][-1].monotonic_us
    assert rig.state.state is WatchPhase.BEHIND
    assert rig.state.dropped > 0
    rig.clock.tick(BEHIND_US / 1e6)
    assert rig.state.state is WatchPhase.WATCHING


def test_what_is_off_is_tried_again_when_a_model_comes_and_now_and_then(rig):
    rig.play()
    rig.hear(FromWatcher.STATE, {"state": "off", "reason": "movement only: no model"})
    rig.sent()
    rig.watched.tick(is_model_new=False)
    assert rig.sent() == []
    rig.watched.tick(is_model_new=True)
    assert rig.sent() == ["CAMERA"]
    rig.clock.tick((AGAIN_US + 1) / 1e6)
    rig.watched.tick(is_model_new=False)
    assert rig.sent() == ["CAMERA"]
    rig.hear(FromWatcher.STATE, {"state": "watching"})
    rig.watched.tick(is_model_new=True)
    assert rig.sent() == []


def test_stills_are_asked_for_only_with_the_masks_that_the_watcher_was_told(rig):
    mask, other = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),), (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)),)
    camera = rig.running.camera
    rig.running.camera = replace(camera, watching=Watching(privacy_masks=mask))
    rig.play()
    assert "STILLS" not in rig.sent()  # nobody looks
    rig.running.stills.still()
    rig.watched.tick(is_model_new=False)
    assert rig.sent() == ["STILLS"]
    first = theirs.read_stills(rig.messages[0])
    assert first is not None
    # The owner draws another mask: until the watcher is told, none of its stills is wanted.
    rig.running.camera = replace(camera, watching=Watching(privacy_masks=other))
    rig.watched.tick(is_model_new=False)
    assert rig.sent() == ["STILLS"]
    assert theirs.read_stills(rig.messages[0]) is None
    jpeg = struct.pack(">Iq", first, rig.clock.wall_us()) + JPEG
    rig.watched.hear(Message(FromWatcher.STILL, CAMERA, jpeg))
    assert rig.running.stills.still() is None
    rig.watched.announce()
    told = rig.sent()
    assert told.index("CAMERA") < told.index("STILLS")
    second = theirs.read_stills(rig.messages[told.index("STILLS")])
    assert second not in (None, first)
    jpeg = struct.pack(">Iq", second, rig.clock.wall_us()) + JPEG
    rig.watched.hear(Message(FromWatcher.STILL, CAMERA, jpeg))
    assert rig.running.stills.still() is not None
