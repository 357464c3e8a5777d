"""Detectors for tests: the real model where it is installed, and a tiny one made here."""

import numpy as np
import pytest

from keepsight.detect.detector import Detector
from keepsight.detect.detectors.registry import Choice, open_detector
from keepsight.detect.model import MODELS, find_model
from keepsight.detect.models import ModelError, load_model

SIDE = 64
LABELS = ("person", "car", "wheelbarrow")


def need_model(name: str) -> None:
    """Skip the test, with the reason, where a model is not installed."""
    model = find_model(name)
    try:
        load_model(model)
    except ModelError as error:
        pytest.skip(str(error))


def real_detector(name: str = MODELS[0].name) -> Detector:
    need_model(name)
    return open_detector(Choice(name))


def tiny_yolo(*, shape: str = "v8", batch: int | str = "n", side: int = SIDE) -> bytes:
    """An ONNX model in YOLO's shape: the mean of the picture is the score of one fixed person.

    Its box has its centre in the middle and half the picture's size.
    """
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    pixels = side
    row = {
        "v8": [pixels / 2, pixels / 2, pixels / 2, pixels / 2, 1, 0, 0],
        "v5": [pixels / 2, pixels / 2, pixels / 2, pixels / 2, 1, 1, 0, 0],
        "end": [pixels / 4, pixels / 4, pixels * 3 / 4, pixels * 3 / 4, 1, 0],
    }[shape]
    scored = {"v8": [4], "v5": [4], "end": [4]}[shape]
    mask = np.array([1.0 if index in scored else 0.0 for index in range(len(row))], np.float32)
    fixed = np.array(row, np.float32) * (1 - mask)
    as_column = shape == "v8"
    target = (1, -1, 1) if as_column else (1, 1, -1)
    constants = [
        numpy_helper.from_array(mask.reshape(target), "mask"),
        numpy_helper.from_array(fixed.reshape(target), "fixed"),
        numpy_helper.from_array(np.array([-1, 1, 1], np.int64), "three"),
        numpy_helper.from_array(np.array([1, 2, 3], np.int64), "axes"),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=1),
        helper.make_node("Reshape", ["mean", "three"], ["score"]),
        helper.make_node("Mul", ["score", "mask"], ["scored"]),
        helper.make_node("Add", ["scored", "fixed"], ["y"]),
    ]
    out = [batch, len(row), 1] if as_column else [batch, 1, len(row)]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, side, side])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()
