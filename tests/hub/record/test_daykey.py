"""Goal: one key for each stream, day and epoch, and none after deletion. Method: real files."""

import pytest

from keepsight.hub.record.daykey import FILE_NAME, RECORD_BYTES, DayKeys
from keepsight.hub.record.segment import day_folder
from keepsight.seal.header import Stream
from keepsight.seal.keys import UnwrapError
from tests.hub.record.room import CAMERA, OTHER_CAMERA, MemoryKeys

DAY = "2026-05-28"


def path_of(root, camera=CAMERA):
    return day_folder(root, camera, Stream.MAIN, DAY) / FILE_NAME


def test_the_key_lasts_and_is_only_this_days(tmp_path):
    epoch, key = DayKeys(tmp_path, MemoryKeys()).for_writing(CAMERA, Stream.MAIN, DAY)
    again = DayKeys(tmp_path, MemoryKeys())
    assert again.for_writing(CAMERA, Stream.MAIN, DAY) == (epoch, key)
    assert again.for_reading(CAMERA, Stream.MAIN, DAY, epoch) == key
    for other in (
        (OTHER_CAMERA, Stream.MAIN, DAY),
        (CAMERA, Stream.SUB, DAY),
        (CAMERA, Stream.MAIN, "2026-05-29"),
    ):
        assert again.for_writing(*other)[1] != key
    assert path_of(tmp_path).stat().st_mode & 0o777 == 0o600
    assert key not in path_of(tmp_path).read_bytes()


def test_a_new_epoch_gets_its_own_record_and_the_old_one_stays(tmp_path):
    keys = MemoryKeys()
    day_keys = DayKeys(tmp_path, keys)
    _, old = day_keys.for_writing(CAMERA, Stream.MAIN, DAY)
    keys.epoch = 2
    epoch, new = day_keys.for_writing(CAMERA, Stream.MAIN, DAY)
    fresh = DayKeys(tmp_path, keys)
    assert (epoch, new != old) == (2, True)
    assert fresh.for_reading(CAMERA, Stream.MAIN, DAY, 1) == old
    assert fresh.for_reading(CAMERA, Stream.MAIN, DAY, 2) == new
    assert path_of(tmp_path).stat().st_size == 2 * RECORD_BYTES
    with pytest.raises(UnwrapError, match="no key"):
        fresh.for_reading(CAMERA, Stream.MAIN, DAY, 3)


def test_a_day_key_of_another_camera_or_household_does_not_open(tmp_path):
    day_keys = DayKeys(tmp_path, MemoryKeys())
    day_keys.for_writing(CAMERA, Stream.MAIN, DAY)
    day_keys.for_writing(OTHER_CAMERA, Stream.MAIN, DAY)
    path_of(tmp_path, OTHER_CAMERA).write_bytes(path_of(tmp_path).read_bytes())
    with pytest.raises(UnwrapError):
        DayKeys(tmp_path, MemoryKeys()).for_reading(OTHER_CAMERA, Stream.MAIN, DAY, 1)
    foreign = MemoryKeys(household=b"\x99" * 16)
    with pytest.raises(UnwrapError):
        DayKeys(tmp_path, foreign).for_reading(CAMERA, Stream.MAIN, DAY, 1)


@pytest.mark.parametrize("damage", [b"", b"x" * 10, b"\0\0\0\1" + b"x" * 60])
def test_a_damaged_file_does_not_stop_recording(tmp_path, damage):
    DayKeys(tmp_path, MemoryKeys()).for_writing(CAMERA, Stream.MAIN, DAY)
    path_of(tmp_path).write_bytes(damage)
    fresh = DayKeys(tmp_path, MemoryKeys())
    epoch, key = fresh.for_writing(CAMERA, Stream.MAIN, DAY)
    assert DayKeys(tmp_path, MemoryKeys()).for_reading(CAMERA, Stream.MAIN, DAY, epoch) == key
    if len(damage) == RECORD_BYTES:
        assert [p.read_bytes() for p in path_of(tmp_path).parent.glob("*.bad")] == [damage]


def test_erasing_leaves_no_key_in_file_memory_or_hard_link(tmp_path):
    day_keys = DayKeys(tmp_path, MemoryKeys())
    day_keys.for_writing(CAMERA, Stream.MAIN, DAY)
    kept = tmp_path / "kept"
    kept.hardlink_to(path_of(tmp_path))
    day_keys.erase(CAMERA, Stream.MAIN, DAY)
    assert kept.read_bytes() == bytes(RECORD_BYTES)
    assert not path_of(tmp_path).parent.exists()
    with pytest.raises(UnwrapError):
        day_keys.for_reading(CAMERA, Stream.MAIN, DAY, 1)
    day_keys.erase(CAMERA, Stream.MAIN, DAY)  # again is no error
