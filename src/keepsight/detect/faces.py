"""Faces in a picture, to be made unrecognisable: YuNet, run by ONNX Runtime.

It says where faces are and nothing of whose. Nothing here, or elsewhere, compares faces. It misses
some: small ones, turned ones, those in the dark.
"""

from math import ceil, exp, isfinite
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.decoder import Colour, cut
from keepsight.detect.detector import DETECTIONS_MAX, DetectorError
from keepsight.detect.look import in_picture
from keepsight.detect.model import FACE_MODEL
from keepsight.detect.models import ModelError, known_model, load_model
from keepsight.detect.sight import Box, Detection, clipped, overlap

FACE: Final = "face"
INPUT_PIXELS: Final = 640
"""Width and height of the model's input; it takes no other."""
STRIDES: Final = (8, 16, 32)
FACE_CONFIDENCE: Final = 0.4
"""Lower than where one wants to be sure of a face: one blurred too many harms less than one missed.
"""
OVERLAP_SAME: Final = 0.3
WINDOWS_MAX: Final = 6
"""Of a very wide picture; beyond it they lie further apart than they should."""
_EXPONENT_MAX: Final = 8.0


def windows_of(width: int, height: int) -> tuple[Box, ...]:
    """Squares along the longer side that cover a picture, overlapping a little.

    Faces are two or three times as large in them as in the whole picture made square.
    """
    longer, shorter = max(width, height), max(1, min(width, height))
    share = shorter / longer
    count = min(WINDOWS_MAX, ceil(longer / shorter))
    begins = [index * (1 - share) / max(1, count - 1) for index in range(count)]
    if width >= height:
        return tuple(Box(begin, 0.0, begin + share, 1.0) for begin in begins)
    return tuple(Box(0.0, begin, 1.0, begin + share) for begin in begins)


def _rows(outputs: dict[str, NDArray[np.float32]]) -> list[Detection]:
    """What the model found in its square input."""
    found = []
    for stride in STRIDES:
        columns = INPUT_PIXELS // stride
        certain, there = (
            np.clip(outputs[f"{name}_{stride}"].reshape(-1), 0, 1) for name in ("cls", "obj")
        )
        edges = outputs[f"bbox_{stride}"].reshape(-1, 4)
        if not len(certain) == len(there) == len(edges) == columns * columns:
            raise DetectorError("this is not the face model: its output has another shape")
        scores = np.sqrt(certain * there)
        for at in map(int, np.flatnonzero(scores >= FACE_CONFIDENCE)):
            across, down, wide, high = (float(each) for each in edges[at])
            x, y = at % columns + across, at // columns + down
            half_wide, half_high = (exp(min(e, _EXPONENT_MAX)) / 2 for e in (wide, high))
            box = [x - half_wide, y - half_high, x + half_wide, y + half_high]
            if all(map(isfinite, box)):
                found.append(
                    Detection(FACE, float(scores[at]), clipped(*(e / columns for e in box)))
                )
    return found


def each_once(found: list[Detection]) -> list[Detection]:
    """Most certain first; one that lies mostly over another is the same face."""
    kept: list[Detection] = []
    for each in sorted(found, key=lambda one: -one.confidence):
        if all(overlap(each.box, other.box) < OVERLAP_SAME for other in kept):
            kept.append(each)
    return kept[:DETECTIONS_MAX]


class FaceFinder:
    """One session; not for several threads at once."""

    def __init__(self, content: bytes) -> None:
        """Load the model.

        Raises:
            DetectorError: no ONNX Runtime here, or these bytes are not the model.
        """
        try:
            import onnxruntime  # no wheel of it on some machines; everything else works there
        except ImportError as error:
            raise DetectorError(
                "finding faces needs ONNX Runtime: pip install onnxruntime"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # Its exceptions share no class but Exception; the boundary to a foreign library.
            raise DetectorError(f"the face model cannot be run: {str(error)[:200]}") from error
        self._names = [each.name for each in self._session.get_outputs()]

    def find(self, colour: Colour) -> list[Detection]:
        """Faces in a picture, most certain first; boxes in shares of it.

        Raises:
            DetectorError: the model failed.
        """
        height, width = colour.shape[:2]
        found = self._ask(_padded(colour))
        scale = (INPUT_PIXELS / max(1, round(INPUT_PIXELS * size / max(width, height)))
                 for size in (width, height))  # fmt: skip
        across, down = scale
        found = [
            Detection(
                each.kind, each.confidence,
                clipped(each.box.left * across, each.box.top * down,
                        each.box.right * across, each.box.bottom * down),
            )
            for each in found
        ]  # fmt: skip
        if max(width, height) > INPUT_PIXELS:
            for window in windows_of(width, height):
                seen = self._ask(cut(colour, window, INPUT_PIXELS, INPUT_PIXELS))
                found += in_picture(seen, window)
        return each_once(found)

    def _ask(self, square: Colour) -> list[Detection]:
        tensor = np.ascontiguousarray(square[..., ::-1].transpose(2, 0, 1)[None], dtype=np.float32)
        try:
            outputs = self._session.run(None, {self._session.get_inputs()[0].name: tensor})
        except Exception as error:
            # Its exceptions share no class but Exception; the boundary to a foreign library.
            raise DetectorError(f"the face model failed: {str(error)[:200]}") from error
        try:
            return _rows(dict(zip(self._names, outputs, strict=True)))
        except KeyError as error:
            raise DetectorError("this is not the face model: an output is missing") from error


def _padded(colour: Colour) -> Colour:
    """The whole picture in the upper left of a black square."""
    height, width = colour.shape[:2]
    share = INPUT_PIXELS / max(width, height)
    columns, rows = (max(1, round(size * share)) for size in (width, height))
    square = np.zeros((INPUT_PIXELS, INPUT_PIXELS, 3), np.uint8)
    square[:rows, :columns] = cut(colour, Box(0, 0, 1, 1), max(2, columns), max(2, rows))[
        :rows, :columns
    ]
    return square


def open_faces(folder: Path | None = None) -> FaceFinder:
    """The finder with the installed, verified model.

    Raises:
        DetectorError: it cannot be had; the text says why and what to do.
    """
    try:
        content = load_model(known_model(FACE_MODEL), folder)
    except ModelError as error:
        text = f"faces cannot be found: run `keepsight models install {FACE_MODEL}` ({error})"
        raise DetectorError(text) from error
    return FaceFinder(content)
