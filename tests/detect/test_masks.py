"""Polygons as pixels. Goal: masks of watching are the same as the point test; privacy masks leave
nothing of what they touch, however thin or crossed. Method: compare each pixel's middle; random
points inside random polygons."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect.masks import SIZES_KEPT, Veil, covered_by, mask_of
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


shares = st.floats(0, 1, width=32)
polygons = st.lists(st.tuples(shares, shares), min_size=3, max_size=9).map(tuple)


def winding_number(points, x, y):
    """How often the line goes around a point, by its angles: another way than the code's."""
    angles = np.arctan2([p[1] - y for p in points], [p[0] - x for p in points])
    turns = np.diff(np.concatenate([angles, angles[:1]]))
    return round(float(((turns + np.pi) % (2 * np.pi) - np.pi).sum() / (2 * np.pi)))


@given(polygons, st.integers(1, 60), st.integers(1, 40), st.integers(0, 2**32))
def test_whatever_lies_in_a_privacy_mask_lies_in_a_black_pixel(points, width, height, seed):
    covered = covered_by((points,), width, height)
    for x, y in np.random.default_rng(seed).uniform(0, 1, (40, 2)):
        if winding_number(points, x, y) != 0:
            assert covered[int(y * height), int(x * width)]
    for x, y in points:  # its corners, too
        assert covered[min(int(y * height), height - 1), min(int(x * width), width - 1)]


def test_a_privacy_mask_hides_the_middle_of_a_star_and_a_line_thinner_than_a_pixel():
    corners = [
        (0.5 + 0.45 * np.sin(a), 0.5 - 0.45 * np.cos(a)) for a in np.arange(5) * 4 * np.pi / 5
    ]
    assert not mask_of((tuple(corners),), 41, 41)[20, 20]  # watching goes by even and odd
    assert covered_by((tuple(corners),), 41, 41)[20, 20]
    thin = ((0.1, 0.502), (0.9, 0.503), (0.9, 0.504))
    assert covered_by((thin,), 40, 30)[15, 5:35].all()


def test_it_does_not_hide_much_more():
    square = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
    covered = covered_by((square,), 80, 80)
    assert not covered[:18].any()
    assert not covered[:, 63:].any()
    assert covered[20:60, 20:60].all()


@given(st.lists(polygons, min_size=1, max_size=4).map(tuple), st.integers(0, 2**32))
def test_a_veil_is_black_where_it_covers_and_changes_nothing_else(masks, seed):
    picture = np.random.default_rng(seed).integers(1, 256, (18, 32, 3), np.uint8)
    veiled = Veil(masks).over(picture)
    covered = covered_by(masks, 32, 18)
    assert not veiled[covered].any()
    assert (veiled[~covered] == picture[~covered]).all()


def test_a_veil_without_masks_changes_nothing_and_one_with_forgets_old_sizes():
    picture = np.full((8, 8, 3), 200, np.uint8)
    assert Veil(()).over(picture) is picture
    assert not Veil(()).hides_something
    veil = Veil((SHAPE,))
    assert veil.hides_something
    for size in range(8, 8 + 3 * SIZES_KEPT):
        veil.over(np.full((size, size, 3), 200, np.uint8))
    assert len(veil._pixels) == SIZES_KEPT
    assert (picture == 200).all()
