"""Pictures lie sealed, open with their own key in their own place alone, and leave no orphans."""

from dataclasses import replace

import pytest

from keepsight.hub.event import Event
from keepsight.hub.events import pictures as module
from keepsight.hub.events.intake import PendingPicture
from keepsight.hub.events.pictures import PictureFiles, day_of
from keepsight.hub.keyring import new_keyring
from keepsight.seal.frame import Expectation, Reason, Refusal, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind
from keepsight.seal.keys import UnwrapError
from tests.hub.clocks import HandClock

HOME, HALL = b"h" * 16, b"c" * 16
NOW = 1_700_000_000_000_000
VISIT = Event(b"e" * 16, HALL, "person", NOW, NOW + 5, None, 0.9, NOW + 3)
SEEN = b"\xff\xd8\xff a face that nobody may find on the disk"
NEW = PendingPicture(HALL, VISIT.event_id, "picture", SEEN, NOW + 9)


@pytest.fixture
def clock():
    return HandClock(wall=NOW)


@pytest.fixture
def keyring():
    return new_keyring(HOME, "Home", NOW)


@pytest.fixture
def files(tmp_path, keyring, clock):
    return PictureFiles(tmp_path / "events", keyring, clock)


def on_disk(files, tmp_path):
    return sorted(path for path in (tmp_path / "events").rglob("*") if path.is_file())


def opened(files, stored, sealed=None):
    key = WindowKey(files.secret(stored), files.context(stored.camera, stored.picture))
    return open_sealed(
        key, Expectation((Kind.THUMB,), sequence_max=0), sealed or files.read(stored)
    )


def test_a_picture_opens_with_its_own_key(files, tmp_path):
    stored = files.press(VISIT, NEW)
    assert (stored.start_us, stored.end_us, stored.day) == (NOW, NOW + 9, "2023-11-14")
    found = opened(files, stored)
    assert (found.payload, found.wall_us, found.sequence) == (SEEN, VISIT.best_us, 0)
    (path,) = on_disk(files, tmp_path)
    assert path == tmp_path / "events" / HALL.hex() / "2023-11-14" / path.name
    assert (path.stat().st_mode & 0o777, path.stat().st_size) == (0o600, stored.picture.size_bytes)
    assert b"a face" not in path.read_bytes()


def test_each_picture_has_a_key_of_its_own(files):
    one, other = files.press(VISIT, NEW), files.press(VISIT, NEW)
    assert files.secret(one) != files.secret(other)
    with pytest.raises(Refusal) as refused:
        opened(files, one, files.read(other))
    assert refused.value.reason is Reason.WRONG_WINDOW


@pytest.mark.parametrize(
    "moved",
    [
        lambda stored: replace(stored, event=b"f" * 16),
        lambda stored: replace(stored, camera=b"a" * 16),
        lambda stored: replace(stored, picture=replace(stored.picture, picture_id=b"p" * 16)),
    ],
)
def test_a_key_opens_in_its_own_place_only(files, moved):
    with pytest.raises(UnwrapError):
        files.secret(moved(files.press(VISIT, NEW)))


def test_another_households_keys_open_nothing(files, tmp_path, clock):
    stored = files.press(VISIT, NEW)
    other = PictureFiles(tmp_path / "events", new_keyring(b"o" * 16, "Other", NOW), clock)
    with pytest.raises(UnwrapError):
        other.secret(stored)
    theirs = other.press(VISIT, NEW)
    key = WindowKey(other.secret(theirs), files.context(HALL, theirs.picture))
    with pytest.raises(Refusal) as refused:
        open_sealed(key, Expectation((Kind.THUMB,)), other.read(theirs))
    assert refused.value.reason is Reason.FOREIGN_HOUSEHOLD


def test_removed_pictures_take_their_folders_with_them(files, tmp_path):
    one, other = files.press(VISIT, NEW), files.press(VISIT, NEW)
    files.remove([one])
    assert on_disk(files, tmp_path) == [files.path(other)]
    assert files.read(one) is None
    files.remove([other, one])
    assert list((tmp_path / "events").iterdir()) == []


def test_a_cut_file_is_none(files):
    stored = files.press(VISIT, NEW)
    files.path(stored).write_bytes(files.read(stored)[:-1])
    assert files.read(stored) is None


def test_what_no_row_names_is_swept(files, tmp_path):
    kept, orphan = files.press(VISIT, NEW), files.press(VISIT, NEW)
    files.path(kept).with_name("deadbeef.part").write_bytes(b"half")
    lone = files.press(replace(VISIT, camera_id=b"a" * 16), NEW)
    (tmp_path / "events" / "not ours" / "x").mkdir(parents=True)
    known = {(HALL, kept.day): {kept.picture.picture_id}}
    assert files.sweep(lambda camera, day: known.get((camera, day), set())) == 3
    assert on_disk(files, tmp_path) == [files.path(kept)]
    assert files.read(orphan) is files.read(lone) is None
    assert files.sweep(lambda camera, day: known.get((camera, day), set())) == 0


def test_too_much_or_no_space_writes_nothing(files, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(module, "BYTES_PER_DAY_MAX", 2 * len(SEEN))
    for _ in range(2):
        files.press(VISIT, NEW)
    with pytest.raises(OSError, match="too much space today"):
        files.press(VISIT, NEW)
    clock.tick(24 * 3600)
    files.press(VISIT, NEW)
    monkeypatch.setattr(module, "FREE_BYTES_MIN", 1 << 62)
    with pytest.raises(OSError, match="too little space"):
        files.press(VISIT, NEW)
    assert len(on_disk(files, tmp_path)) == 3


def test_days_are_utc():
    assert day_of(0) == "1970-01-01"
    assert day_of(86_400_000_000 - 1) == "1970-01-01"
