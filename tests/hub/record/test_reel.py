"""Goal: segments end where they should, and a refusing disk costs a gap and nothing else. Method:
cheap units through the real writing side, with times, formats, keys and errors steered."""

import errno
import itertools
import os
from datetime import UTC, datetime

import pytest

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record import reel as reel_module
from keepsight.hub.record.timeline import timeline
from keepsight.hub.recording import Gap
from keepsight.lan.rtsp.unit import StreamFormat, VideoFormat
from keepsight.seal.header import Kind
from tests.hub.record import footage, room
from tests.hub.record.room import CAMERA, MAIN

ALL = (0, 1 << 62)
START = footage.WALL_US
SECOND = 1_000_000


def run(here, units):
    recorder = here.recorder()
    recorder.on_format(footage.PAPER_FORMAT)
    for unit in units:
        recorder.on_unit(unit)
    recorder.on_break(BreakReason.STOPPED, unit.wall_us + 50_000)
    here.settle()
    return here.catalogue.segments(CAMERA, MAIN, *ALL)


def later(units, wall_us=0, ticks=0):
    for unit in units:
        unit.wall_us += wall_us
        unit.media_ticks += ticks
        yield unit


def test_segments_last_a_minute_and_the_first_one_less(tmp_path):
    with room.open_room(tmp_path) as here:
        segments = run(here, footage.paper_units(200))
    lengths = [(s.end_us - s.start_us) / SECOND for s in segments]
    assert lengths == [34, 60, 60, 46]
    assert all(a.end_us == b.start_us for a, b in itertools.pairwise(segments))
    assert len({s.writer for s in segments}) == 4
    assert here.files("*.part") == []


def test_without_keyframes_segments_still_end(tmp_path):
    with room.open_room(tmp_path) as here:
        segments = run(here, footage.paper_units(300, gop=100_000))
    assert [(s.end_us - s.start_us) / SECOND for s in segments] == [122, 122, 56]
    # The continuation cannot begin with a still; it is kept all the same.
    assert [ref.kind for ref in segments[1].fragments[:2]] == [Kind.INIT, Kind.GOP]


def test_a_segment_has_a_size_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(reel_module, "SEGMENT_BYTES_MAX", 200_000)
    with room.open_room(tmp_path) as here:
        segments = run(here, footage.paper_units(60))
        sizes = [path.stat().st_size for path in here.files()]
    assert len(segments) >= 4
    assert max(sizes) <= 200_000


def test_a_new_format_begins_a_new_segment_without_a_gap(tmp_path):
    whole = footage.PAPER_FORMAT.video
    other = StreamFormat(VideoFormat(whole.codec, 640, 480, whole.parameter_sets, "avc1.64001e"))
    with room.open_room(tmp_path) as here:
        recorder = here.recorder()
        recorder.on_format(footage.PAPER_FORMAT)
        units = list(footage.paper_units(8))
        for unit in units[:80]:
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.FORMAT_CHANGED, units[80].wall_us)
        recorder.on_format(other)
        for unit in units[80:]:
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.HUB_STOPPED, units[-1].wall_us)
        here.settle()
        first, second = here.catalogue.segments(CAMERA, MAIN, *ALL)
        gaps = here.catalogue.gaps(CAMERA, MAIN, *ALL)
    assert (first.width, second.width, second.height) == (320, 640, 480)
    assert second.codec == "avc1.64001e"
    assert [gap.reason for gap in gaps] == [BreakReason.HUB_STOPPED]


@pytest.mark.parametrize("jump_us", [3600 * SECOND, -3600 * SECOND, 365 * 86400 * SECOND])
def test_a_clock_jump_begins_a_new_segment(tmp_path, jump_us):
    units = list(footage.paper_units(40))
    with room.open_room(tmp_path) as here:
        segments = run(here, [*units[:400], *later(units[400:], wall_us=jump_us)])
        shown = timeline(here.catalogue, CAMERA, MAIN, START - 2 * 3600 * SECOND, 1 << 61)
    recorded = sorted((s.start_us, s.end_us) for s in segments)
    expected = [(START, START + 20 * SECOND)]
    expected.append((START + 20 * SECOND + jump_us, START + 40 * SECOND + jump_us))
    assert recorded == sorted(expected)
    assert len(shown.spans) == 2
    if jump_us > 0:
        assert shown.gaps[0] == Gap(*expected[0][1:], expected[1][0], BreakReason.CLOCK_JUMPED)


def test_silence_without_a_break_is_a_gap(tmp_path):
    units = list(footage.paper_units(40))
    hole = 30 * SECOND
    with room.open_room(tmp_path) as here:
        run(here, [*units[:400], *later(units[400:], wall_us=hole, ticks=30 * 90_000)])
        gaps = here.catalogue.gaps(CAMERA, MAIN, *ALL)
    start = START + 20 * SECOND
    assert gaps[0] == Gap(start, start + hole, BreakReason.SILENT)


