"""Coverage equals area, and colours are those of BT.709. Method: known areas, FFmpeg as the
oracle for colours.
"""

import math

import av
import numpy as np
import pytest

from keepsight.camera.canvas import (
    bounds_of_ellipse,
    clipped_box,
    coverage_of_capsule,
    coverage_of_ellipse,
    coverage_of_polygon,
    mix,
    rgb,
    rounded_points,
    to_yuv,
)

BOX = (0, 0, 100, 80)


def test_areas():
    square = np.array([(10.5, 10.25), (30.5, 10.25), (30.5, 20.25), (10.5, 20.25)], np.float32)
    assert coverage_of_polygon(square, BOX).sum() == pytest.approx(200, rel=0.04)
    assert coverage_of_ellipse((50, 40), (30, 12), 0.4, BOX).sum() == pytest.approx(
        math.pi * 360, rel=0.02
    )
    assert coverage_of_capsule((20, 20), (60, 20), (5, 5), BOX).sum() == pytest.approx(
        400 + math.pi * 25, rel=0.02
    )
    assert coverage_of_capsule((20, 20), (20, 20), (7, 7), BOX).sum() == pytest.approx(
        math.pi * 49, rel=0.02
    )


def test_a_concave_polygon_has_its_bay():
    shape = np.array([(0, 0), (60, 0), (60, 60), (40, 60), (40, 20), (20, 20), (20, 60), (0, 60)])
    covered = coverage_of_polygon(shape.astype(np.float32), BOX)
    assert covered[40, 30] == 0
    assert covered[40, 10] == covered[10, 30] == 1


def test_bounds_hold_the_ellipse():
    left, top, right, bottom = bounds_of_ellipse((50, 40), (30, 12), 0.7)
    outside = coverage_of_ellipse((50, 40), (30, 12), 0.7, BOX)
    outside[math.floor(top) : math.ceil(bottom), math.floor(left) : math.ceil(right)] = 0
    assert outside.max() == 0


def test_boxes_are_even_and_inside():
    assert clipped_box((-5, 3.2, 7.1, 500), 100, 80) == (0, 2, 8, 80)
    assert clipped_box((200, 0, 300, 10), 100, 80) is None


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#c8553d", "#3f7d78", "#e0b84c"])
def test_colours_are_bt709(colour):
    pixels = np.round(np.tile(rgb(colour) * 255, (16, 16, 1))).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    yuv = frame.reformat(format="yuv444p", dst_colorspace="itu709")
    expected = [int(np.frombuffer(plane, np.uint8)[0]) for plane in yuv.planes]
    assert to_yuv(rgb(colour)).tolist() == pytest.approx(expected, abs=1.6)


def test_mixing():
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#123456", "#ffffff", 0) == "#123456"


def test_rounded_corners_stay_inside():
    points = rounded_points((10, 20, 50, 60), 8)
    assert all(10 <= x <= 50 and 20 <= y <= 60 for x, y in points)
