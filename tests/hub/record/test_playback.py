"""Goal: fragments come byte for byte as they lie in the file, growing or finished, and only
those of the segment that was asked for. Method: a real recording, read while it grows and after."""

import pytest

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record import playback as playback_module
from keepsight.hub.record.playback import GoneError
from keepsight.hub.record.segment import SegmentError, erase, segment_path
from keepsight.seal.frame import Expectation, Reason, Refusal, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.keys import UnwrapError
from tests.hub.record import footage, room
from tests.hub.record.room import CAMERA, HOUSEHOLD, MAIN, OTHER_CAMERA

ALL = (0, 1 << 62)


@pytest.fixture
def here(tmp_path):
    with room.open_room(tmp_path) as made:
        yield made


def record(here, seconds=9, camera=CAMERA, *, stop=True):
    recorder = here.recorder(camera)
    recorder.on_format(footage.PAPER_FORMAT)
    for unit in footage.paper_units(seconds):
        recorder.on_unit(unit)
    if stop:
        recorder.on_break(BreakReason.STOPPED, footage.WALL_US + seconds * 1_000_000)
    here.settle()
    return here.catalogue.segments(camera, MAIN, *ALL)[-1]


def test_a_growing_segment_plays_up_to_what_is_durable_and_so_does_its_name_change(here):
    growing = record(here, stop=False)
    assert growing.is_growing
    last = len(growing.fragments) - 1
    before = here.playback.read(growing, 0, last)
    secret = here.playback.secret(growing)
    here.recorder().on_break(BreakReason.STOPPED, footage.WALL_US)
    here.settle()
    (finished,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
    assert not finished.is_growing
    # The old knowledge still reads the file that has another name now, and the other way round.
    assert here.playback.read(growing, 0, last) == before
    assert here.playback.read(finished, 0, last) == before
    assert here.playback.secret(finished) == secret


def test_each_fragment_alone_and_all_together_are_the_same(here):
    segment = record(here)
    count = len(segment.fragments)
    together = here.playback.read(segment, 0, count - 1)
    assert together == b"".join(here.playback.read(segment, n, n) for n in range(count))
    assert len(together) == segment.size_bytes - 128


@pytest.mark.parametrize("asked", [(-1, 0), (2, 1), (0, 99), (99, 99)])
def test_what_is_not_there_is_gone(here, asked):
    with pytest.raises(GoneError):
        here.playback.read(record(here), *asked)


def test_too_much_at_once_is_refused(here, monkeypatch):
    segment = record(here)
    monkeypatch.setattr(playback_module, "FRAGMENTS_MAX", 3)
    with pytest.raises(ValueError, match="at most"):
        here.playback.read(segment, 0, 3)
    monkeypatch.setattr(playback_module, "BYTES_MAX", 1000)
    with pytest.raises(ValueError, match="at most"):
        here.playback.read(segment, 0, 2)


def test_a_deleted_recording_is_gone_and_so_is_its_secret(here):
    segment = record(here)
    path = segment_path(here.root, segment)
    kept = here.folder / "kept"
    kept.hardlink_to(path)
    erase(path)
    for ask in (lambda: here.playback.read(segment, 0, 0), lambda: here.playback.secret(segment)):
        with pytest.raises(GoneError):
            ask()
    kept.rename(path)
    with pytest.raises(GoneError, match="deleted"):
        here.playback.secret(segment)


def test_a_file_that_is_shorter_than_the_index_says_is_gone(here):
    segment = record(here)
    with segment_path(here.root, segment).open("r+b") as file:
        file.truncate(segment.size_bytes - 1)
    with pytest.raises(GoneError, match="shorter"):
        here.playback.read(segment, 0, len(segment.fragments) - 1)


def test_another_cameras_file_gives_neither_secret_nor_picture(here):
    mine, other = record(here), record(here, camera=OTHER_CAMERA)
    key = WindowKey(here.playback.secret(mine), mine.context(HOUSEHOLD))
    foreign = segment_path(here.root, other).read_bytes()
    segment_path(here.root, mine).write_bytes(foreign)
    with pytest.raises(SegmentError, match="another segment"):
        here.playback.secret(mine)
    sealed = here.playback.read(mine, 0, 0)
    with pytest.raises(Refusal) as refusal:
        open_sealed(key, Expectation((mine.fragments[0].kind,)), sealed)
    assert refusal.value.reason is Reason.FOREIGN_CAMERA


def test_another_households_keys_open_nothing(here, tmp_path):
    segment = record(here)
    foreign = room.MemoryKeys(seed=b"\6" * 32)
    with room.open_room(tmp_path, keys=foreign) as theirs, pytest.raises(UnwrapError):
        theirs.playback.secret(segment)