def test_after_the_clock_went_back_both_recordings_are_there(tmp_path):
    units = list(footage.paper_units(40))
    with room.open_room(tmp_path) as here:
        segments = run(here, [*units[:400], *later(units[400:], wall_us=-10 * SECOND)])
        shown = timeline(here.catalogue, CAMERA, MAIN, START, START + 60 * SECOND)
    assert len(segments) == 2
    assert segments[1].start_us == START + 10 * SECOND
    assert [tuple(span) for span in shown.spans] == [(START, START + 30 * SECOND)]


def test_a_camera_that_restarts_its_media_time_begins_a_new_segment(tmp_path):
    units = list(footage.paper_units(40, start_ticks=10**9))
    with room.open_room(tmp_path) as here:
        segments = run(here, [*units[:400], *later(units[400:], ticks=-(10**9))])
    assert [(s.end_us - s.start_us) / SECOND for s in segments] == [20, 20]


def test_a_day_ends_at_midnight_utc(tmp_path):
    midnight_us = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * SECOND
    with room.open_room(tmp_path) as here:
        segments = run(here, footage.paper_units(20, wall_us=midnight_us - 10 * SECOND))
        folders = [path.parent.name for path in here.files()]
    assert [(s.day, s.start_us) for s in segments] == [
        ("2026-05-31", midnight_us - 10 * SECOND),
        ("2026-06-01", midnight_us),
    ]
    assert folders == ["2026-05-31", "2026-06-01"]


def test_a_new_master_key_begins_a_new_segment_under_a_new_day_key(tmp_path):
    keys = room.MemoryKeys()
    units = list(footage.paper_units(20))
    with room.open_room(tmp_path, keys=keys) as here:
        recorder = here.recorder()
        recorder.on_format(footage.PAPER_FORMAT)
        for unit in units[:201]:
            recorder.on_unit(unit)
        here.settle()
        keys.epoch = 2
        for unit in units[201:]:
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        segments = here.catalogue.segments(CAMERA, MAIN, *ALL)
        assert [s.epoch for s in segments] == [1, 2]
        secrets = {here.playback.secret(s) for s in segments}
        (day_key,) = here.root.rglob("day.key")
        assert len(day_key.read_bytes()) == 128
    assert len(secrets) == 2


def test_a_roll_begins_a_new_segment_at_the_next_keyframe(tmp_path):
    units = list(footage.paper_units(20))
    with room.open_room(tmp_path) as here:
        recorder = here.recorder()
        recorder.on_format(footage.PAPER_FORMAT)
        for number, unit in enumerate(units):
            if number == 210:
                recorder.roll()
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        segments = here.catalogue.segments(CAMERA, MAIN, *ALL)
    # Units 200 to 239 were begun before the roll; handing them over comes after it.
    assert [s.start_us - START for s in segments] == [0, 10 * SECOND]


def test_a_roll_in_a_long_group_waits_three_seconds_at_most_and_loses_nothing(tmp_path):
    units = list(footage.paper_units(24, gop=240))
    with room.open_room(tmp_path) as here:
        recorder = here.recorder()
        recorder.on_format(footage.PAPER_FORMAT)
        for number, unit in enumerate(units):
            if number == 100:
                recorder.roll()
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        segments = here.catalogue.segments(CAMERA, MAIN, *ALL)
        gaps = here.catalogue.gaps(CAMERA, MAIN, *ALL)
    rolled_us = 100 * SECOND // 20
    assert [(s.start_us - START, s.end_us - START) for s in segments] == [
        (0, 6 * SECOND),
        (6 * SECOND, 24 * SECOND),
    ]
    assert segments[0].end_us - START - rolled_us <= 3 * SECOND
    assert [ref.kind for ref in segments[1].fragments[:2]] == [Kind.INIT, Kind.GOP]
    assert [gap.reason for gap in gaps] == [BreakReason.STOPPED]


def fail(monkeypatch, name, number, times=1):
    """Let the disk thread's next calls of an os function fail."""
    real, left = getattr(os, name), [times]

    def failing(*arguments):
        if left[0] > 0:
            left[0] -= 1
            raise OSError(number, os.strerror(number))
        return real(*arguments)

    monkeypatch.setattr(os, name, failing)


