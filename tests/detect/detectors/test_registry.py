"""Conformance of every detector: goal: one behaviour behind one interface.

Method: each real model that is installed and a tiny ONNX model per runtime go through the same
questions: shapes, empty batch, empty picture, batch equal to one by one, wrong shapes, bad files.
"""

import numpy as np
import pytest

from keepsight.detect.detector import DetectorError
from keepsight.detect.detectors.registry import RUNTIMES, Choice, open_detector
from keepsight.detect.model import MODELS
from tests.detect.installed import LABELS, real_detector, tiny_yolo

EVERY = [model.name for model in MODELS if model.role == "detector"]
EVERY += [runtime.name for runtime in RUNTIMES if runtime.suffix == ".onnx"]


@pytest.fixture(params=EVERY)
def detector(request, tmp_path):
    if request.param not in {runtime.name for runtime in RUNTIMES}:
        return real_detector(request.param)
    pytest.importorskip({"onnx_yolo": "onnxruntime", "openvino_yolo": "openvino"}[request.param])
    (tmp_path / "tiny.onnx").write_bytes(tiny_yolo())
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    choice = Choice(
        file=tmp_path / "tiny.onnx", labels=tmp_path / "labels.txt", runtime=request.param
    )
    return open_detector(choice)


def pictures_for(detector, count):
    generator = np.random.default_rng(7)
    shape = (count, detector.input_height, detector.input_width, 3)
    return generator.integers(0, 256, shape, np.uint8)


def test_boxes_lie_in_the_picture_and_scores_are_shares(detector):
    for found in detector.detect(pictures_for(detector, 2)):
        for each in found:
            assert 0 < each.confidence <= 1
            assert 0 <= each.box.left <= each.box.right <= 1
            assert 0 <= each.box.top <= each.box.bottom <= 1
        assert found == sorted(found, key=lambda each: -each.confidence)


def test_no_picture_and_an_empty_picture_give_nothing(detector):
    assert detector.detect(pictures_for(detector, 0)) == []
    black = np.zeros_like(pictures_for(detector, 1))
    assert detector.detect(black) == [[]]


def test_a_batch_equals_one_by_one(detector):
    pictures = pictures_for(detector, 3)
    together = detector.detect(pictures)
    assert len(together) == 3
    for alone, found in zip(pictures, together, strict=True):
        again = detector.detect(alone[None])[0]
        assert [each.kind for each in again] == [each.kind for each in found]
        for one, other in zip(again, found, strict=True):
            assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


def test_wrong_shapes_are_refused_and_the_detector_goes_on(detector):
    good = pictures_for(detector, 1)
    for wrong in (good[0], good[:, :-1], good.astype(np.float32), good[..., :1]):
        with pytest.raises(DetectorError, match="pictures must be"):
            detector.detect(wrong)
    assert len(detector.detect(good)) == 1


@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 4096, b"PK\x05\x06" + b"\x00" * 18])
def test_a_file_that_is_no_model_is_refused(tmp_path, suffix, content):
    (tmp_path / f"m{suffix}").write_bytes(content)
    (tmp_path / "labels").write_text("person")
    with pytest.raises(DetectorError):
        open_detector(Choice(file=tmp_path / f"m{suffix}", labels=tmp_path / "labels"))


def test_other_suffixes_and_a_missing_label_file_are_refused(tmp_path):
    (tmp_path / "m.pt").write_bytes(b"x")
    with pytest.raises(DetectorError, match=r"\.tflite or \.onnx"):
        open_detector(Choice(file=tmp_path / "m.pt"))
    (tmp_path / "m.onnx").write_bytes(tiny_yolo())
    with pytest.raises(DetectorError, match="label file"):
        open_detector(Choice(file=tmp_path / "m.onnx"))


def test_a_model_that_is_not_installed_says_how_to_get_it(tmp_path):
    with pytest.raises(DetectorError, match="keepsight models install"):
        open_detector(Choice(), tmp_path)


def test_the_registry_lists_every_file_of_detectors():
    from pathlib import Path

    from keepsight.detect.detectors import registry

    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")}
    assert files - {"__init__", "registry", "yolo_rows"} == {runtime.name for runtime in RUNTIMES}


def test_the_model_for_sounds_finds_nothing_in_pictures():
    with pytest.raises(DetectorError, match="finds nothing in pictures"):
        open_detector(Choice("yamnet"))
