"""Readers: goal: the watcher can decode all that it gets, and time never goes back; method: coded
pictures through a real fan-out, read back with the watcher's own code."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect import wire as theirs
from keepsight.hub.ingest.fanout import BreakReason, Fanout
from keepsight.hub.watch.reader import MediaTime, PictureReader
from keepsight.lan.rtsp.unit import StreamFormat
from tests.hub.record import footage

CAMERA = b"c" * 16


class Shelf:
    """Takes what is written, and can be full or away."""

    def __init__(self):
        self.is_open, self.is_full, self.data = True, False, b""

    def write(self, *parts, size_bytes=0):
        assert size_bytes <= sum(map(len, parts))
        self.data += b"".join(parts)
        return True

    def units(self):
        reader, self.data, data = theirs.Reader(), b"", self.data
        return [theirs.read_unit(message) for message in reader.feed(data)]


class Rig:
    def __init__(self, codec="h264", **options):
        self.video, self.pictures = footage.video(codec, **options)
        self.shelf, self.changes = Shelf(), 0
        self.fanout = Fanout("test")
        self.reader = PictureReader(CAMERA, self.shelf, MediaTime(), self.on_change)
        self.fanout.attach(self.reader)

    def on_change(self):
        self.changes += 1
        if self.reader.video is not None:
            self.reader.begin()

    def play(self, pictures=None):
        self.fanout.publish_format(StreamFormat(self.video))
        for unit in self.pictures if pictures is None else pictures:
            self.fanout.publish(unit)
        return self.shelf.units()


def test_all_pictures_arrive_in_order_with_their_times():
    rig = Rig()
    units = rig.play()
    assert len(units) == len(rig.pictures)
    assert [unit.data for unit in units] == [unit.join() for unit in rig.pictures]
    assert [unit.is_keyframe for unit in units] == [unit.is_keyframe for unit in rig.pictures]
    assert [unit.wall_us for unit in units] == [unit.wall_us for unit in rig.pictures]
    assert units[0].is_after_break
    assert not any(unit.is_after_break for unit in units[1:])
    steps = {b.media_us - a.media_us for a, b in pairwise(units)}
    assert steps == {50_000}
    assert (rig.reader.sent, rig.reader.dropped, rig.changes) == (len(units), 0, 1)


def test_pictures_that_are_shown_out_of_order_go_in_the_order_of_decoding():
    units = Rig(b_pictures=2).play()
    times = [unit.media_us for unit in units]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


def test_before_a_keyframe_and_sound_nothing_is_sent():
    rig = Rig()
    _, sounds = footage.audio("aac")
    assert rig.play([*sounds[:3], *rig.pictures[1:10]]) == []
    assert len(rig.play()) == len(rig.pictures)


def test_one_that_is_not_chosen_sends_nothing():
    rig = Rig()
    rig.play([])
    rig.reader.end()
    assert rig.play() == []


def test_when_the_watcher_does_not_read_pictures_are_left_out_up_to_a_keyframe():
    rig = Rig()
    rig.play([])
    before, during, after = rig.pictures[:5], rig.pictures[5:8], rig.pictures[8:]
    assert len(rig.play(before)) == 5
    rig.shelf.is_full = True
    assert rig.play(during) == []
    assert rig.reader.dropped == 1, "the rest of the group is not counted again"
    assert rig.reader.dropped_us is not None
    rig.shelf.is_full = False
    units = rig.play(after)
    keyframe = next(number for number, unit in enumerate(after) if unit.is_keyframe)
    assert len(units) == len(after) - keyframe
    assert units[0].is_keyframe
    assert units[0].is_after_break


def test_without_a_watcher_nothing_counts_as_left_out():
    rig = Rig()
    rig.play([])
    rig.shelf.is_open, rig.shelf.is_full = False, True
    assert rig.play() == []
    assert rig.reader.dropped == 0


def test_a_loss_in_the_network_is_passed_on():
    rig = Rig()
    lossy = [
        replace(unit, is_after_loss=True) if number == 7 else unit
        for number, unit in enumerate(rig.pictures)
    ]
    assert [number for number, unit in enumerate(rig.play(lossy)) if unit.is_after_break] == [0, 7]


def test_breaks_and_a_new_connection_are_one_line_of_time():
    rig = Rig()
    first = rig.play()
    later = [replace(unit, monotonic_us=unit.monotonic_us + 60_000_000) for unit in rig.pictures]
    rig.fanout.publish_break(BreakReason.CONNECTION_LOST, 0)
    assert rig.reader.video is None
    second = rig.play(later)
    assert second[0].is_after_break
    assert second[0].media_us > first[-1].media_us
    assert rig.changes == 3


def test_a_jump_of_the_clock_asks_for_no_new_start():
    rig = Rig()
    rig.play()
    rig.fanout.publish_break(BreakReason.CLOCK_JUMPED, 0)
    second = rig.play()
    assert second[0].is_after_break
    assert rig.changes == 1


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 10**6)), max_size=30))
def test_time_never_goes_back_whatever_a_camera_sends(told):
    time, last_us, monotonic_us = MediaTime(), 0, 0
    for ticks, passed_us in told:
        monotonic_us += passed_us
        found_us = time.at(ticks, 90_000, monotonic_us)
        assert found_us >= last_us
        last_us = found_us
