"""Model files: goal: only the pinned bytes are ever run; method: right, cut, swapped and absent."""

import hashlib
from dataclasses import replace

import pytest

from keepsight.detect.model import DEFAULT_DETECTOR, DEFAULT_MODELS, MODELS, find_model
from keepsight.detect.models import (
    ModelError,
    known_model,
    load_model,
    models_folder,
    read_bounded,
    store_model,
)

CONTENT = b"not really a network" * 100
SMALL = replace(
    MODELS[0],
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size_bytes=len(CONTENT),
    file_name="m.tflite",
)


def test_the_table_is_complete_and_names_are_unique():
    assert len({model.name for model in MODELS}) == len(MODELS)
    assert find_model(DEFAULT_DETECTOR) is not None
    assert [find_model(name).role for name in DEFAULT_MODELS] == ["detector", "sound"]
    for model in MODELS:
        assert len(bytes.fromhex(model.sha256)) == 32
        assert model.sources
        assert model.licence


def test_what_was_stored_is_loaded(tmp_path):
    assert store_model(SMALL, CONTENT, tmp_path) == tmp_path / "m.tflite"
    assert load_model(SMALL, tmp_path) == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["m.tflite"]


@pytest.mark.parametrize(
    "broken", [CONTENT[:-1], CONTENT[:-1] + b"!", CONTENT + b"!", b""], ids=len
)
def test_other_bytes_are_refused_at_loading_with_the_way_out(tmp_path, broken):
    store_model(SMALL, CONTENT, tmp_path)
    (tmp_path / "m.tflite").write_bytes(broken)
    with pytest.raises(ModelError, match="keepsight models install"):
        load_model(SMALL, tmp_path)


def test_other_bytes_are_not_stored(tmp_path):
    with pytest.raises(ModelError, match="refused"):
        store_model(SMALL, CONTENT[:-1] + b"!", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_absent_model_says_how_to_get_it(tmp_path):
    with pytest.raises(ModelError, match="not installed: run `keepsight models install`"):
        load_model(SMALL, tmp_path)


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(ModelError, match="efficientdet-lite0"):
        known_model("yolo")


def test_reading_is_bounded_and_takes_files_only(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bounded(tmp_path / "file", 5) == b"12345"
    for path, bytes_max in ((tmp_path / "file", 4), (tmp_path, 5), (tmp_path / "no", 5)):
        with pytest.raises(ModelError):
            read_bounded(path, bytes_max)


def test_the_folder_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KEEPSIGHT_MODELS", raising=False)
    assert models_folder() == tmp_path / "cache" / "keepsight" / "models"
    monkeypatch.setenv("KEEPSIGHT_MODELS", str(tmp_path / "mine"))
    assert models_folder() == tmp_path / "mine"
