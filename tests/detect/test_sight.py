"""Boxes and kinds: goal: geometry that everything else rests on; method: worked examples."""

import pytest

from keepsight.detect.sight import Box, around, clipped, common_area, kind_of, overlap


def test_edges_outside_or_reversed_become_a_box_inside_the_picture():
    assert clipped(-0.2, 0.9, 1.3, 0.1) == Box(0.0, 0.1, 1.0, 0.9)


def test_overlap_of_equal_half_and_separate_boxes():
    left = Box(0, 0, 0.5, 1)
    assert overlap(left, left) == 1
    assert overlap(left, Box(0.25, 0, 0.75, 1)) == pytest.approx(1 / 3)
    assert overlap(left, Box(0.5, 0, 1, 1)) == 0
    assert overlap(Box(0.1, 0.1, 0.1, 0.1), Box(0.1, 0.1, 0.1, 0.1)) == 0
    assert common_area(left, Box(0.25, 0, 0.75, 0.5)) == pytest.approx(0.125)


def test_measures_of_a_box():
    box = Box(0.2, 0.4, 0.4, 0.8)
    assert box.centre == pytest.approx((0.3, 0.6))
    assert box.foot == pytest.approx((0.3, 0.8))
    assert around([box, Box(0.1, 0.5, 0.3, 0.9)]) == Box(0.1, 0.4, 0.4, 0.9)


def test_labels_become_the_kinds_that_people_ask_for():
    assert [kind_of(label) for label in ("Person", "truck", "suitcase", "chair", "???")] == [
        "person", "vehicle", "package", None, None,
    ]  # fmt: skip
    assert kind_of("Wheelbarrow", keeps_unknown=True) == "wheelbarrow"
    assert kind_of("???", keeps_unknown=True) is None
