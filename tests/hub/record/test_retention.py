"""Goal: what is too old or too much goes, oldest first, with its keys; everything else stays.
Method: real recordings, a clock and a free space that the test steers, hard links as witnesses."""

import errno
import os
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from keepsight.hub.camera import RecordingRule
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.ballast import Ballast
from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.retention import CLOCK_DOUBT_US, Retention, RetentionRules
from keepsight.hub.record.segment import segment_path
from tests.hub.record import footage, room
from tests.hub.record.room import CAMERA, HOUSEHOLD, MAIN, OTHER_CAMERA

ALL = (0, 1 << 62)
SECOND = 1_000_000
DAY = 86_400 * SECOND
START = footage.WALL_US
GIB = 1 << 30


class Times:
    def __init__(self, wall_us):
        self.wall, self.monotonic = wall_us, 0

    def wall_us(self):
        return self.wall

    def monotonic_us(self):
        return self.monotonic

    def pass_us(self, us):
        self.wall += us
        self.monotonic += us


class Bench:
    """Recordings of two cameras over some days, and the retention that looks at them."""

    def __init__(self, here, folder, days=3, seconds=130):
        self.here, self.free, self.times = here, 100 * GIB, Times(START + days * DAY)
        for camera in (CAMERA, OTHER_CAMERA):
            recorder = here.recorder(camera)
            for day in range(days):
                recorder.on_format(footage.PAPER_FORMAT)
                units = footage.paper_units(
                    seconds, wall_us=START + day * DAY, start_ticks=day * DAY * 9 // 100
                )
                for unit in units:
                    recorder.on_unit(unit)
                recorder.on_break(BreakReason.STOPPED, START + day * DAY + seconds * SECOND)
        here.settle()
        self.ballast = Ballast(folder / "ballast", 1 << 20)
        self.retention = Retention(
            root=here.root, household=HOUSEHOLD, store=here.store,
            day_keys=DayKeys(here.root, here.keys), ballast=self.ballast, clock=self.times,
            rules=RetentionRules(), free=lambda _: self.free, emergency_bytes=GIB,
        )  # fmt: skip

    def rules(self, **changes):
        self.retention.rules = replace(self.retention.rules, **changes)

    def segments(self, camera=CAMERA):
        return self.here.catalogue.segments(camera, MAIN, *ALL)

    def everything(self):
        both = (*self.segments(), *self.segments(OTHER_CAMERA))
        return sorted(both, key=lambda segment: segment.start_us)

    def sweep_all(self):
        total = 0
        while deleted := self.retention.sweep().segments:
            total += deleted
        return total


@pytest.fixture
def bench(tmp_path):
    with room.open_room(tmp_path / "room") as here:
        yield Bench(here, tmp_path)


def test_by_default_nothing_is_deleted(bench):
    before = bench.segments()
    assert bench.sweep_all() == 0
    assert bench.segments() == before
    assert (bench.here.folder.parent / "ballast").stat().st_size == 1 << 20


def test_what_is_older_than_its_days_goes_with_its_keys(bench):
    kept = bench.here.folder / "kept"
    first = bench.segments()[0]
    path = segment_path(bench.here.root, first)
    kept.hardlink_to(path)
    day_key = bench.here.folder / "kept.key"
    day_key.hardlink_to(path.parent / "day.key")
    bench.rules(retention_days=3, cameras={OTHER_CAMERA: RecordingRule(retention_days=30)})
    others = bench.segments(OTHER_CAMERA)
    # The segments of the first day end up to 130 s after its start.
    bench.times.pass_us(100 * SECOND)
    assert bench.sweep_all() == 2
    bench.times.pass_us(100 * SECOND)
    assert bench.sweep_all() == 1
    assert bench.segments()[0].start_us == START + DAY
    assert bench.segments(OTHER_CAMERA) == others
    assert kept.read_bytes()[65:125] == bytes(60)
    assert day_key.read_bytes() == bytes(64)
    assert not path.parent.exists()


def test_a_clock_that_jumps_ahead_deletes_nothing_by_age(bench):
    bench.rules(retention_days=4)
    before = bench.segments()
    assert bench.sweep_all() == 0
    bench.times.wall += 365 * DAY
    assert bench.sweep_all() == 0
    bench.times.pass_us(CLOCK_DOUBT_US - SECOND)
    assert bench.sweep_all() == 0
    assert bench.segments() == before
    bench.times.pass_us(2 * SECOND)
    assert bench.sweep_all() > 0


