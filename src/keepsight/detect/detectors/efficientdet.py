"""SSD-like TFLite models with their own post-processing: EfficientDet-Lite, SSD MobileNet.

Input one uint8 RGB picture; outputs, in order: boxes [1, n, 4] as top, left, bottom, right in
0..1, classes [1, n], scores [1, n], count [1]. Labels lie in a zip at the file's end (TFLite
metadata) unless a label file is given. Runs with LiteRT and XNNPACK on one thread: a second one
gave Lite1 4 ms of 29 in wall time and cost as much; use one detector a core instead.
"""

import io
import zipfile
from typing import Any, Final

import numpy as np

from keepsight.detect.detector import (
    CONFIDENCE_FLOOR,
    DETECTIONS_MAX,
    INPUT_PIXELS_MAX,
    DetectorError,
    Pictures,
    check_pictures,
    parse_labels,
)
from keepsight.detect.sight import Detection, clipped, kind_of

LABEL_BYTES_MAX: Final = 1 << 20


def labels_inside(content: bytes) -> tuple[str, ...] | None:
    """The label list that TFLite metadata appends to the model file; None where there is none.

    Raises:
        DetectorError: a list is there and unreadable.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            name = next((each for each in packed.namelist() if each.endswith(".txt")), None)
            if name is None:
                return None
            with packed.open(name) as file:
                text = file.read(LABEL_BYTES_MAX).decode("utf-8")
    except zipfile.BadZipFile:
        return None
    except (UnicodeDecodeError, OSError, ValueError) as error:
        raise DetectorError(f"the labels inside the model cannot be read: {error}") from error
    return parse_labels(text)


class EfficientDet:
    """One interpreter; not for several threads at once."""

    def __init__(
        self, content: bytes, *, name: str, labels: tuple[str, ...] | None, is_own: bool
    ) -> None:
        """Load a model.

        Args:
            content: the file's bytes, verified by the caller.
            name: for messages and events.
            labels: in the order of classes; None: those inside the file.
            is_own: a user's own model: unknown labels are kinds of their own.

        Raises:
            DetectorError: no LiteRT here, not a model, or not of this shape.
        """
        self.name = name
        self.batch_max = 1
        found = labels or labels_inside(content)
        if found is None:
            raise DetectorError(f"{name} carries no labels: give a label file")
        self._kinds = [kind_of(label, keeps_unknown=is_own) for label in found]
        self._interpreter = self._interpreter_of(content)
        self._read_shapes()

    def _interpreter_of(self, content: bytes) -> Any:
        try:
            from ai_edge_litert.interpreter import Interpreter  # loads a 20 MB library
        except ImportError as error:
            raise DetectorError(
                "LiteRT is not installed (it has no wheel for this machine): "
                "use an ONNX model with `pip install keepsight[onnx]`"
            ) from error
        try:
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise DetectorError(f"{self.name} is not a TFLite model that runs: {error}") from error
        return interpreter

    def _read_shapes(self) -> None:
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        shape = [int(size) for size in inputs[0]["shape"]] if len(inputs) == 1 else []
        is_picture = len(shape) == 4 and shape[0] == 1 and shape[3] == 3
        if not is_picture or inputs[0]["dtype"] != np.uint8 or max(shape) > INPUT_PIXELS_MAX:
            raise DetectorError(f"{self.name} does not take one uint8 RGB picture, but {shape}")
        if len(outputs) != 4 or list(outputs[0]["shape"])[-1] != 4:
            raise DetectorError(f"{self.name} does not give boxes, classes, scores and a count")
        self.input_height, self.input_width = shape[1], shape[2]
        self._input = inputs[0]["index"]
        self._outputs = [output["index"] for output in outputs]

    def detect(self, pictures: Pictures) -> list[list[Detection]]:
        """See Detector."""
        check_pictures(pictures, self.input_width, self.input_height)
        return [self._detect_one(picture) for picture in pictures]

    def _detect_one(self, picture: Pictures) -> list[Detection]:
        try:
            self._interpreter.set_tensor(self._input, picture[None])
            self._interpreter.invoke()
            boxes, classes, scores, count = (
                np.array(self._interpreter.get_tensor(index)) for index in self._outputs
            )
        except (ValueError, RuntimeError) as error:
            raise DetectorError(f"{self.name} failed: {error}") from error
        rows = min(int(count.reshape(-1)[0]), boxes.shape[1], DETECTIONS_MAX)
        found = []
        for row in range(rows):
            score, label = float(scores[0, row]), int(classes[0, row])
            kind = self._kinds[label] if 0 <= label < len(self._kinds) else None
            edges = boxes[0, row]
            if kind is None or not score >= CONFIDENCE_FLOOR or not np.isfinite(edges).all():
                continue
            top, left, bottom, right = (float(edge) for edge in edges)
            found.append(Detection(kind, min(score, 1.0), clipped(left, top, right, bottom)))
        return sorted(found, key=lambda each: -each.confidence)
