"""Blurring and blackening. Goal: of a region five by five values are left, smooth between; outside
nothing changes. Method: noise, and a face-like pattern whose detail has to be gone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect.sight import Box
from keepsight.detect.smear import CELLS, GREY, Blackness, smear

shares = st.floats(0, 1)


def plane(height=90, width=160, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def test_detail_is_gone_and_the_rest_stays():
    before = plane()
    after = before.copy()
    smear(after, Box(0.25, 0.2, 0.75, 0.8))
    inside = after[18:72, 40:120].astype(float)
    assert np.abs(np.diff(inside, axis=0)).max() < 20
    assert np.abs(np.diff(inside, axis=1)).max() < 20
    assert np.abs(np.diff(before[18:72, 40:120].astype(float), axis=1)).max() > 200
    outside = np.ones(before.shape, bool)
    outside[18:72, 40:120] = False
    assert (after[outside] == before[outside]).all()
    assert abs(inside.mean() - before[18:72, 40:120].mean()) < 3


def test_no_more_than_its_cells_is_left_of_it():
    one, other = plane(seed=1), plane(seed=2)
    # Different detail with the same means of the cells becomes the same picture.
    for top in np.linspace(0, 90, CELLS + 1).astype(int)[:-1]:
        for left in np.linspace(0, 160, CELLS + 1).astype(int)[:-1]:
            cell = np.s_[top : top + 18, left : left + 32]
            other[cell] = np.random.default_rng(3).permutation(one[cell].ravel()).reshape(18, 32)
    assert (one != other).any()
    for each in (one, other):
        smear(each, Box(0, 0, 1, 1))
    assert (one == other).all()


@given(st.tuples(shares, shares, shares, shares), st.integers(1, 40), st.integers(1, 40))
def test_any_box_of_any_picture_can_be_smeared(edges, width, height):
    picture = plane(height, width)
    left, top, right, bottom = edges
    low, high = int(picture.min()), int(picture.max())
    smear(picture, Box(min(left, right), min(top, bottom), max(left, right), max(top, bottom)))
    assert low <= picture.min()
    assert picture.max() <= high


def test_masks_are_black_in_brightness_and_without_colour():
    planes = (plane(90, 160), plane(45, 80), plane(45, 80))
    square = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
    blackness = Blackness((square,), 160, 90, 16)
    blackness.over(planes)
    assert blackness.hides_something
    assert (planes[0][24:66, 42:118] == 16).all()
    assert (planes[1][12:33, 21:59] == GREY).all()
    assert (planes[2][12:33, 21:59] == GREY).all()
    assert planes[0][:18].std() > 50
    assert not Blackness((), 160, 90, 16).hides_something
