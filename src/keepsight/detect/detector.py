"""The one interface of everything that finds things in a picture, and what all of them refuse."""

from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.sight import Detection

Pictures = NDArray[np.uint8]

CONFIDENCE_FLOOR: Final = 0.2
"""Below this nothing is reported at all; events ask for much more (tracker.py)."""
DETECTIONS_MAX: Final = 100
"""A picture; more is a broken model."""
INPUT_PIXELS_MAX: Final = 2048
"""Width or height of a model's input."""
LABELS_MAX: Final = 4096


class DetectorError(Exception):
    """A detector that cannot be made or asked; the text says why and what to do."""


class Detector(Protocol):
    """Finds things in pictures. Not for several threads at once: each thread opens its own."""

    name: str
    input_width: int
    """Pixels; pictures must have exactly this size."""
    input_height: int
    batch_max: int
    """Pictures that one call works on faster than one by one; 1 where it makes no difference."""

    def detect(self, pictures: Pictures) -> list[list[Detection]]:
        """What is in each picture, most certain first; boxes in shares of the picture, 0..1.

        Args:
            pictures: uint8 RGB, [count, input_height, input_width, 3]; count may be 0.

        Raises:
            DetectorError: another shape or type, or the model failed.
        """
        ...


def check_pictures(pictures: Pictures, width: int, height: int) -> None:
    """Refuse what is not a batch of pictures of the model's size.

    Raises:
        DetectorError: it is not.
    """
    if pictures.dtype != np.uint8:
        raise DetectorError(f"pictures must be uint8, not {pictures.dtype}")
    if pictures.ndim != 4 or pictures.shape[1:] != (height, width, 3):
        shape = "x".join(str(size) for size in pictures.shape)
        raise DetectorError(f"pictures must be [n, {height}, {width}, 3], not {shape}")


def read_labels(path: Path) -> tuple[str, ...]:
    """One label a line, in the order of the model's classes; `0: person` and `0 person` work too.

    Raises:
        DetectorError: unreadable, empty or far too long.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DetectorError(f"the label file {path} cannot be read: {error}") from error
    return parse_labels(text)


def parse_labels(text: str) -> tuple[str, ...]:
    """Labels of a label file's text.

    Raises:
        DetectorError: there is none, or there are too many.
    """
    labels = []
    for line in text.splitlines():
        number, _, rest = line.strip().replace(":", " ").partition(" ")
        labels.append(rest.strip() if number.isdigit() and rest.strip() else line.strip())
    while labels and not labels[-1]:
        labels.pop()
    if not labels or len(labels) > LABELS_MAX:
        raise DetectorError(f"the label file needs 1 to {LABELS_MAX} lines, it has {len(labels)}")
    return tuple(labels)
