"""Asking the detector about a picture: which windows of it, and putting the answers together.

A window of 0.58 of the longer side shows people larger than the whole picture does. On the ground
truth of the outdoor clip, at the same confidence of 0.5, Lite1 finds 0.70 of the people in the
whole picture and 0.92 in two overlapping windows. So a movement that fits a window is asked about
in one window, at the price of one whole picture; a wide one in the whole picture, and in both
windows if that leaves movement unexplained.
"""

from typing import Final

import numpy as np

from keepsight.detect.decoder import Colour, Picture, cut
from keepsight.detect.detector import Detector
from keepsight.detect.gate import CELL_PIXELS, OPEN_PIXELS, Activity
from keepsight.detect.lowlight import lifted
from keepsight.detect.sight import Box, Detection, around, clipped, common_area, overlap

WINDOW_SHARE: Final = 0.583
"""Of the longer side; 448 of 768 pixels in the measurement above."""
WIDE_SHARE: Final = 0.45
"""A movement that, with its margin, takes more of the longer side is not put into one window."""
MARGIN_SHARE: Final = 0.04
"""Of the picture, around a movement."""
EDGE_SHARE: Final = 0.006
"""A box that ends so near to a window's inner edge is cut off; the neighbour has it whole."""
OVERLAP_SAME: Final = 0.5
INSIDE_SAME: Final = 0.75
"""Of the smaller box: a leg inside a person is not a second person."""
GROWN_SHARE: Final = 0.3
"""A moving person's old place is explained by the person next to it."""

WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)


def halves(width: int, height: int) -> tuple[Box, Box]:
    """Two overlapping windows along the longer side."""
    rest = 1 - WINDOW_SHARE
    if width >= height:
        return Box(0, 0, WINDOW_SHARE, 1), Box(rest, 0, 1, 1)
    return Box(0, 0, 1, WINDOW_SHARE), Box(0, rest, 1, 1)


def window_around(box: Box, width: int, height: int) -> Box | None:
    """The one window in whose middle a box lies as well as may be; None when it is too wide."""
    is_wide = width >= height
    first, last = (box.left, box.right) if is_wide else (box.top, box.bottom)
    if last - first + 2 * MARGIN_SHARE > WIDE_SHARE:
        return None
    begin = min(max(0.0, (first + last - WINDOW_SHARE) / 2), 1 - WINDOW_SHARE)
    end = begin + WINDOW_SHARE
    return Box(begin, 0, end, 1) if is_wide else Box(0, begin, 1, end)


def _is_cut(box: Box, window: Box) -> bool:
    inner = (
        (window.left > 0 and box.left < window.left + EDGE_SHARE),
        (window.top > 0 and box.top < window.top + EDGE_SHARE),
        (window.right < 1 and box.right > window.right - EDGE_SHARE),
        (window.bottom < 1 and box.bottom > window.bottom - EDGE_SHARE),
    )
    return any(inner)


def in_picture(found: list[Detection], window: Box) -> list[Detection]:
    """Detections of a window in shares of the whole picture, without those cut at inner edges."""
    placed = []
    for each in found:
        box = clipped(
            window.left + each.box.left * window.width,
            window.top + each.box.top * window.height,
            window.left + each.box.right * window.width,
            window.top + each.box.bottom * window.height,
        )
        if not _is_cut(box, window):
            placed.append(Detection(each.kind, each.confidence, box))
    return placed


def merged(found: list[Detection]) -> list[Detection]:
    """Each thing once, most certain first."""
    kept: list[Detection] = []
    for each in sorted(found, key=lambda one: -one.confidence):
        smaller = [min(each.box.area, other.box.area) for other in kept]
        is_known = any(
            other.kind == each.kind
            and (
                overlap(other.box, each.box) > OVERLAP_SAME
                or common_area(other.box, each.box) > INSIDE_SAME * area
            )
            for other, area in zip(kept, smaller, strict=True)
        )
        if not is_known:
            kept.append(each)
    return kept


def ask(detector: Detector, colour: Colour, windows: tuple[Box, ...]) -> list[Detection]:
    """What the detector sees in these windows of a picture.

    Raises:
        DetectorError: it failed.
    """
    size = (detector.input_width, detector.input_height)
    pictures = np.stack([cut(colour, window, *size) for window in windows])
    found: list[Detection] = []
    for window, each in zip(windows, detector.detect(pictures), strict=True):
        found += in_picture(each, window)
    return merged(found)


def _grown(box: Box) -> Box:
    across, down = box.width * GROWN_SHARE, box.height * GROWN_SHARE
    return clipped(box.left - across, box.top - down, box.right + across, box.bottom + down)


def is_explained(activity: Activity, found: list[Detection]) -> bool:
    """Whether what was found covers what moved, up to less than opens the gate."""
    if activity.cells is None:
        return False
    left = activity.cells.copy()
    rows, columns = left.shape
    for each in found:
        box = _grown(each.box)
        left[
            int(box.top * rows) : int(np.ceil(box.bottom * rows)),
            int(box.left * columns) : int(np.ceil(box.right * columns)),
        ] = 0
    return int(left[left >= CELL_PIXELS].sum()) < OPEN_PIXELS


def look(
    detector: Detector, picture: Picture, activity: Activity, tracked: tuple[Box, ...]
) -> list[Detection]:
    """What is in a picture, with as few questions as the movement allows.

    Args:
        detector: to ask.
        picture: of now.
        activity: what moved.
        tracked: where those are who must be found again.

    Raises:
        DetectorError: the detector failed.
    """
    colour = lifted(picture.colour())
    shape = (picture.width, picture.height)
    interesting = [*activity.boxes, *tracked]
    window = window_around(around(interesting), *shape) if interesting else None
    if window is not None:
        return ask(detector, colour, (window,))
    found = ask(detector, colour, (WHOLE,))
    if is_explained(activity, found):
        return found
    return merged(found + ask(detector, colour, halves(*shape)))


def look_thoroughly(detector: Detector, picture: Picture) -> list[Detection]:
    """What is in a picture: the whole and both windows, whatever moved.

    Raises:
        DetectorError: the detector failed.
    """
    windows = (WHOLE, *halves(picture.width, picture.height))
    return ask(detector, lifted(picture.colour()), windows)
