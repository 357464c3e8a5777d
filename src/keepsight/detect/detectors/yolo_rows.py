"""What YOLO-shaped models give out, whichever runtime ran them, as detections. Pure.

Three shapes are in use: [1, 4 + classes, n] (v8, v9, v11; centre and size in input pixels),
[1, n, 5 + classes] (v5, v7; the fifth column is objectness) and [1, n, 6] (end to end: left, top,
right, bottom, score, class).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.detector import CONFIDENCE_FLOOR, DETECTIONS_MAX, DetectorError
from keepsight.detect.sight import Detection, clipped, overlap

OVERLAP_SAME: Final = 0.5
"""Boxes of one kind that overlap more are one thing; YOLO's own usual value is 0.45 to 0.7."""

Rows = NDArray[np.float32]


def as_rows(output: Rows, classes: int) -> tuple[Rows, Rows, NDArray[np.int64]]:
    """One picture's output as (edges [n, 4] in input pixels, scores [n], classes [n]).

    Raises:
        DetectorError: none of the three shapes.
    """
    if output.ndim != 2:
        raise DetectorError(f"the model's output has {output.ndim} dimensions a picture, not 2")
    if output.shape[1] == 6 and classes != 1:
        return output[:, :4], output[:, 4], output[:, 5].astype(np.int64)
    if output.shape[0] == 4 + classes:
        table, scores = output.T, output.T[:, 4:]
    elif output.shape[1] == 5 + classes:
        table, scores = output, output[:, 4:5] * output[:, 5:]
    else:
        shape = "x".join(str(size) for size in output.shape)
        raise DetectorError(
            f"the model's output {shape} fits no YOLO shape with {classes} classes: "
            "does the label file belong to it?"
        )
    half = table[:, 2:4] / 2
    edges = np.concatenate([table[:, :2] - half, table[:, :2] + half], axis=1)
    return edges, scores.max(axis=1), scores.argmax(axis=1)


def read_rows(
    output: Rows, kinds: list[str | None], input_width: int, input_height: int
) -> list[Detection]:
    """Detections of one picture, most certain first, each thing once.

    Raises:
        DetectorError: the output has no known shape.
    """
    edges, scores, labels = as_rows(output, len(kinds))
    scale = np.array([input_width, input_height, input_width, input_height], dtype=np.float32)
    usable = (scores >= CONFIDENCE_FLOOR) & np.isfinite(edges).all(axis=1)
    order = np.flatnonzero(usable)
    order = order[np.argsort(-scores[order])][: DETECTIONS_MAX * 10]
    kept: list[Detection] = []
    for row in order:
        label = int(labels[row])
        kind = kinds[label] if 0 <= label < len(kinds) else None
        if kind is None:
            continue
        box = clipped(*(float(edge) for edge in edges[row] / scale))
        if any(each.kind == kind and overlap(each.box, box) > OVERLAP_SAME for each in kept):
            continue
        kept.append(Detection(kind, min(1.0, float(scores[row])), box))
        if len(kept) >= DETECTIONS_MAX:
            break
    return kept
