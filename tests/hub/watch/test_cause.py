"""Goal: why watching goes badly is said by what the hub sees itself. Method: each state that can be
claimed, with models that are there, damaged, missing and refused."""

import pytest

from keepsight.hub.watch.cause import SOUND, cause_of, sound_cause_of
from keepsight.hub.watch.models import KNOWN, OWN_FOLDER, find_known
from keepsight.hub.watch.reason import ReasonCode
from keepsight.hub.watch.watchstate import WatchPhase

MODEL = KNOWN[0]


@pytest.fixture
def models(tmp_path):
    (tmp_path / OWN_FOLDER).mkdir()
    (tmp_path / OWN_FOLDER / "yard.onnx").write_bytes(b"x")
    return tmp_path


def put(models, model, size_bytes):
    with (models / model.file_name).open("wb") as file:
        file.truncate(size_bytes)


@pytest.mark.parametrize(
    ("phase", "model", "code", "values"),
    [
        ("watching", MODEL.name, None, None),
        ("behind", MODEL.name, "behind", {}),
        ("failed", MODEL.name, "failed", {}),
        ("off", MODEL.name, "model_missing", {"model": MODEL.name}),
        ("off", "own:gone.onnx", "own_gone", {"file": "gone.onnx"}),
        ("off", "own:yard.onnx", "own_refused", {"file": "yard.onnx"}),
        ("off", "none", None, None),
    ],
)
def test_pictures(models, phase, model, code, values):
    found = cause_of(WatchPhase(phase), model, models)
    assert (found.code, found.values) == (code, values) if code else found is None
    assert code is None or found.sentence


def test_a_file_that_is_there_is_damaged_or_cannot_be_used(models):
    assert find_known(MODEL.name) is MODEL
    put(models, MODEL, 9)
    put(models, SOUND, 9)
    assert cause_of(WatchPhase.OFF, MODEL.name, models).code is ReasonCode.MODEL_BROKEN
    assert sound_cause_of(WatchPhase.OFF, models).code is ReasonCode.SOUND_MODEL_BROKEN
    put(models, MODEL, MODEL.size_bytes)
    put(models, SOUND, SOUND.size_bytes)
    assert cause_of(WatchPhase.OFF, MODEL.name, models).code is ReasonCode.MODEL_UNUSABLE
    assert sound_cause_of(WatchPhase.OFF, models).code is ReasonCode.SOUND_MODEL_UNUSABLE


def test_sounds(models):
    assert sound_cause_of(WatchPhase.WATCHING, models) is None
    assert sound_cause_of(WatchPhase.BEHIND, models).code is ReasonCode.SOUND_BEHIND
    assert sound_cause_of(WatchPhase.FAILED, models).code is ReasonCode.SOUND_FAILED
    missing = sound_cause_of(WatchPhase.OFF, models)
    assert (missing.code, missing.values) == (
        ReasonCode.SOUND_MODEL_MISSING, {"model": SOUND.name},
    )  # fmt: skip
    assert SOUND.name in missing.sentence
