"""Sound is quiet, repeatable and without joints. Method: the same samples asked for in different
pieces.
"""

import numpy as np
import pytest

from keepsight.camera.ambience import SAMPLE_RATE, Ambience


@pytest.mark.parametrize("sound", ["evening", "room"])
def test_quiet_and_seamless(sound):
    ambience = Ambience(sound, 3)
    whole = ambience.samples(0, SAMPLE_RATE * 10)
    pieces = np.concatenate([ambience.samples(n * 1024, 1024) for n in range(156)])
    assert np.array_equal(whole[: len(pieces)], pieces)
    assert 0.002 < np.abs(whole).max() < 0.1
    assert np.abs(np.diff(whole)).max() < 0.08
    assert whole.dtype == np.float32


def test_the_clock_ticks_each_second():
    sound = np.abs(Ambience("room", 3).samples(0, SAMPLE_RATE * 4)).reshape(4, -1)
    assert (sound[:, :160].max(axis=1) > sound[:, 4000:].max(axis=1)).all()
