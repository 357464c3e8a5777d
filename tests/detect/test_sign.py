"""The sign of coded sizes: goal: raised by a visit, quiet in quiet; method: a coded walk."""

import numpy as np

from keepsight.detect.sign import WARM_UNITS, Sign
from keepsight.detect.unit import Unit
from tests.detect.stage import code, walk


def test_a_walk_raises_it_and_noise_does_not():
    sets, units = code(walk(24, enters=18, leaves=22), gop=240, crf=30)
    sign = Sign("h264", sets)
    raised = [unit.media_us / 1e6 for unit in units if sign.feed(unit, is_quiet=True)]
    assert raised
    assert 18 <= raised[0] <= 19  # not once in the quiet before


def test_nothing_is_raised_before_there_is_a_baseline():
    sign = Sign("h265", ())
    generator = np.random.default_rng(1)
    for number in range(WARM_UNITS - 1):
        size = int(generator.integers(10, 20_000))
        unit = Unit(number, number, False, False, bytes(size))
        assert not sign.feed(unit, is_quiet=True)
    assert not sign.is_warm


def test_keyframes_and_what_is_known_to_move_leave_the_baseline_alone():
    sign = Sign("h265", ())
    for number in range(200):
        sign.feed(Unit(number, number, False, False, bytes(500)), is_quiet=True)
    for number in range(700):
        sign.feed(Unit(number, number, False, False, bytes(5000)), is_quiet=False)
        assert not sign.feed(Unit(number, number, True, False, bytes(50_000)), is_quiet=True)
    assert sign.feed(Unit(0, 0, False, False, bytes(5000)), is_quiet=True)