def test_a_camera_keeps_to_its_bytes(bench):
    before, others = bench.segments(), bench.segments(OTHER_CAMERA)
    limit = sum(s.size_bytes for s in before[4:])
    bench.rules(cameras={CAMERA: RecordingRule(bytes_max=limit)})
    assert bench.sweep_all() == 4
    assert bench.segments() == before[4:]
    assert bench.segments(OTHER_CAMERA) == others
    assert bench.sweep_all() == 0


def test_free_space_is_kept_by_deleting_the_oldest_of_all(bench):
    everything = sorted(
        (*bench.segments(), *bench.segments(OTHER_CAMERA)), key=lambda s: s.start_us
    )
    bench.rules(free_bytes_min=GIB)
    bench.free = GIB - sum(s.size_bytes for s in everything[:5])
    assert bench.retention.sweep().segments == 5
    bench.free = GIB
    assert bench.sweep_all() == 0
    left = {s.writer for s in bench.everything()}
    assert left == {s.writer for s in everything[5:]}


def test_a_sweep_is_small(bench):
    bench.rules(free_bytes_min=1 << 50)
    assert bench.retention.sweep(3).segments == 3


def test_a_range_deletes_whole_segments_inside_it_only(bench):
    first, second, third = bench.segments()[:3]
    doomed = bench.retention.within(CAMERA, first.start_us + 1, third.end_us)
    assert [s.writer for s in doomed] == [second.writer, third.writer]
    deleted = bench.retention.delete(doomed)
    assert (deleted.segments, deleted.size_bytes) == (2, second.size_bytes + third.size_bytes)
    assert bench.segments()[0] == first
    assert bench.retention.delete(doomed).segments == 2  # again does no harm
    assert bench.segments()[0] == first


def test_a_full_disk_is_emptied_even_when_the_index_refuses(bench, monkeypatch):
    everything = sorted(
        (*bench.segments(), *bench.segments(OTHER_CAMERA)), key=lambda s: s.start_us
    )
    bench.ballast.ensure(bench.free)
    bench.free = GIB - sum(s.size_bytes for s in everything[:4])

    def refuse(*_):
        raise OperationalError("DELETE", {}, OSError("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(bench.here.store, "remove", refuse)
        assert bench.retention.make_room()
    assert not (bench.here.folder.parent / "ballast").exists()
    assert [segment_path(bench.here.root, s).exists() for s in everything[:6]] == [
        False, False, False, False, True, True,
    ]  # fmt: skip
    bench.free = 100 * GIB
    bench.sweep_all()
    left = {s.writer for s in bench.everything()}
    assert left == {s.writer for s in everything[4:]}
    assert (bench.here.folder.parent / "ballast").exists()


def test_where_a_key_cannot_be_overwritten_for_lack_of_space_the_file_still_goes(
    bench, monkeypatch
):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    first = bench.segments()[0]
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        bench.retention.delete([first])
    assert not segment_path(bench.here.root, first).exists()


def test_damaged_files_go_with_their_day(bench):
    first = bench.segments()[0]
    aside = segment_path(bench.here.root, first).parent / "x.ksg.bad"
    aside.write_bytes(b"x")
    bench.retention.delete([s for s in bench.segments() if s.day == first.day][:-1])
    assert aside.exists()
    bench.retention.delete([s for s in bench.segments() if s.day == first.day])
    assert not aside.parent.exists()


def test_the_forecast_says_how_long_the_disk_lasts(bench):
    everything = bench.everything()
    total = sum(s.size_bytes for s in everything)
    forecast = bench.retention.forecast()
    assert forecast.bytes_per_day == total // 3
    left = bench.free - bench.retention.rules.free_bytes_min
    assert forecast.days_left == pytest.approx(left / forecast.bytes_per_day)
    bench.rules(retention_days=5)
    assert bench.retention.forecast().days_left is None
    # On the very first day a day is what it would be at this rate.
    bench.times.wall = START + 200 * SECOND
    first_day = bench.retention.forecast().bytes_per_day
    assert first_day == pytest.approx(total / 6 / 130 * 86_400 * 2, rel=0.05)


def test_without_recordings_there_is_no_forecast(tmp_path):
    with room.open_room(tmp_path / "room") as here:
        empty = Bench(here, tmp_path, days=0)
        here.root.mkdir(exist_ok=True)
        assert empty.retention.forecast() == (0, None)
        assert empty.retention.sweep().segments == 0
