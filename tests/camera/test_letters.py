"""Every letter is drawn, distinct, and unknown ones are harmless. Method: coverage compared pair
by pair.
"""

import itertools

import numpy as np

from keepsight.camera import letters
from keepsight.camera.letters import TEXT_LETTERS_MAX, draw_text, writable


def test_letters_are_drawn_and_differ():
    drawn = {letter: draw_text(letter, 24) for letter in letters._STROKES}
    for letter, coverage in drawn.items():
        assert 0.5 < coverage.max() <= 1
        assert coverage.min() == 0
        assert coverage[0].max() == coverage[-1].max() == 0, letter
    del drawn["O"]  # drawn as a nought: told apart by its neighbours, as on many cameras
    for one, other in itertools.combinations(drawn, 2):
        difference = np.abs(drawn[one] - drawn[other]).sum()
        assert difference > 4, (one, other)


def test_other_alphabets_become_something_readable():
    assert writable("Flur größer é") == "FLUR GROSSER E"
    assert writable("門 1") == "? 1"
    assert len(writable("x" * 1000)) == TEXT_LETTERS_MAX


def test_text_grows_with_its_length_and_may_be_empty():
    short, long = draw_text("12", 20), draw_text("12:34:56", 20)
    assert long.shape[1] > 3 * short.shape[1]
    assert np.array_equal(long[:, :20], short[:, :20])
    assert draw_text("", 20).max() == 0
