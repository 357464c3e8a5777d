"""Goal: what a camera sends is what opens later, and what is lost is a gap. Method: real footage
through recorder, disk thread, files and index, then opened and decoded; a disk that is held up."""

import io
import itertools
import threading

import av
import pytest

from keepsight.hub.ingest.fanout import BreakReason, Fanout
from keepsight.hub.record.recorder import CHUNK_BYTES_MAX, UNIT_COST_BYTES, Recorder
from keepsight.hub.recording import Gap
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat
from keepsight.seal.frame import Expectation, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import FLAG_DISCONTINUITY, FLAG_KEYFRAME, FLAG_SENDER_TIME, Kind
from tests.hub.record import footage, room
from tests.hub.record.room import CAMERA, HOUSEHOLD, MAIN

ALL = (0, 1 << 62)


def opened(recording_room, segment):
    """Every fragment of a segment, opened."""
    data = recording_room.playback.read(segment, 0, len(segment.fragments) - 1)
    key = WindowKey(recording_room.playback.secret(segment), segment.context(HOUSEHOLD))
    out, at = [], 0
    for ref in segment.fragments:
        expected = Expectation((ref.kind,), ref.sequence, ref.sequence)
        fragment = open_sealed(key, expected, memoryview(data)[at : at + ref.size_bytes])
        assert fragment.wall_us == ref.start_us
        out.append(fragment)
        at += ref.size_bytes
    assert at == len(data)
    return out


def movie_of(fragments):
    return io.BytesIO(b"".join(fragment.payload for fragment in fragments))


def packets(fragments, kind):
    with av.open(movie_of(fragments)) as container:
        return [bytes(p) for p in container.demux(**{kind: 0}) if p.size]


