"""Making a part of a picture unrecognisable, or black: in place, on planes of YUV 4:2:0."""

from math import ceil, floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.masks import covered_by
from keepsight.detect.sight import Box
from keepsight.detect.zones import Point

Plane = NDArray[np.uint8]

CELLS: Final = 5
"""A region becomes so many values across and down, and smooth between them: a face of five by five
values is nobody's."""
CELL_PIXELS_MIN: Final = 4
"""A small region has fewer, larger cells."""
GREY: Final = 128
"""Of a colour plane: no colour."""


def _cells(size: int) -> int:
    return max(1, min(CELLS, size // CELL_PIXELS_MIN))


def _weights(size: int, cells: int) -> NDArray[np.float32]:
    """[size, cells]: how much of each cell's value a pixel gets, straight between their middles."""
    place = (np.arange(size) + 0.5) * cells / size - 0.5
    low = np.clip(np.floor(place).astype(int), 0, cells - 1)
    high = np.minimum(low + 1, cells - 1)
    share = np.clip(place - low, 0, 1).astype(np.float32)
    weights = np.zeros((size, cells), np.float32)
    np.add.at(weights, (np.arange(size), low), 1 - share)
    np.add.at(weights, (np.arange(size), high), share)
    return weights


def _means(part: Plane, rows: int, columns: int) -> NDArray[np.float32]:
    """Mean of each cell."""
    height, width = part.shape
    tops = np.linspace(0, height, rows + 1).astype(int)
    lefts = np.linspace(0, width, columns + 1).astype(int)
    sums = np.add.reduceat(part.astype(np.float32), tops[:-1], axis=0)
    sums = np.add.reduceat(sums, lefts[:-1], axis=1)
    means: NDArray[np.float32] = sums / np.outer(np.diff(tops), np.diff(lefts))
    return means.astype(np.float32)


def smear(plane: Plane, box: Box) -> None:
    """Blur a part of a plane so that only CELLS by CELLS values of it are left."""
    height, width = plane.shape
    top, bottom = max(0, floor(box.top * height)), min(height, ceil(box.bottom * height))
    left, right = max(0, floor(box.left * width)), min(width, ceil(box.right * width))
    if bottom - top < 1 or right - left < 1:
        return
    part = plane[top:bottom, left:right]
    rows, columns = _cells(bottom - top), _cells(right - left)
    down, across = _weights(bottom - top, rows), _weights(right - left, columns)
    smooth = down @ _means(part, rows, columns) @ across.T
    part[:] = np.clip(smooth + 0.5, 0, 255).astype(np.uint8)


class Blackness:
    """Privacy masks over the planes of one film."""

    def __init__(
        self, polygons: tuple[tuple[Point, ...], ...], width: int, height: int, black: int
    ) -> None:
        """Args: width and height of the brightness plane; black is its darkest value."""
        self.hides_something = bool(polygons)
        self._black = black
        self._fine = covered_by(polygons, width, height)
        # A colour value lies over four pixels: those of a pixel that is black are hidden too.
        self._coarse = covered_by(polygons, (width + 1) // 2, (height + 1) // 2)

    def over(self, planes: tuple[Plane, Plane, Plane]) -> None:
        """Blacken."""
        brightness, *colours = planes
        brightness[self._fine] = self._black
        for colour in colours:
            colour[self._coarse] = GREY
