"""ONNX models: goal: any of the three shapes runs; method: tiny models whose answer is known."""

import numpy as np
import pytest

from keepsight.detect.detector import DetectorError
from keepsight.detect.detectors.onnx_yolo import OnnxYolo
from tests.detect.installed import LABELS, SIDE, tiny_yolo

pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("shape", ["v8", "v5", "end"])
@pytest.mark.parametrize("batch", [1, "n"])
def test_a_bright_picture_holds_the_person_and_a_dark_one_does_not(shape, batch):
    detector = OnnxYolo(tiny_yolo(shape=shape, batch=batch), name="tiny", labels=LABELS)
    pictures = np.zeros((2, SIDE, SIDE, 3), np.uint8)
    pictures[1] = 204
    nothing, found = detector.detect(pictures)
    assert nothing == []
    assert [each.kind for each in found] == ["person"]
    assert found[0].confidence == pytest.approx(0.8, abs=1e-3)
    assert found[0].box.left == pytest.approx(0.25)


def test_a_label_file_of_another_model_is_noticed():
    detector = OnnxYolo(tiny_yolo(), name="tiny", labels=("person",))
    with pytest.raises(DetectorError, match="label file"):
        detector.detect(np.zeros((1, SIDE, SIDE, 3), np.uint8))


def test_a_model_for_huge_pictures_is_refused():
    with pytest.raises(DetectorError, match="too large"):
        OnnxYolo(tiny_yolo(side=4096), name="tiny", labels=LABELS)
