"""Polygons as pixels: parts that are left out of watching, and blackened in pictures that leave."""

from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.zones import Point

SIZES_KEPT: Final = 4
"""Of pictures for which a veil remembers its pixels; more than there are kinds of pictures."""


def mask_of(polygons: tuple[tuple[Point, ...], ...], width: int, height: int) -> NDArray[np.bool_]:
    """Which pixels lie in one of the polygons (even-odd rule, by the pixel's middle)."""
    across = ((np.arange(width) + 0.5) / width)[None, :]
    down = ((np.arange(height) + 0.5) / height)[:, None]
    covered = np.zeros((height, width), bool)
    for points in polygons:
        inside = np.zeros((height, width), bool)
        last_x, last_y = points[-1]
        for x, y in points:
            if y != last_y:
                crosses = (y > down) != (last_y > down)
                edge = (last_x - x) * (down - y) / (last_y - y) + x
                inside ^= crosses & (across < edge)
            last_x, last_y = x, y
        covered |= inside
    return covered


def covered_by(
    polygons: tuple[tuple[Point, ...], ...], width: int, height: int
) -> NDArray[np.bool_]:
    """Which pixels a polygon touches at all, and their neighbours: what has to be black.

    More than `mask_of` covers. Lines that cross themselves enclose what they wind around (the
    non-zero rule, as a browser fills them), and a mask narrower than a pixel covers it too: a
    small picture is made of averages, and one that is hidden by half is not hidden.
    """
    covered = np.zeros((height, width), bool)
    for points in polygons:
        covered |= _wound(points, width, height)
        _draw(covered, points)
    grown = covered.copy()
    grown[1:] |= covered[:-1]
    grown[:-1] |= covered[1:]
    wide = grown.copy()
    wide[:, 1:] |= grown[:, :-1]
    wide[:, :-1] |= grown[:, 1:]
    return wide


def _wound(points: tuple[Point, ...], width: int, height: int) -> NDArray[np.bool_]:
    """Pixels around whose middle the line goes at least once."""
    across = ((np.arange(width) + 0.5) / width)[None, :]
    winding = np.zeros((height, width), np.int16)
    last_x, last_y = points[-1]
    for x, y in points:
        low, high = sorted((last_y, y))
        # Only the rows that this edge crosses: a mask of many corners stays cheap.
        first, last = max(0, ceil(low * height - 0.5)), min(height, ceil(high * height - 0.5))
        if first < last:
            down = ((np.arange(first, last) + 0.5) / height)[:, None]
            edge = (last_x - x) * (down - y) / (last_y - y) + x
            winding[first:last] += (across < edge) * (1 if y > last_y else -1)
        last_x, last_y = x, y
    around: NDArray[np.bool_] = winding != 0
    return around


def _draw(covered: NDArray[np.bool_], points: tuple[Point, ...]) -> None:
    """Set the pixels along the outline."""
    height, width = covered.shape
    last_x, last_y = points[-1]
    for x, y in points:
        steps = 2 * ceil(max(abs(x - last_x) * width, abs(y - last_y) * height)) + 2
        columns = np.linspace(last_x * width, x * width, steps).astype(int)
        rows = np.linspace(last_y * height, y * height, steps).astype(int)
        covered[rows.clip(0, height - 1), columns.clip(0, width - 1)] = True
        last_x, last_y = x, y


class Veil:
    """Privacy masks over pictures of one camera. Not for several threads at once."""

    def __init__(self, polygons: tuple[tuple[Point, ...], ...]) -> None:
        self._polygons = polygons
        self._pixels: dict[tuple[int, int], NDArray[np.bool_]] = {}

    @property
    def hides_something(self) -> bool:
        """Whether there is a mask at all."""
        return bool(self._polygons)

    def over(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture, RGB, with every mask black; a copy where there is one."""
        if not self._polygons:
            return picture
        height, width = picture.shape[:2]
        size = (width, height)
        if size not in self._pixels:
            while len(self._pixels) >= SIZES_KEPT:
                del self._pixels[next(iter(self._pixels))]
            self._pixels[size] = covered_by(self._polygons, width, height)
        hidden = picture.copy()
        hidden[self._pixels[size]] = 0
        return hidden
