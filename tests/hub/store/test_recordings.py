"""Goal: the index finds what was committed, is one household's and stays small. Method: a real
database in a folder of its own."""

import os
import secrets

import pytest
from sqlalchemy.exc import DatabaseError

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.recording import FragmentRef, Gap, Segment
from keepsight.hub.store.recordings import IndexUnusableError, open_recording_store
from keepsight.seal.header import Kind, Stream

HOUSEHOLD, CAMERA, OTHER = b"\1" * 16, b"\2" * 16, b"\3" * 16
MAIN = Stream.MAIN
START_US = 1_780_000_000_000_000
MINUTE_US = 60_000_000
DAY_US = 86_400_000_000


def segment(number=0, camera=CAMERA, stream=MAIN, groups=30, start_us=None):
    start = START_US + number * MINUTE_US if start_us is None else start_us
    fragments = [FragmentRef(0, Kind.INIT, start, 900)]
    length_us = MINUTE_US // groups
    for group in range(groups):
        at_us = start + group * length_us + secrets.randbelow(2000)
        n = len(fragments)
        fragments.append(FragmentRef(n, Kind.STILL, at_us, 100_000 + secrets.randbelow(60_000)))
        fragments.append(FragmentRef(n + 1, Kind.GOP, at_us + 50_000, 800_000))
    return Segment(
        camera, stream, os.urandom(16), 1, start, start + MINUTE_US, "avc1.640028,mp4a.40.2", 2304,
        1296, tuple(fragments),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    made = open_recording_store(tmp_path / "recordings.db", HOUSEHOLD)
    yield made
    made.close()


def test_what_was_added_is_found(store):
    added = [segment(n) for n in range(5)]
    store.add(HOUSEHOLD, [*added, segment(2, OTHER), segment(2, stream=Stream.SUB)])
    find = store.segments
    assert find(HOUSEHOLD, CAMERA, MAIN, 0, 1 << 62) == added
    middle = START_US + 2 * MINUTE_US
    assert find(HOUSEHOLD, CAMERA, MAIN, middle + 1, middle + 2) == [added[2]]
    # A range that ends where a segment starts, or starts where one ends, does not touch it.
    assert find(HOUSEHOLD, CAMERA, MAIN, middle, middle + MINUTE_US) == [added[2]]
    assert store.find(HOUSEHOLD, [added[3].writer, rb"\9" * 16]) == [added[3]]
    assert store.newest_end_us(HOUSEHOLD, CAMERA, MAIN) == added[4].end_us
    assert store.newest_end_us(HOUSEHOLD, b"\7" * 16, MAIN) is None
    brief = store.brief(HOUSEHOLD, CAMERA, MAIN, 0, 1 << 62)
    assert [(s.start_us, s.end_us, s.size_bytes) for s in brief] == [
        (s.start_us, s.end_us, s.size_bytes) for s in added
    ]


def test_sums_count_each_segment_once(store):
    first, second = segment(0), segment(1)
    store.add(HOUSEHOLD, [first, second])
    store.add(HOUSEHOLD, [first])
    both = first.size_bytes + second.size_bytes
    assert store.streams(HOUSEHOLD) == {(CAMERA, MAIN): both}
    store.remove(HOUSEHOLD, [first])
    store.remove(HOUSEHOLD, [first])
    assert store.streams(HOUSEHOLD) == {(CAMERA, MAIN): second.size_bytes}
    (day,) = store.days(HOUSEHOLD, 0, 1_000_000)
    assert (day.recorded_bytes, day.kept_bytes, day.kept_us) == (
        both, second.size_bytes, MINUTE_US,
    )  # fmt: skip
    assert day.day == START_US // DAY_US


def test_a_deletion_in_progress_is_never_offered(store):
    added = [segment(n) for n in range(3)]
    store.add(HOUSEHOLD, added)
    store.mark_deleting(HOUSEHOLD, added[:1])
    assert store.segments(HOUSEHOLD, CAMERA, MAIN, 0, 1 << 62) == added[1:]
    assert store.find(HOUSEHOLD, [added[0].writer]) == []
    assert [s.writer for s in store.oldest(HOUSEHOLD, CAMERA, MAIN, 9)] == [
        s.writer for s in added[1:]
    ]
    assert [s.writer for s in store.deleting(HOUSEHOLD)] == [added[0].writer]
    names = store.names(HOUSEHOLD, CAMERA, MAIN, 0, 1 << 62)
    assert list(names.values()) == [True, False, False]
    store.remove(HOUSEHOLD, added[:1])
    assert store.deleting(HOUSEHOLD) == []


def test_two_segments_of_the_same_moment_are_both_kept(store):
    twins = [segment(0), segment(0)]
    store.add(HOUSEHOLD, twins)
    found = store.segments(HOUSEHOLD, CAMERA, MAIN, 0, 1 << 62)
    assert {s.writer for s in found} == {s.writer for s in twins}


def test_gaps_last_end_and_are_forgotten(store):
    def gaps(*window):
        return store.gaps(HOUSEHOLD, CAMERA, MAIN, *(window or (0, 1 << 62)))

    store.open_gap(HOUSEHOLD, CAMERA, MAIN, Gap(100, None, BreakReason.SILENT))
    assert gaps() == [Gap(100, None, BreakReason.SILENT)]
    store.close_gaps(HOUSEHOLD, CAMERA, MAIN, 300)
    store.open_gap(HOUSEHOLD, CAMERA, MAIN, Gap(500, None, BreakReason.DISK_FULL))
    store.close_gaps(HOUSEHOLD, CAMERA, MAIN, 400)  # the clock went back
    closed = [Gap(100, 300, BreakReason.SILENT), Gap(500, 500, BreakReason.DISK_FULL)]
    assert gaps() == closed
    assert gaps(300, 500) == []
    assert gaps(299, 500) == closed[:1]
    assert store.gaps(HOUSEHOLD, OTHER, MAIN, 0, 1 << 62) == []
    store.forget(HOUSEHOLD, CAMERA, MAIN, 301)
    assert gaps() == closed[1:]


def test_what_follows_a_segment(store):
    added = [segment(n) for n in range(4)]
    twin = segment(2)
    store.add(HOUSEHOLD, [*added, twin, segment(2, OTHER)])
    pair = sorted((added[2], twin), key=lambda s: s.writer)
    order = [added[0], added[1], *pair, added[3]]

    def after(one, limit=10, **more):
        found = store.after(HOUSEHOLD, CAMERA, MAIN, one.start_us, one.writer, limit, **more)
        return [s.writer for s in found]

    names = [s.writer for s in order]
    assert [s.writer for s in store.after(HOUSEHOLD, CAMERA, MAIN, -1, b"", 10)] == names
    assert after(order[1]) == names[2:]
    assert after(order[2]) == names[3:]
    assert after(order[0], 2) == names[1:3]
    assert after(order[0], before_us=added[3].start_us) == names[1:4]
    store.mark_deleting(HOUSEHOLD, [order[3]])
    assert after(order[1]) == [names[2], names[4]]


def test_gaps_that_say_why_something_is_gone_are_joined(store):
    gone, reason = [segment(n) for n in (0, 1, 3)], BreakReason.NOT_KEPT
    store.explain(HOUSEHOLD, gone[:1], reason)
    store.explain(HOUSEHOLD, [*gone[1:], segment(1, OTHER)], reason)
    store.explain(HOUSEHOLD, gone, reason)
    found = store.gaps(HOUSEHOLD, CAMERA, MAIN, 0, 1 << 62)
    assert found == [
        Gap(gone[0].start_us, gone[1].end_us, reason), Gap(gone[2].start_us, gone[2].end_us, reason)
    ]  # fmt: skip
    silent = Gap(gone[2].end_us + 1, None, BreakReason.SILENT)
    store.open_gap(HOUSEHOLD, CAMERA, MAIN, silent)
    store.explain(HOUSEHOLD, [segment(4)], reason)
    longer = Gap(gone[2].start_us, segment(4).end_us, reason)
    assert store.gaps(HOUSEHOLD, CAMERA, MAIN, 0, 1 << 62) == [found[0], longer, silent]


def test_another_household_is_refused(store, tmp_path):
    for ask in (
        lambda: store.add(OTHER, [segment()]),
        lambda: store.segments(OTHER, CAMERA, MAIN, 0, 1),
        lambda: store.brief(OTHER, CAMERA, MAIN, 0, 1),
        lambda: store.find(OTHER, [b""]),
        lambda: store.names(OTHER, CAMERA, MAIN, 0, 1),
        lambda: store.oldest(OTHER, CAMERA, MAIN, 1),
        lambda: store.newest_end_us(OTHER, CAMERA, MAIN),
        lambda: store.deleting(OTHER),
        lambda: store.mark_deleting(OTHER, [segment()]),
        lambda: store.remove(OTHER, [segment()]),
        lambda: store.days(OTHER, 0, 1),
        lambda: store.streams(OTHER),
        lambda: store.open_gap(OTHER, CAMERA, MAIN, Gap(0, 1, BreakReason.UNKNOWN)),
        lambda: store.close_gaps(OTHER, CAMERA, MAIN, 1),
        lambda: store.gaps(OTHER, CAMERA, MAIN, 0, 1),
        lambda: store.forget(OTHER, CAMERA, MAIN, 1),
        lambda: store.forget_stream(OTHER, CAMERA, MAIN),
    ):
        with pytest.raises(ValueError, match="another household"):
            ask()
    with pytest.raises(IndexUnusableError, match="another household"):
        open_recording_store(tmp_path / "recordings.db", OTHER)


def test_a_damaged_index_is_noticed_when_it_is_opened(tmp_path):
    path = tmp_path / "recordings.db"
    store = open_recording_store(path, HOUSEHOLD)
    store.add(HOUSEHOLD, [segment(n) for n in range(200)])
    store.close()
    whole = path.read_bytes()
    damaged = bytearray(whole)
    for page in range(2, len(damaged) // 8192, 2):
        damaged[page * 8192 : page * 8192 + 64] = os.urandom(64)
    for content in (b"not a database at all" * 100, bytes(damaged)):
        path.write_bytes(content)
        with pytest.raises((IndexUnusableError, DatabaseError)):
            open_recording_store(path, HOUSEHOLD)
    path.write_bytes(whole)
    open_recording_store(path, HOUSEHOLD).close()


def test_rows_survive_without_closing(tmp_path):
    store = open_recording_store(tmp_path / "recordings.db", HOUSEHOLD)
    added = segment()
    store.add(HOUSEHOLD, [added])
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in tmp_path.glob("recordings.db*"):
        (copy / path.name).write_bytes(path.read_bytes())
    other = open_recording_store(copy / "recordings.db", HOUSEHOLD)
    assert other.segments(HOUSEHOLD, CAMERA, MAIN, 0, 1 << 62) == [added]
    other.close()
    store.close()


@pytest.mark.parametrize("groups", [30, 60])
def test_a_camera_month_of_index_stays_under_50_megabytes(tmp_path, groups):
    path = tmp_path / "recordings.db"
    store = open_recording_store(path, HOUSEHOLD)
    count = 2000
    store.add(HOUSEHOLD, [segment(n, groups=groups) for n in range(count)])
    store.close()
    month_bytes = path.stat().st_size * 43_200 / count
    assert month_bytes < 50_000_000
