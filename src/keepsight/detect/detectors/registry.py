"""Every way of running a model, in the order in which they are tried for a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepsight.detect.detector import Detector, DetectorError, read_labels
from keepsight.detect.detectors.efficientdet import EfficientDet
from keepsight.detect.detectors.onnx_yolo import OnnxYolo
from keepsight.detect.detectors.openvino_yolo import OpenvinoYolo
from keepsight.detect.model import DEFAULT_DETECTOR
from keepsight.detect.models import (
    MODEL_BYTES_MAX,
    ModelError,
    known_model,
    load_model,
    read_bounded,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which model to watch with. The default is the pinned default model."""

    name: str = DEFAULT_DETECTOR
    """Of the table; not used when `file` is given."""
    file: Path | None = None
    """A user's own TFLite or ONNX model; nothing is known about it, so nothing is pinned."""
    labels: Path | None = None
    """One label a line; needed for ONNX, and for TFLite without labels inside."""
    runtime: str | None = None
    """A name of RUNTIMES, to choose between those that take the same file."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """One way of running a model."""

    name: str
    suffix: str
    """Of the files that it takes."""
    open: Callable[[bytes, str, tuple[str, ...] | None], Detector]
    """From the file's bytes, a name, and labels."""


def _efficientdet(content: bytes, name: str, labels: tuple[str, ...] | None) -> Detector:
    return EfficientDet(content, name=name, labels=labels, is_own=True)


def _onnx(content: bytes, name: str, labels: tuple[str, ...] | None) -> Detector:
    return OnnxYolo(content, name=name, labels=_needed(labels))


def _openvino(content: bytes, name: str, labels: tuple[str, ...] | None) -> Detector:
    return OpenvinoYolo(content, name=name, labels=_needed(labels))


def _needed(labels: tuple[str, ...] | None) -> tuple[str, ...]:
    if labels is None:
        raise DetectorError("an ONNX model needs a label file, one label a line")
    return labels


RUNTIMES: Final = (
    Runtime("efficientdet", ".tflite", _efficientdet),
    Runtime("onnx_yolo", ".onnx", _onnx),
    Runtime("openvino_yolo", ".onnx", _openvino),
)


def open_detector(choice: Choice, folder: Path | None = None) -> Detector:
    """A detector, ready to be asked.

    Args:
        choice: which.
        folder: where installed models lie; None for the usual place.

    Raises:
        DetectorError: it cannot be had; the text says why and what to do.
    """
    try:
        if choice.file is None:
            model = known_model(choice.name)
            if model.role != "detector":
                raise DetectorError(f"{model.name} finds nothing in pictures")
            content = load_model(model, folder)
            return EfficientDet(content, name=choice.name, labels=None, is_own=False)
        content = read_bounded(choice.file, MODEL_BYTES_MAX)
    except ModelError as error:
        raise DetectorError(str(error)) from error
    labels = read_labels(choice.labels) if choice.labels else None
    fitting = [each for each in RUNTIMES if each.suffix == choice.file.suffix.lower()]
    if choice.runtime is not None:
        fitting = [each for each in fitting if each.name == choice.runtime]
    if not fitting:
        raise DetectorError(f"{choice.file.name}: a model is a .tflite or .onnx file")
    return fitting[0].open(content, choice.file.stem, labels)
