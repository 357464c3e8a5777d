"""YOLO-shaped ONNX models with ONNX Runtime (extra `onnx`), in batches on a GPU where there is one.

Input float32 RGB 0..1, [n, 3, height, width], pictures stretched to it; outputs: yolo_rows.py.
No weights of this shape are shipped: those we know are AGPL or of unknown licence.
"""

from typing import Any, Final

import numpy as np

from keepsight.detect.detector import (
    INPUT_PIXELS_MAX,
    DetectorError,
    Pictures,
    check_pictures,
)
from keepsight.detect.detectors.yolo_rows import read_rows
from keepsight.detect.sight import Detection, kind_of

BATCH_MAX_GPU: Final = 32
INPUT_PIXELS_DEFAULT: Final = 640
"""Width and height of a model that leaves them open."""
_GPU_PROVIDERS: Final = (
    "TensorrtExecutionProvider",
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
    "OpenVINOExecutionProvider",
)


class OnnxYolo:
    """One session; not for several threads at once."""

    def __init__(self, content: bytes, *, name: str, labels: tuple[str, ...]) -> None:
        """Load a model.

        Raises:
            DetectorError: no ONNX Runtime here, not a model, or not of this shape.
        """
        self.name = name
        self._kinds = [kind_of(label, keeps_unknown=True) for label in labels]
        self._session = self._session_of(content)
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        if len(shape) != 4 or shape[1] != 3 or inputs[0].type != "tensor(float)":
            raise DetectorError(f"{name} does not take float pictures [n, 3, height, width]")
        sizes = [size if isinstance(size, int) else INPUT_PIXELS_DEFAULT for size in shape[2:]]
        if max(sizes) > INPUT_PIXELS_MAX or min(sizes) < 1:
            raise DetectorError(f"{name} wants pictures of {sizes[1]}x{sizes[0]}: too large")
        self.input_height, self.input_width = sizes
        self._input = inputs[0].name
        is_on_gpu = self._session.get_providers()[0] in _GPU_PROVIDERS
        takes_batch = not isinstance(shape[0], int)
        self._at_once = BATCH_MAX_GPU if takes_batch else 1
        self.batch_max = self._at_once if is_on_gpu else 1

    def _session_of(self, content: bytes) -> Any:
        try:
            import onnxruntime  # an optional extra
        except ImportError as error:
            raise DetectorError(
                "ONNX models need ONNX Runtime: pip install keepsight[onnx]"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        there = onnxruntime.get_available_providers()
        wanted = [each for each in _GPU_PROVIDERS if each in there] + ["CPUExecutionProvider"]
        try:
            return onnxruntime.InferenceSession(content, options, providers=wanted)
        except Exception as error:
            # Its exceptions share no class but Exception; the boundary to a foreign library.
            reason = str(error).splitlines()[0][:200]
            raise DetectorError(f"{self.name} is not an ONNX model that runs: {reason}") from error

    def detect(self, pictures: Pictures) -> list[list[Detection]]:
        """See Detector."""
        check_pictures(pictures, self.input_width, self.input_height)
        found: list[list[Detection]] = []
        for first in range(0, len(pictures), self._at_once):
            part = pictures[first : first + self._at_once]
            tensor = np.ascontiguousarray(part.transpose(0, 3, 1, 2), dtype=np.float32) / 255
            try:
                output = self._session.run(None, {self._input: tensor})[0]
            except Exception as error:
                # Its exceptions share no class but Exception; the boundary to a foreign library.
                reason = str(error).splitlines()[0][:200]
                raise DetectorError(f"{self.name} failed: {reason}") from error
            if not isinstance(output, np.ndarray) or len(output) != len(part):
                raise DetectorError(f"{self.name} gives no row of outputs for each picture")
            found += [
                read_rows(each, self._kinds, self.input_width, self.input_height)
                for each in output.astype(np.float32, copy=False)
            ]
        return found
