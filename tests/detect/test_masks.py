"""Polygons as pixels: goal: the same as the point test; method: compare each pixel's middle."""

from keepsight.detect.masks import mask_of
from keepsight.detect.zones import holds

SHAPE = ((0.1, 0.1), (0.9, 0.3), (0.5, 0.5), (0.8, 0.95), (0.05, 0.7))


def test_pixels_are_covered_where_their_middle_is_inside():
    covered = mask_of((SHAPE,), 40, 30)
    for row in range(30):
        for column in range(40):
            assert covered[row, column] == holds(SHAPE, ((column + 0.5) / 40, (row + 0.5) / 30))


def test_several_polygons_add_up_and_none_covers_nothing():
    left, right = ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), ((0.5, 0), (1, 0), (1, 1), (0.5, 1))
    assert mask_of((left, right), 10, 10).all()
    assert not mask_of((), 10, 10).any()
