"""Lifting: goal: dark becomes visible, day stays as it is; method: a scene at 6 % with noise."""

import numpy as np

from keepsight.detect.lowlight import GAIN_MAX, gained, lifted, mean_level
from tests.detect.stage import background, with_figure


def test_day_is_left_alone():
    colour = background()
    assert lifted(colour) is colour


def test_a_dark_picture_is_lifted_and_keeps_its_contrast():
    bright = with_figure(background(), 150, 60)
    generator = np.random.default_rng(2)
    dark = np.clip(bright * 0.06 + generator.normal(0, 2.5, bright.shape), 0, 255).astype(np.uint8)
    seen = lifted(dark)
    assert seen.shape == dark.shape
    assert seen.dtype == np.uint8
    assert mean_level(seen) > 4 * mean_level(dark)
    figure, beside = seen[70:110, 155:170, 0].mean(), seen[70:110, 155:170, 1].mean()
    assert figure > 1.5 * beside


def test_black_stays_within_the_gain_and_one_lamp_is_not_blown_out():
    black = np.zeros((64, 64, 3), np.uint8)
    assert gained(black).max() == 0
    level = np.full((64, 64, 3), 4, np.uint8)
    assert gained(level).max() <= 4 * GAIN_MAX + 1
    lamp = level.copy()
    lamp[:16, :16] = 250
    assert gained(lamp)[4, 4].min() >= 200