def play(here, units, stream_format=footage.PAPER_FORMAT):
    recorder = here.recorder()
    recorder.on_format(stream_format)
    for unit in units:
        recorder.on_unit(unit)
    return recorder


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_what_was_sent_is_what_opens(tmp_path, codec):
    video_format, video = footage.video(codec, pictures=100, gop=40)
    audio_format, audio = footage.audio("aac", seconds=5)
    units = sorted((*video, *audio), key=lambda unit: unit.wall_us)
    with room.open_room(tmp_path) as here:
        recorder = play(here, units, StreamFormat(video_format, audio_format))
        recorder.on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        (segment,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
        fragments = opened(here, segment)
    assert [f.kind for f in fragments] == [Kind.INIT] + [Kind.STILL, Kind.GOP] * 3
    assert [bool(f.flags & FLAG_KEYFRAME) for f in fragments] == [True] + [True, False] * 3
    assert packets(fragments, "video") == [unit.join() for unit in video]
    assert packets(fragments, "audio") == [unit.join() for unit in audio]
    with av.open(movie_of(fragments)) as container:
        assert len(list(container.decode(video=0))) == len(video)
    assert segment.start_us == footage.WALL_US
    assert segment.end_us == footage.WALL_US + 5_000_000
    assert (segment.width, segment.height) == (320, 192)
    assert segment.codec == f"{video_format.codec_string},mp4a.40.2"


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_b_pictures_are_recorded_in_order(tmp_path, codec):
    video_format, video = footage.video(codec, pictures=120, gop=60, b_pictures=2)
    with room.open_room(tmp_path) as here:
        recorder = play(here, video, StreamFormat(video_format))
        recorder.on_break(BreakReason.STOPPED, video[-1].wall_us)
        here.settle()
        (segment,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
        fragments = opened(here, segment)
    assert packets(fragments, "video") == [unit.join() for unit in video]
    with av.open(movie_of(fragments)) as container:
        times = [frame.pts for frame in container.decode(video=0)]
    assert len(times) == len(video)
    assert {b - a for a, b in itertools.pairwise(times)} == {4500}


def test_a_long_group_is_flushed_every_two_seconds(tmp_path):
    with room.open_room(tmp_path) as here:
        play(here, footage.paper_units(7, gop=1000))
        here.settle()
        (segment,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
    assert segment.is_growing
    assert [ref.kind for ref in segment.fragments] == [Kind.INIT, Kind.STILL] + [Kind.GOP] * 3
    assert segment.end_us == footage.WALL_US + 6_000_000


def test_loss_and_sender_time_are_in_the_flags(tmp_path):
    units = list(footage.paper_units(6, gop=40))
    units[50].is_after_loss = True
    units[80].is_sender_time = True
    with room.open_room(tmp_path) as here:
        play(here, units).on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        (segment,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
        flags = [fragment.flags for fragment in opened(here, segment)]
    lost = [bool(f & FLAG_DISCONTINUITY) for f in flags]
    assert lost == [True, False, False, False, True, False, False]
    assert [bool(f & FLAG_SENDER_TIME) for f in flags] == [False] * 5 + [True, False]


def test_nothing_before_the_first_keyframe_is_kept(tmp_path):
    units = list(footage.paper_units(6, gop=40))[1:]
    with room.open_room(tmp_path) as here:
        play(here, units).on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        (segment,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
    assert segment.start_us == footage.WALL_US + 2_000_000


def test_late_sound_stays_in_the_segment_it_belongs_to(tmp_path):
    video_format, video = footage.video("h264", pictures=120, gop=20)
    audio_format, audio = footage.audio("aac", seconds=6)
    # Sound arrives 0.2 s after the pictures of the same moment.
    units = sorted((*video, *audio), key=lambda u: u.wall_us + (0 if u.is_video else 200_000))
    with room.open_room(tmp_path) as here:
        here.reel()._length_us = 3_000_000
        recorder = play(here, units, StreamFormat(video_format, audio_format))
        recorder.on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        segments = here.catalogue.segments(CAMERA, MAIN, *ALL)
        heard = [packets(opened(here, segment), "audio") for segment in segments]
    assert len(segments) == 2
    assert [sound for part in heard for sound in part] == [unit.join() for unit in audio]
    assert all(heard)


def test_a_stalled_disk_costs_a_gap_and_no_memory(tmp_path):
    held, is_free = threading.Event(), threading.Event()
    limit = 300_000
    units = list(footage.paper_units(60, gop=40))
    with room.open_room(tmp_path, bytes_max=limit) as here:
        here.disk.call(lambda: (held.set(), is_free.wait(30)))
        assert held.wait(10)
        recorder = play(here, units)
        assert here.disk.queued_bytes <= limit
        assert recorder._pending_bytes <= CHUNK_BYTES_MAX
        assert recorder.trouble is BreakReason.RECORDER_BEHIND
        assert recorder.lost_chunks > 10
        is_free.set()
        here.settle()
        later = footage.paper_units(
            5, start_ticks=60 * 90_000, wall_us=footage.WALL_US + 60_000_000
        )
        for unit in later:
            recorder.on_unit(unit)
        here.settle()
        segments = here.catalogue.segments(CAMERA, MAIN, *ALL)
        (gap,) = here.catalogue.gaps(CAMERA, MAIN, *ALL)
        assert recorder.trouble is None
    assert gap.reason is BreakReason.RECORDER_BEHIND
    assert gap.start_us == segments[0].end_us
    assert gap.end_us == segments[1].start_us
    # Nothing else is missing.
    assert segments[0].start_us == footage.WALL_US


def test_a_flood_of_tiny_units_without_end_is_bounded(tmp_path):
    with room.open_room(tmp_path) as here:
        recorder = here.recorder()
        recorder.on_format(footage.PAPER_FORMAT)
        most = 0
        for number in range(60_000):
            recorder.on_unit(
                AccessUnit(
                    is_video=True, media_ticks=0, wall_us=footage.WALL_US, monotonic_us=0,
                    is_keyframe=number == 0, parts=[b"x"], size_bytes=1,
                )
            )  # fmt: skip
            most = max(most, recorder._pending_bytes)
        here.settle()
    assert most <= CHUNK_BYTES_MAX + 2 * UNIT_COST_BYTES
    assert most > CHUNK_BYTES_MAX // 2


def test_sound_without_pictures_is_bounded(tmp_path):
    with room.open_room(tmp_path) as here:
        recorder = play(here, list(footage.paper_units(1)))
        for number in range(50_000):
            recorder.on_unit(
                AccessUnit(
                    is_video=False, media_ticks=number, wall_us=footage.WALL_US + number,
                    monotonic_us=0, is_keyframe=True, parts=[b"x"], size_bytes=1,
                )
            )  # fmt: skip
        assert recorder._pending_bytes <= CHUNK_BYTES_MAX + 2 * UNIT_COST_BYTES
        assert len(recorder._audio) > 10_000


def test_a_fault_inside_is_a_gap_and_keeps_the_reader_attached(tmp_path):
    class Broken:
        def offer(self, *_):
            raise RuntimeError("a bug")

    units = list(footage.paper_units(6, gop=40))
    fanout = Fanout("test")
    with room.open_room(tmp_path) as here:
        recorder = Recorder(here.reel(), here.disk)
        fanout.publish_format(footage.PAPER_FORMAT)
        fanout.attach(recorder)
        recorder._disk = Broken()
        for unit in units[:60]:
            fanout.publish(unit)
        assert recorder in fanout._readers
        assert recorder.lost_chunks == 1
        recorder._disk = here.disk
        for unit in units[60:]:
            fanout.publish(unit)
        fanout.publish_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        (segment,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
        gaps = here.catalogue.gaps(CAMERA, MAIN, *ALL)
    assert segment.start_us == footage.WALL_US + 4_000_000
    assert gaps[0].reason is BreakReason.RECORDER_BEHIND
    assert gaps[0].end_us == segment.start_us


def test_the_same_break_again_is_one_gap(tmp_path):
    units = list(footage.paper_units(6))
    with room.open_room(tmp_path) as here:
        recorder = play(here, units)
        for second in range(5):
            recorder.on_break(BreakReason.UNREACHABLE, footage.WALL_US + (6 + second) * 1_000_000)
        recorder.on_break(BreakReason.WRONG_PASSWORD, footage.WALL_US + 20_000_000)
        here.settle()
        gaps = here.catalogue.gaps(CAMERA, MAIN, *ALL)
    start = footage.WALL_US
    assert gaps == [
        Gap(start + 6_000_000, start + 20_000_000, BreakReason.UNREACHABLE),
        Gap(start + 20_000_000, None, BreakReason.WRONG_PASSWORD),
    ]
