"""What every detector refuses: goal: a clear sentence instead of a crash; method: wrong inputs."""

import numpy as np
import pytest

from keepsight.detect.detector import DetectorError, check_pictures, parse_labels, read_labels


def test_a_batch_of_the_right_size_passes_and_so_does_none():
    check_pictures(np.zeros((3, 4, 5, 3), np.uint8), 5, 4)
    check_pictures(np.zeros((0, 4, 5, 3), np.uint8), 5, 4)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((1, 5, 4, 3), np.uint8),
        ((4, 5, 3), np.uint8),
        ((1, 4, 5, 1), np.uint8),
        ((1, 4, 5, 3), float),
    ],
)
def test_other_shapes_and_types_are_refused(shape, kind):
    with pytest.raises(DetectorError, match="pictures must be"):
        check_pictures(np.zeros(shape, kind), 5, 4)


def test_label_files_come_in_three_forms(tmp_path):
    for text in ("person\ncar\n\n", "0 person\n1 car", "0: person\n1: car"):
        assert parse_labels(text) == ("person", "car")
    (tmp_path / "labels").write_text("stop sign\nperson")
    assert read_labels(tmp_path / "labels") == ("stop sign", "person")


def test_label_files_that_are_none(tmp_path):
    (tmp_path / "empty").write_text("\n\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("empty", "binary", "absent"):
        with pytest.raises(DetectorError, match="label"):
            read_labels(tmp_path / name)
