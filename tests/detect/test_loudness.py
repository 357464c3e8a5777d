"""The gate before the model: goal: quiet costs nothing, what rises is asked about; by formula."""

import numpy as np

from keepsight.detect.ear import WINDOW_SAMPLES
from keepsight.detect.loudness import ANYWAY_WINDOWS, Loudness, level_db
from tests.detect.noises import tone, white_noise


def windows(samples):
    return [
        samples[at : at + WINDOW_SAMPLES].astype(np.float32)
        for at in range(0, len(samples) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES // 2)
    ]


def test_silence_and_hum_are_never_asked_about():
    gate = Loudness()
    quiet = np.zeros(WINDOW_SAMPLES, np.float32)
    offset = np.full(WINDOW_SAMPLES, 0.02, np.float32)
    hum = tone(50, 1, loud=0.0005)[:WINDOW_SAMPLES].astype(np.float32)
    for window in (quiet, offset - 0.02, hum) * 20:
        assert not gate.is_worth(window)


def test_a_level_is_of_the_loudest_moment():
    click = np.zeros(WINDOW_SAMPLES, np.float32)
    click[5000:5200] = white_noise(1, 0.3)[:200]
    assert level_db(click) > level_db(white_noise(1, 0.03)[:WINDOW_SAMPLES].astype(np.float32))
    assert level_db(np.zeros(3, np.float32)) < -100


def test_steady_noise_is_learned_and_asked_about_now_and_then():
    gate = Loudness()
    asked = [gate.is_worth(window) for window in windows(white_noise(120))]
    late = asked[len(asked) // 2 :]
    assert sum(late) <= len(late) // ANYWAY_WINDOWS + 1
    assert any(late)
    assert asked[0]


def test_what_stands_out_of_the_noise_is_asked_about():
    gate = Loudness()
    for window in windows(white_noise(60)):
        gate.is_worth(window)
    loud = white_noise(1, 0.3, seed=9)[:WINDOW_SAMPLES].astype(np.float32)
    assert gate.is_worth(loud)
    for window in windows(white_noise(2, seed=4)):
        gate.is_worth(window)
    assert gate.is_worth(loud)
