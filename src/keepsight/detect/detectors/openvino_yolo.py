"""YOLO-shaped ONNX models with OpenVINO (extra `openvino`): Intel's CPUs, GPUs and NPUs.

OpenVINO cannot run the EfficientDet files: its TFLite reader lacks their post-processing step.
"""

import io
from typing import Any

import numpy as np

from keepsight.detect.detector import (
    INPUT_PIXELS_MAX,
    DetectorError,
    Pictures,
    check_pictures,
)
from keepsight.detect.detectors.yolo_rows import read_rows
from keepsight.detect.sight import Detection, kind_of


class OpenvinoYolo:
    """One compiled model with one request; not for several threads at once."""

    def __init__(self, content: bytes, *, name: str, labels: tuple[str, ...]) -> None:
        """Load a model.

        Raises:
            DetectorError: no OpenVINO here, not a model, or not of this shape.
        """
        self.name = name
        self.batch_max = 1
        self._kinds = [kind_of(label, keeps_unknown=True) for label in labels]
        model = self._read(content)
        shape = model.inputs[0].partial_shape if len(model.inputs) == 1 else None
        if shape is None or len(shape) != 4 or not all(side.is_static for side in list(shape)[2:]):
            raise DetectorError(f"{name} does not take pictures [n, 3, height, width]")
        self.input_height, self.input_width = (int(side.get_length()) for side in list(shape)[2:])
        if max(self.input_height, self.input_width) > INPUT_PIXELS_MAX:
            raise DetectorError(f"{name} wants pictures that are too large")
        self._compiled = self._compile(model)

    def _read(self, content: bytes) -> Any:
        try:
            import openvino  # an optional extra
        except ImportError as error:
            raise DetectorError("pip install keepsight[openvino]") from error
        self._core = openvino.Core()
        try:
            return self._core.read_model(io.BytesIO(content))
        except RuntimeError as error:
            raise DetectorError(f"{self.name} is not an ONNX model that OpenVINO reads") from error

    def _compile(self, model: Any) -> Any:
        try:
            model.reshape([1, 3, self.input_height, self.input_width])
            options = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
            device = "GPU" if "GPU" in self._core.available_devices else "CPU"
            return self._core.compile_model(model, device, options if device == "CPU" else {})
        except RuntimeError as error:
            raise DetectorError(f"{self.name} does not compile: {error}") from error

    def detect(self, pictures: Pictures) -> list[list[Detection]]:
        """See Detector."""
        check_pictures(pictures, self.input_width, self.input_height)
        found = []
        for picture in pictures:
            tensor = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32) / 255
            try:
                output = self._compiled(tensor)[0]
            except RuntimeError as error:
                raise DetectorError(f"{self.name} failed: {error}") from error
            found.append(read_rows(output[0], self._kinds, self.input_width, self.input_height))
        return found
