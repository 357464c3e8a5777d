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
from keepsight.hub.record.retention import CLOCK_DOUBT_US, Retention
from keepsight.hub.record.rounds import Rounds
from keepsight.hub.record.rules import RetentionRules
from keepsight.hub.record.segment import segment_path
from keepsight.hub.record.timeline import timeline
from keepsight.hub.record.vigil import EVENT_DELAY_US, Vigils
from keepsight.hub.recording import Gap
from tests.hub.record import footage, room
from tests.hub.record.keeping import DAY, SECOND, Times
from tests.hub.record.room import CAMERA, HOUSEHOLD, MAIN, OTHER_CAMERA

ALL = (0, 1 << 62)
START = footage.WALL_US
GIB = 1 << 30


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
        self.vigils, self.happened = Vigils(self.times), []
        self.retention = Retention(
            root=here.root, household=HOUSEHOLD, store=here.store,
            day_keys=DayKeys(here.root, here.keys), ballast=self.ballast, clock=self.times,
            rules=RetentionRules(), free=lambda _: self.free, emergency_bytes=GIB,
            rounds=Rounds(
                household=HOUSEHOLD, store=here.store, clock=self.times, vigils=self.vigils,
                events=self.events, page_segments=4,
            ),
        )  # fmt: skip

    def events(self, camera, from_us, to_us):
        """As the store of events answers."""
        return [
            (start, end, is_kept)
            for of, start, end, is_kept in self.happened
            if of == camera and start < to_us and (end is None or end > from_us)
        ]

    def rules(self, **changes):
        self.retention.rules = replace(self.retention.rules, **changes)

    def segments(self, camera=CAMERA):
        return self.here.catalogue.segments(camera, MAIN, *ALL)

    def everything(self):
        both = (*self.segments(), *self.segments(OTHER_CAMERA))
        return sorted(both, key=lambda segment: segment.start_us)

    def sweep_all(self):
        total = 0
        while (deleted := self.retention.sweep().segments) or self.retention.is_behind:
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


def keep(bench, segments):
    """Somebody keeps what happened in these."""
    bench.happened += [(s.camera, s.start_us + SECOND, s.end_us - SECOND, True) for s in segments]
    bench.rules(cameras={CAMERA: RecordingRule(pre_roll_seconds=0, post_roll_seconds=0)})


def test_kept_events_hold_their_recordings_against_age_and_bytes(bench):
    before = bench.segments()
    keep(bench, before[1:3])
    bench.rules(retention_days=1)
    bench.times.pass_us(10 * DAY)
    bench.sweep_all()
    assert bench.segments() == before[1:3]
    assert bench.segments(OTHER_CAMERA) == []
    small = RecordingRule(pre_roll_seconds=0, post_roll_seconds=0, bytes_max=1)
    bench.rules(retention_days=None, cameras={CAMERA: small})
    assert bench.sweep_all() == 0
    assert bench.segments() == before[1:3]
    assert bench.retention.kept_deleted_us is None


def test_for_space_kept_events_go_last_and_it_is_said(bench):
    everything, kept = bench.everything(), bench.segments()[:2]
    keep(bench, kept)
    rest = [s for s in everything if s not in kept]
    bench.rules(free_bytes_min=GIB)
    bench.free = GIB - sum(s.size_bytes for s in rest)
    assert bench.retention.sweep(len(rest)).segments == len(rest)
    assert bench.everything() == kept
    assert bench.retention.kept_deleted_us is None
    bench.free = GIB - 1
    assert bench.retention.sweep().segments == 1
    assert bench.everything() == kept[1:]
    assert bench.retention.kept_deleted_us == bench.times.wall_us()


def test_in_an_emergency_kept_events_go_last(bench):
    kept = bench.segments()[:2]
    keep(bench, kept)
    rest = [s for s in bench.everything() if s not in kept]
    bench.free = GIB - sum(s.size_bytes for s in rest)
    assert bench.retention.make_room()
    assert bench.everything() == kept
    assert bench.retention.kept_deleted_us is None
    bench.free = GIB - 1
    assert bench.retention.make_room()
    assert bench.everything() == kept[1:]
    assert bench.retention.kept_deleted_us == bench.times.wall_us()


def test_a_full_disk_is_emptied_though_events_cannot_be_read(bench):
    def broken(*_):
        raise OSError("no")

    first = bench.everything()[0]
    bench.retention.rounds._events = broken
    bench.free = GIB - 1
    assert bench.retention.make_room()
    assert first not in bench.everything()


def test_what_a_rule_deleted_is_no_riddle_on_the_timeline(bench):
    first, _, third = bench.segments()[:3]
    bench.rules(
        retention_days=3,
        cameras={CAMERA: RecordingRule(mode="both", event_retention_days=90)},
    )
    bench.happened.append((CAMERA, third.end_us - SECOND, third.end_us, False))
    bench.times.pass_us(DAY)
    assert bench.sweep_all() == 2 + 3  # of the other camera all of that day
    line = timeline(bench.here.catalogue, CAMERA, MAIN, START, START + DAY // 2)
    assert [span.start_us for span in line.spans] == [third.start_us]
    assert line.gaps[0] == Gap(first.start_us, third.start_us, BreakReason.NOT_KEPT)
    other = bench.here.store.gaps(HOUSEHOLD, OTHER_CAMERA, MAIN, START, START + DAY // 2)
    assert not any(gap.reason is BreakReason.NOT_KEPT for gap in other)


def test_it_is_known_from_when_on_there_are_recordings(bench):
    before = bench.segments()
    assert bench.retention.freed() == {}
    bench.rules(retention_days=1)
    bench.sweep_all()
    assert bench.retention.freed() == {}  # age is known anyway
    bench.rules(cameras={CAMERA: RecordingRule(bytes_max=before[-1].size_bytes)})
    bench.sweep_all()
    assert bench.retention.freed() == {CAMERA: before[-2].end_us}


def test_only_what_is_around_events_stays_with_its_files(bench):
    """The rest of this rule is in test_rounds."""
    bench.rules(cameras={CAMERA: RecordingRule(mode="events")})
    bench.times.wall = START - 60 * SECOND
    for _ in range(60):
        bench.vigils.note(CAMERA, is_watched=True)
        bench.times.pass_us(5 * SECOND)
    first, second, third = bench.segments()[:3]
    bench.happened.append((CAMERA, second.start_us + 20 * SECOND, second.end_us - SECOND, False))
    bench.times.pass_us(EVENT_DELAY_US)
    assert bench.sweep_all() == 1
    assert bench.segments()[:2] == [second, third]
    assert not segment_path(bench.here.root, first).exists()


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
