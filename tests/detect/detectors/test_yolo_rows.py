"""YOLO's outputs: goal: three shapes, one answer; method: the same two boxes in each shape."""

import numpy as np
import pytest

from keepsight.detect.detector import DetectorError
from keepsight.detect.detectors.yolo_rows import read_rows

KINDS = ["person", "vehicle", None]
# centre x, centre y, width, height, score, class; the second is the first seen twice
ROWS = [(50, 40, 20, 40, 0.9, 0), (51, 40, 20, 40, 0.8, 0), (10, 10, 30, 10, 0.6, 1)]


def in_shape(shape):
    if shape == "v8":
        table = np.zeros((4 + 3, len(ROWS)), np.float32)
        for column, (*box, score, label) in enumerate(ROWS):
            table[:4, column], table[4 + label, column] = box, score
        return table
    if shape == "v5":
        table = np.zeros((len(ROWS), 5 + 3), np.float32)
        for row, (*box, score, label) in enumerate(ROWS):
            table[row, :4], table[row, 4], table[row, 5 + label] = box, score, 1
        return table
    return np.array(
        [(x - w / 2, y - h / 2, x + w / 2, y + h / 2, s, c) for x, y, w, h, s, c in ROWS],
        np.float32,
    )


@pytest.mark.parametrize("shape", ["v8", "v5", "end"])
def test_each_thing_comes_once_and_inside_the_picture(shape):
    found = read_rows(in_shape(shape), KINDS, 100, 100)
    assert [each.kind for each in found] == ["person", "vehicle"]
    assert found[0].box.left == pytest.approx(0.4)
    assert found[0].box.bottom == pytest.approx(0.6)
    assert found[1].box.left == 0  # -5 pixels


def test_rows_that_are_not_numbers_are_dropped():
    table = in_shape("v5")
    table[0, 0], table[2, 4] = np.nan, np.nan
    assert len(read_rows(table, KINDS, 100, 100)) == 1


def test_an_output_of_another_model_is_refused():
    for wrong in (np.zeros((9, 11), np.float32), np.zeros((2, 7, 3), np.float32)):
        with pytest.raises(DetectorError):
            read_rows(wrong, KINDS, 100, 100)
