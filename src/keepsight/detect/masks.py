"""Polygons as pixels: parts that are left out of watching, and blackened in stills."""

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.zones import Point


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
