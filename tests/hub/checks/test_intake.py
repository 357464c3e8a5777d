"""What is taken of an upload: whole pieces in order, within limits, under numbers."""

import pytest

from keepsight.hub.checks import intake
from keepsight.hub.checks.intake import Intake, IntakeError, judge_files
from keepsight.hub.inspection import GivenFile

MIB = 1024 * 1024


def refusal(function, *arguments):
    with pytest.raises(IntakeError) as caught:
        function(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([], "no_files"),
        ([GivenFile("a", 1)] * (intake.FILES_MAX + 1), "too_many_files"),
        ([GivenFile("a", intake.FILE_BYTES_MAX + 1)], "file_too_large"),
        ([GivenFile("a", intake.FILE_BYTES_MAX)] * 5, "check_too_large"),
        ([GivenFile("a", 5), GivenFile("b", 0)], "empty_file"),
    ],
)
def test_what_is_refused_before_a_byte_is_sent(files, code):
    assert refusal(judge_files, files).code == code


def test_the_largest_files_are_taken():
    judge_files([GivenFile("a", intake.FILE_BYTES_MAX)] * 4)


@pytest.fixture
def place(tmp_path):
    found = Intake(tmp_path / "check")
    found.begin(10)
    return found


def test_pieces_in_order_make_a_file(place):
    file = GivenFile("../../x", 6)
    assert place.append(0, 0, b"abc", file) == 3
    assert not place.is_complete([file])
    assert place.append(0, 3, b"def", file) == 6
    assert place.is_complete([file])
    assert (place.uploads / "0").read_bytes() == b"abcdef"
    assert (place.uploads / "0").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.uploads.iterdir()] == ["0"]


def test_a_lost_answer_is_taken_up_where_it_ended(place):
    file = GivenFile("a", 6)
    place.append(0, 0, b"abc", file)
    error = refusal(place.append, 0, 0, b"abc", file)
    assert (error.code, error.fields) == ("wrong_offset", {"received": 3})


def test_more_than_was_announced_is_refused(place):
    assert refusal(place.append, 0, 0, b"abc", GivenFile("a", 2)).code == "larger_than_said"
    assert place.received(0) == 0


def test_a_full_disk_is_refused_and_nothing_is_written(tmp_path, place, monkeypatch):
    free = intake.free_bytes(tmp_path)
    monkeypatch.setattr(intake, "FREE_BYTES_MIN", free - 5 * MIB)
    assert refusal(Intake(tmp_path / "b").begin, 500 * MIB).code == "disk_full"
    monkeypatch.setattr(intake, "FREE_BYTES_MIN", free + 500 * MIB)
    assert refusal(place.append, 0, 0, b"abc", GivenFile("a", 3)).code == "disk_full"
    assert place.received(0) == 0


def test_clearing_leaves_nothing(place):
    place.append(0, 0, b"abc", GivenFile("a", 3))
    place.clear()
    assert not place.folder.exists()
    place.clear()
