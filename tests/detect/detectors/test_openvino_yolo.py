"""OpenVINO: goal: the same answer as ONNX Runtime, or a sentence; method: the tiny model."""

import importlib.util

import numpy as np
import pytest

from keepsight.detect.detector import DetectorError
from keepsight.detect.detectors.openvino_yolo import OpenvinoYolo
from tests.detect.installed import LABELS, SIDE, tiny_yolo


@pytest.mark.skipif(importlib.util.find_spec("openvino") is not None, reason="it is installed")
def test_without_openvino_the_way_out_is_said():
    with pytest.raises(DetectorError, match=r"keepsight\[openvino\]"):
        OpenvinoYolo(b"", name="tiny", labels=LABELS)


def test_the_person_is_found():
    pytest.importorskip("openvino")
    detector = OpenvinoYolo(tiny_yolo(), name="tiny", labels=LABELS)
    found = detector.detect(np.full((1, SIDE, SIDE, 3), 204, np.uint8))[0]
    assert [each.kind for each in found] == ["person"]