@pytest.mark.parametrize("name", ["pwrite", "fdatasync"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EFBIG])
def test_a_refusing_disk_is_a_gap_and_recording_resumes(tmp_path, monkeypatch, name, number):
    monkeypatch.setattr(reel_module, "RETRY_US", 0)
    units = list(footage.paper_units(40))
    with room.open_room(tmp_path) as here:
        recorder = here.recorder()
        recorder.on_format(footage.PAPER_FORMAT)
        for unit in units[:401]:
            recorder.on_unit(unit)
        here.settle()
        (before,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
        with monkeypatch.context() as patch:
            fail(patch, name, number)
            for unit in units[401:481]:
                recorder.on_unit(unit)
            here.settle()
        is_full = number in (errno.ENOSPC, errno.EFBIG)
        reason = BreakReason.DISK_FULL if is_full else BreakReason.DISK_ERROR
        (gap,) = here.catalogue.gaps(CAMERA, MAIN, *ALL)
        assert gap.reason is reason
        for unit in units[481:]:
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.STOPPED, units[-1].wall_us + 50_000)
        here.settle()
        assert recorder.trouble is None
        segments = here.catalogue.segments(CAMERA, MAIN, *ALL)
        gap = here.catalogue.gaps(CAMERA, MAIN, *ALL)[0]
        # What was durable before stays, to the byte, and opens.
        assert segments[0].fragments == before.fragments
        assert here.files()[0].stat().st_size == before.size_bytes
        assert here.playback.secret(segments[0])
    assert (gap.start_us, gap.reason) == (before.end_us, reason)
    assert gap.end_us == segments[1].start_us
    assert segments[-1].end_us == START + 40 * SECOND


def test_a_failed_sync_is_never_tried_again(tmp_path, monkeypatch):
    failed, again = set(), []
    real = os.fdatasync

    def failing(descriptor):
        inode = os.fstat(descriptor).st_ino
        if inode in failed:
            again.append(inode)
        if not failed:
            failed.add(inode)
            raise OSError(errno.EIO, "lost")
        return real(descriptor)

    with room.open_room(tmp_path) as here:
        recorder = here.recorder()
        recorder.on_format(footage.PAPER_FORMAT)
        units = list(footage.paper_units(20))
        for unit in units[:201]:
            recorder.on_unit(unit)
        here.settle()
        monkeypatch.setattr(os, "fdatasync", failing)
        for unit in units[201:]:
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
    assert len(failed) == 1
    assert again == []


def test_a_picture_that_is_too_large_costs_only_itself(tmp_path):
    units = list(footage.paper_units(20))
    huge = units[80]
    huge.parts = [bytes(1 << 20)] * 65
    huge.size_bytes = 65 << 20
    with room.open_room(tmp_path) as here:
        segments = run(here, units)
        gaps = here.catalogue.gaps(CAMERA, MAIN, *ALL)
    assert [(s.start_us - START) / SECOND for s in segments] == [0, 6]
    assert gaps[0] == Gap(START + 4 * SECOND, START + 6 * SECOND, BreakReason.UNKNOWN)


def test_a_missing_key_costs_a_gap_and_not_the_thread(tmp_path, caplog):
    class Locked(room.MemoryKeys):
        is_locked = False

        def day_key(self, *arguments):
            if self.is_locked:
                raise RuntimeError("there is no master key for this epoch")
            return super().day_key(*arguments)

    keys = Locked()
    units = list(footage.paper_units(12))
    with room.open_room(tmp_path, keys=keys) as here:
        recorder = here.recorder()
        recorder.on_format(footage.PAPER_FORMAT)
        for number, unit in enumerate(units):
            if number in (81, 161):
                here.settle()
                keys.is_locked, keys.epoch = number == 81, keys.epoch + 1
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        segments = here.catalogue.segments(CAMERA, MAIN, *ALL)
        gaps = here.catalogue.gaps(CAMERA, MAIN, *ALL)
    assert [(s.start_us - START) / SECOND for s in segments] == [0, 8]
    assert gaps[0] == Gap(START + 4 * SECOND, START + 8 * SECOND, BreakReason.UNKNOWN)
    assert "no master key" in caplog.text


def test_gaps_of_the_run_before_end_with_the_first_picture(tmp_path):
    with room.open_room(tmp_path) as here:
        run(here, footage.paper_units(4))
    with room.open_room(tmp_path) as here:
        recorder = here.recorder()
        recorder.on_break(BreakReason.UNREACHABLE, START + 10 * SECOND)
        recorder.on_format(footage.PAPER_FORMAT)
        for unit in footage.paper_units(4, wall_us=START + 20 * SECOND):
            recorder.on_unit(unit)
        here.settle()
        gaps = here.catalogue.gaps(CAMERA, MAIN, *ALL)
    assert gaps == [
        Gap(START + 4 * SECOND, START + 10 * SECOND, BreakReason.STOPPED),
        Gap(START + 10 * SECOND, START + 20 * SECOND, BreakReason.UNREACHABLE),
    ]
