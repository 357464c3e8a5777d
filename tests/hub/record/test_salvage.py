"""Goal: a segment is read back from its bytes alone, and hostile bytes are refused. Method: take a
real segment, compare; flip and cut it anywhere."""

import random

import pytest

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.salvage import SalvageError, salvage
from keepsight.hub.record.segment import SegmentError, segment_path
from keepsight.lan.rtsp.unit import StreamFormat
from keepsight.seal.keys import UnwrapError
from tests.hub.record import footage, room
from tests.hub.record.room import CAMERA, HOUSEHOLD, MAIN


@pytest.fixture
def recorded(tmp_path):
    """(path, segment) of five seconds with sound."""
    video_format, video = footage.video("h264", pictures=100, gop=40)
    audio_format, audio = footage.audio("aac", seconds=5)
    with room.open_room(tmp_path) as here:
        recorder = here.recorder()
        recorder.on_format(StreamFormat(video_format, audio_format))
        for unit in sorted((*video, *audio), key=lambda u: u.wall_us):
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.STOPPED, footage.WALL_US)
        here.settle()
        (segment,) = here.catalogue.segments(CAMERA, MAIN, 0, 1 << 62)
    return segment_path(tmp_path / "segments", segment), segment


def read(path):
    day_keys = DayKeys(path.parents[3], room.MemoryKeys())
    return salvage(path, HOUSEHOLD, CAMERA, MAIN, day_keys)


@pytest.mark.parametrize("is_part", [False, True])
def test_the_row_is_made_again_from_the_file(recorded, is_part):
    path, segment = recorded
    if is_part:
        path = path.rename(path.with_name(path.name + ".part"))
    found = read(path)
    assert found.segment == segment
    assert found.good_bytes == path.stat().st_size


def test_cut_anywhere_a_part_keeps_every_whole_record_before(recorded):
    path, segment = recorded
    raw, offsets = path.read_bytes(), segment.offsets()
    path = path.rename(path.with_name(path.name + ".part"))
    dice = random.Random(1)
    for size in [0, 1, 127, 128, 129, *offsets, *(dice.randrange(len(raw)) for _ in range(60))]:
        path.write_bytes(raw[:size])
        whole = sum(1 for offset in offsets[1:] if offset <= size)
        if whole < 2:
            with pytest.raises((SalvageError, SegmentError)):
                read(path)
        else:
            found = read(path)
            assert len(found.segment.fragments) == whole
            assert found.good_bytes == offsets[whole]


def test_flipped_anywhere_it_is_refused_or_the_rest_is_kept(recorded):
    path, segment = recorded
    raw = path.read_bytes()
    path = path.rename(path.with_name(path.name + ".part"))
    dice = random.Random(2)
    for _ in range(150):
        at = dice.randrange(len(raw))
        flipped = bytearray(raw)
        flipped[at] ^= 1 << dice.randrange(8)
        path.write_bytes(flipped)
        try:
            found = read(path)
        except (SalvageError, SegmentError, UnwrapError):
            assert at < segment.offsets()[2]
        else:
            # Bytes 125 to 127 mean nothing; else what follows the flip in the tail is cut off.
            assert found.good_bytes <= at or at in (125, 126, 127)


def test_a_finished_file_keeps_what_follows_a_damaged_record(recorded):
    path, segment = recorded
    with path.open("r+b") as file:
        file.seek(segment.offsets()[-3] + 500)
        file.write(b"damage")
    assert len(read(path).segment.fragments) == len(segment.fragments)
