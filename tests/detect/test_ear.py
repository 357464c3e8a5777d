"""The model for sounds: goal: it says what is known of it; method: the installed one, or a skip."""

import numpy as np
import pytest

from keepsight.detect.ear import CLASSES, WINDOW_SAMPLES, EarError, Yamnet, open_ear
from tests.detect.installed import need_model
from tests.detect.noises import smoke_alarm, white_noise


@pytest.fixture(scope="module")
def ear():
    need_model("yamnet")
    return open_ear()


def test_a_smoke_alarm_sounds_like_one(ear):
    window = smoke_alarm()[:WINDOW_SAMPLES].astype(np.float32)
    scores = ear.scores(window)
    assert scores.shape == (CLASSES,)
    assert scores[[382, 393, 394]].max() > 0.5


def test_noise_sounds_like_noise(ear):
    scores = ear.scores(white_noise(1)[:WINDOW_SAMPLES].astype(np.float32))
    assert scores[[509, 514, 507]].max() > 0.5


def test_another_size_is_refused_and_the_ear_goes_on(ear):
    for wrong in (np.zeros(100, np.float32), np.zeros(WINDOW_SAMPLES)):
        with pytest.raises(EarError):
            ear.scores(wrong)
    assert np.isfinite(ear.scores(np.zeros(WINDOW_SAMPLES, np.float32))).all()


def test_what_is_no_model_is_refused():
    for content in (b"", bytes(4096)):
        with pytest.raises(EarError):
            Yamnet(content)


def test_a_missing_model_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("KEEPSIGHT_MODELS", str(tmp_path))
    with pytest.raises(EarError, match="keepsight models install"):
        open_ear()
