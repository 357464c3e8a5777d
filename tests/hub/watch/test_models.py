"""Goal: the hub's table of models and its idea of labels are the watcher's. Method: both sides side
by side, and a folder with files that may and may not be named."""

import pytest

from keepsight.detect import sight
from keepsight.detect.detector import parse_labels
from keepsight.detect.model import MODELS
from keepsight.detect.models import models_folder as models_folder_of_watcher
from keepsight.detect.sight import kind_of
from keepsight.hub.watch import models as module
from keepsight.hub.watch.models import (
    KNOWN,
    find_known,
    find_own,
    may_be_model,
    models_folder,
    own_models,
    state_of,
)
from keepsight.hub.watching import MODEL_DEFAULT

LABELS = "0: person\n1 car\nForklift\n???\n4 4\n\nsuitcase\ncar\n"


def test_the_table_is_the_watchers():
    theirs = {(m.name, m.file_name, m.role, m.size_bytes) for m in MODELS}
    assert {(m.name, m.file_name, m.role, m.size_bytes) for m in KNOWN} == theirs
    assert find_known(MODEL_DEFAULT) is not None
    assert find_known("none") is None
    assert find_known("yamnet") is None


def test_both_look_in_the_same_folder(monkeypatch, tmp_path):
    for name, value in (("KEEPSIGHT_MODELS", tmp_path / "a"), ("XDG_CACHE_HOME", tmp_path)):
        monkeypatch.setenv(name, str(value))
        assert models_folder() == models_folder_of_watcher()
        monkeypatch.delenv(name)
        assert models_folder() == models_folder_of_watcher()


def test_a_file_is_judged_by_its_size(tmp_path):
    model = KNOWN[0]
    assert state_of(model, tmp_path) == "missing"
    with (tmp_path / model.file_name).open("wb") as file:
        file.truncate(model.size_bytes)
    assert state_of(model, tmp_path) == "installed"
    (tmp_path / model.file_name).write_bytes(b"x")
    assert state_of(model, tmp_path) == "broken"


def test_own_files_are_found_with_the_kinds_of_their_labels(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "yard.onnx").write_bytes(b"x")
    (own / "yard.txt").write_text(LABELS)
    (own / "inside.tflite").write_bytes(b"x")
    (own / ".hidden.onnx").write_bytes(b"x")
    (own / "notes.txt").write_text("x")
    (own / "folder.onnx").mkdir()
    inside, yard = own_models(tmp_path)
    assert (inside.name, inside.has_labels, inside.kinds) == ("own:inside.tflite", False, ())
    assert (yard.name, yard.has_labels) == ("own:yard.onnx", True)
    theirs = [kind_of(label, keeps_unknown=True) for label in parse_labels(LABELS)]
    assert list(yard.kinds) == list(dict.fromkeys(kind for kind in theirs if kind))
    (own / "yard.txt").write_bytes(b"\xff\xfe\xff")
    assert find_own("own:yard.onnx", tmp_path).kinds == ()
    assert own_models(tmp_path / "nowhere") == []


def test_labels_mean_the_same_to_both():
    for label in {*module._KINDS, *sight._KIND_BY_LABEL, "forklift"}:
        assert module._KINDS.get(label, label) == kind_of(label, keeps_unknown=True)


@pytest.mark.parametrize(
    "name",
    [
        "own:../x.onnx", "own:a/b.onnx", "own:/etc/x.onnx", "own:", "own:.onnx", "own:x.pt",
        "own:x.onnx\n", "own:a\\b.onnx", "", "own:own:x.onnx", "x.onnx",
        "own:" + "x" * 101 + ".onnx",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_can_be_named(tmp_path, name):
    (tmp_path / "x.onnx").write_bytes(b"x")
    (tmp_path / "own").mkdir()
    assert find_own(name, tmp_path / "own") is None
    assert not may_be_model(name)


def test_what_may_be_chosen():
    assert all(may_be_model(n) for n in ("none", "efficientdet-lite0", "own:Yard-2.onnx"))
