"""Goal: after any stop, index and files agree and nothing that holds a picture is deleted. Method:
record, damage files or index the way a crash, a full disk or a person would, recover, compare."""

import os
import shutil

import pytest

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.record import Recordings
from keepsight.hub.record.rules import RetentionRules
from keepsight.hub.record.segment import segment_path
from keepsight.hub.record.timeline import timeline
from keepsight.hub.recording import Gap
from tests.hub.record import footage
from tests.hub.record.room import CAMERA, MAIN, OTHER_CAMERA, MemoryKeys, SteeredClock

ALL = (0, 1 << 62)
SECOND = 1_000_000
START = footage.WALL_US


class House:
    """A data directory that can be opened again and again."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "segments"
        self.recordings = None

    def open(self, keys=None):
        clock = SteeredClock(wall_offset_us=START + 3600 * SECOND)
        rules = RetentionRules(free_bytes_min=0)
        self.recordings = Recordings(self.folder, keys or MemoryKeys(), clock, rules)
        self.recordings.start()
        self.recordings._reconciler.join(30)
        return self.recordings

    def close(self):
        if self.recordings is not None:
            self.recordings.stop()
            self.recordings = None

    def record(self, seconds=100, camera=CAMERA, *, stop=True):
        recordings = self.open()
        recorder = recordings.recorder(camera, MAIN)
        recorder.on_format(footage.PAPER_FORMAT)
        for unit in footage.paper_units(seconds):
            recorder.on_unit(unit)
        if stop:
            recorder.on_break(BreakReason.STOPPED, START + seconds * SECOND)
        recordings._disk.call(recordings._disk._sync_all).result(30)
        found = self.segments(camera)
        self.close()
        return found

    def segments(self, camera=CAMERA):
        return self.recordings.catalogue.segments(camera, MAIN, *ALL)

    def files(self, pattern):
        return sorted(self.root.rglob(pattern))


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path / "house")
    made.folder.mkdir()
    yield made
    made.close()


def part_of(house, segment):
    """Make a finished segment look as if the process had died while writing it."""
    path = segment_path(house.root, segment)
    part = path.with_name(path.name + ".part")
    path.rename(part)
    return part


def without_index(house):
    for path in house.folder.glob("recordings.db*"):
        path.unlink()


@pytest.mark.parametrize("cut", ["whole", "zeros", "header", "torn", "garbage"])
def test_a_part_is_cut_at_its_last_good_record(house, cut):
    segments = house.record()
    without_index(house)
    part = part_of(house, segments[-1])
    fragments, offsets = segments[-1].fragments, segments[-1].offsets()
    raw = part.read_bytes()
    kept = len(fragments)
    if cut == "zeros":
        raw += bytes(5000)
    elif cut == "header":
        raw = raw[: offsets[-2] + 60]
        kept -= 1
    elif cut == "torn":
        raw = raw[: offsets[-2] + 300]
        kept -= 1
    elif cut == "garbage":
        raw = raw[: offsets[-3]] + os.urandom(offsets[-1] - offsets[-3])
        kept -= 2
    part.write_bytes(raw)
    recordings = house.open()
    found = house.segments()
    assert recordings.recovered.parts_finished == 1
    assert found[:-1] == segments[:-1]
    assert found[-1].fragments == fragments[:kept]
    assert segment_path(house.root, found[-1]).stat().st_size == offsets[kept]
    if kept == len(fragments):
        assert found[-1] == segments[-1]
    assert house.files("*.part") == []
    assert recordings.recovered.alarm is None


def test_a_record_in_the_tail_that_does_not_open_ends_the_part(house):
    segments = house.record()
    part = part_of(house, segments[-1])
    without_index(house)
    offsets = segments[-1].offsets()
    with part.open("r+b") as file:
        file.seek(offsets[-3] + 200)
        file.write(os.urandom(8))
    house.open()
    assert house.segments()[-1].fragments == segments[-1].fragments[:-2]


def test_what_cannot_be_used_is_set_aside_and_named(house, tmp_path):
    segments = house.record()
    without_index(house)
    day = segment_path(house.root, segments[0]).parent
    contents = {
        day / f"1-{'aa' * 16}.ksg": b"",
        day / f"2-{'bb' * 16}.ksg.part": b"",
        day / f"3-{'cc' * 16}.ksg": os.urandom(5000),
        day / f"4-{'dd' * 16}.ksg.part": segment_path(house.root, segments[0]).read_bytes(),
        day / f"5-{'ee' * 16}.ksg.part": b"KSS1",
        day / "notes.txt": b"the owner's own",
    }
    for path, content in contents.items():
        path.write_bytes(content)
    recordings = house.open()
    assert house.segments() == segments
    assert len(recordings.recovered.set_aside) == 3
    assert "3 recording files are damaged" in recordings.recovered.alarm
    # What a crash leaves before the first picture is named too, but alarms nobody.
    assert len(recordings.recovered.unbegun) == 2
    for path, content in contents.items():
        aside = path if path.suffix == ".txt" else path.with_name(path.name + ".bad")
        assert aside.read_bytes() == content


def test_files_of_another_camera_or_household_are_not_adopted(house, tmp_path):
    segments = house.record()
    house.record(camera=OTHER_CAMERA)
    foreign = House(tmp_path / "foreign")
    foreign.folder.mkdir()
    foreign.open(MemoryKeys(household=b"\x77" * 16)).stop()
    foreign.recordings = None
    source = segment_path(house.root, segments[0])
    target = house.root / OTHER_CAMERA.hex() / "main" / source.parent.name / source.name
    shutil.copy(source, target)
    theirs = foreign.root / CAMERA.hex() / "main" / source.parent.name
    theirs.mkdir(parents=True)
    shutil.copy(source, theirs)
    shutil.copy(source.parent / "day.key", theirs)
    recordings = house.open()
    assert [s.writer for s in house.segments(OTHER_CAMERA)].count(segments[0].writer) == 0
    assert "another household, camera" in recordings.recovered.set_aside[0]
    found = foreign.open(MemoryKeys(household=b"\x77" * 16)).recovered
    assert foreign.segments() == []
    assert len(found.set_aside) == 1
    foreign.close()


@pytest.mark.parametrize("damage", ["missing", "garbage", "pages", "version", "empty"])
def test_a_damaged_index_is_rebuilt_from_the_files(house, damage):
    segments = house.record(seconds=300)
    path = house.folder / "recordings.db"
    for extra in house.folder.glob("recordings.db-*"):
        extra.unlink()
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "garbage":
        path.write_bytes(os.urandom(50_000))
    elif damage == "version":
        raw = bytearray(path.read_bytes())
        raw[60:64] = (99).to_bytes(4)
        path.write_bytes(raw)
    else:
        raw = bytearray(path.read_bytes())
        for at in range(8192, len(raw), 8192):
            raw[at : at + 100] = os.urandom(100)
        path.write_bytes(raw)
    recordings = house.open()
    assert house.segments() == segments
    assert recordings.recovered.adopted == len(segments)
    if damage in ("missing", "empty"):
        assert recordings.recovered.alarm is None
    else:
        assert "rebuilt" in recordings.recovered.alarm
        (aside,) = house.folder.glob("recordings.db.*.bad")
        assert recordings.recovered.index_set_aside == aside.name


def test_a_row_without_a_file_becomes_a_gap(house):
    segments = house.record(seconds=300)
    segment_path(house.root, segments[2]).unlink()
    recordings = house.open()
    assert house.segments() == [*segments[:2], *segments[3:]]
    assert recordings.recovered.missing == 1
    gap = Gap(segments[2].start_us, segments[2].end_us, BreakReason.UNKNOWN)
    shown = timeline(recordings.catalogue, CAMERA, MAIN, START, START + 300 * SECOND)
    assert shown.gaps == [gap]


def test_rows_of_a_folder_that_is_gone_become_gaps(house):
    segments = house.record(seconds=300)
    shutil.rmtree(house.root / CAMERA.hex())
    recordings = house.open()
    assert house.segments() == []
    assert recordings.recovered.missing == len(segments)


def test_a_deletion_that_was_begun_is_finished(house):
    segments = house.record(seconds=300)
    recordings = house.open()
    recordings.store.mark_deleting(recordings.household, segments[:2])
    kept = house.folder / "kept"
    kept.hardlink_to(segment_path(house.root, segments[0]))
    house.close()
    recordings = house.open()
    assert recordings.recovered.deletions_finished == 2
    assert house.segments() == segments[2:]
    assert recordings.store.deleting(recordings.household) == []
    assert len(house.files("*.ksg")) == len(segments) - 2
    assert kept.read_bytes()[65:125] == bytes(60)


def test_a_kill_is_a_gap_from_the_last_picture_to_the_next(house):
    segments = house.record(seconds=100, stop=False)
    # Closing recorded a reason; a kill would not have.
    recordings = house.open()
    recordings.store.forget(recordings.household, CAMERA, MAIN, 1 << 61)
    recordings.store.close_gaps(recordings.household, CAMERA, MAIN, 1)
    recordings.store.forget(recordings.household, CAMERA, MAIN, 1 << 62)
    house.close()
    recordings = house.open()
    recorder = recordings.recorder(CAMERA, MAIN)
    recorder.on_format(footage.PAPER_FORMAT)
    for unit in footage.paper_units(10, wall_us=START + 200 * SECOND):
        recorder.on_unit(unit)
    recordings._disk.call(recordings._disk._sync_all).result(30)
    (gap,) = recordings.catalogue.gaps(CAMERA, MAIN, *ALL)
    end_us = segments[-1].end_us if not segments[-1].is_growing else START + 100 * SECOND
    assert gap == Gap(end_us, START + 200 * SECOND, BreakReason.HUB_STOPPED)


def test_recovering_twice_changes_nothing(house):
    segments = house.record()
    part_of(house, segments[-1])
    house.open()
    first = house.segments()
    house.close()
    recordings = house.open()
    assert house.segments() == first == segments
    assert (recordings.recovered.parts_finished, recordings.recovered.adopted) == (0, 0)


def test_a_read_only_or_full_folder_is_an_error_and_not_a_damaged_index(house):
    house.record()
    shutil.rmtree(house.folder)
    house.folder.write_bytes(b"a file where the folder should be")
    with pytest.raises(OSError):
        house.open()
    assert house.folder.is_file()
    house.folder.unlink()
