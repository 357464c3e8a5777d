"""Flat shapes with soft edges: coordinates, colours, and how much of a pixel a shape covers.

Coordinates are those of a picture 1280 wide and 720 high, x to the right and y down, whatever size
is drawn. Colours are sRGB `#rrggbb`. Finished pictures are in the encoder's own planes: YUV 4:2:0,
BT.709, limited range.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 1280
HEIGHT: Final = 720
OVERSAMPLING: Final = 3
"""Of polygon edges, in each direction."""

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Point = tuple[float, float]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""

# BT.709, limited range: rows Y, U, V.
_MATRIX: Final = np.array(
    [
        [0.2126 * 219, 0.7152 * 219, 0.0722 * 219],
        [-0.1146 * 224, -0.3854 * 224, 0.5 * 224],
        [0.5 * 224, -0.4542 * 224, -0.0458 * 224],
    ],
    np.float32,
)
_OFFSET: Final = np.array([16, 128, 128], np.float32)


def rgb(colour: str) -> Floats:
    """`#rrggbb` as three numbers 0..1."""
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)


def mix(one: str, other: str, part: float) -> str:
    """`part` 0 gives the one colour, 1 the other."""
    values = rgb(one) * (1 - part) + rgb(other) * part
    return "#" + "".join(f"{round(float(v) * 255):02x}" for v in np.clip(values, 0, 1))


def to_yuv(pixels: Floats) -> Floats:
    """RGB 0..1 in the last axis to Y, U, V in 0..255."""
    result: Floats = pixels @ _MATRIX.T + _OFFSET
    return result


@dataclass(frozen=True, slots=True)
class Planes:
    """One picture: luma, and chroma at half the size."""

    y: Bytes
    u: Bytes
    v: Bytes

    def copy(self) -> "Planes":
        """Another picture with the same content."""
        return Planes(self.y.copy(), self.u.copy(), self.v.copy())


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture with transparency, for what stands in front of everything that moves."""

    planes: Planes
    alpha: Floats
    """0..1, shape of the luma plane."""


def _inside(points: Floats, columns: Floats, rows: Floats) -> NDArray[np.bool_]:
    """Even-odd rule, for each (row, column)."""
    inside = np.zeros((len(rows), len(columns)), np.bool_)
    previous = points[-1]
    for point in points:
        (x0, y0), (x1, y1) = previous, point
        previous = point
        if y0 == y1:
            continue
        crosses = (rows >= min(y0, y1)) & (rows < max(y0, y1))
        edge = x0 + (rows[crosses] - y0) * (x1 - x0) / (y1 - y0)
        inside[crosses] ^= columns[None, :] < edge[:, None]
    return inside


def coverage_of_polygon(points: Floats, box: Box) -> Floats:
    """How much of each pixel in `box` (left, top, right, bottom) a polygon covers, 0..1."""
    left, top, right, bottom = box
    step = 1 / OVERSAMPLING
    columns = np.arange(left, right, step, dtype=np.float32) + step / 2
    rows = np.arange(top, bottom, step, dtype=np.float32) + step / 2
    size = (bottom - top, OVERSAMPLING, right - left, OVERSAMPLING)
    inside = _inside(points, columns[: size[2] * OVERSAMPLING], rows[: size[0] * OVERSAMPLING])
    covered: Floats = inside.reshape(size).mean(axis=(1, 3), dtype=np.float32)
    return covered


def coverage_of_capsule(start: Point, end: Point, radii: tuple[float, float], box: Box) -> Floats:
    """A line with round ends, of one radius at each; a disc if it has no length."""
    left, top, right, bottom = box
    x = np.arange(left, right, dtype=np.float32)[None, :] + 0.5 - start[0]
    y = np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5 - start[1]
    run_x, run_y = end[0] - start[0], end[1] - start[1]
    squared = run_x * run_x + run_y * run_y
    along: Floats | float = np.clip((x * run_x + y * run_y) / squared, 0, 1) if squared else 0.0
    distance = np.hypot(x - along * run_x, y - along * run_y)
    radius = radii[0] + (radii[1] - radii[0]) * along
    covered: Floats = np.clip(radius - distance + 0.5, 0, 1)
    return covered


def bounds_of_ellipse(
    centre: Point, radii: Point, turn: float
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    wide, high = np.hypot(radii[0] * cos, radii[1] * sin), np.hypot(radii[0] * sin, radii[1] * cos)
    return centre[0] - wide - 1, centre[1] - high - 1, centre[0] + wide + 1, centre[1] + high + 1


def coverage_of_ellipse(centre: Point, radii: Point, turn: float, box: Box) -> Floats:
    """An ellipse turned by `turn` radians; its edge by the first-order distance."""
    left, top, right, bottom = box
    across = np.arange(left, right, dtype=np.float32)[None, :] + np.float32(0.5 - centre[0])
    down = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5 - centre[1])
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    x = (across * cos + down * sin) / np.float32(max(0.3, radii[0]))
    y = (down * cos - across * sin) / np.float32(max(0.3, radii[1]))
    length = np.hypot(x, y)
    slope = np.hypot(x / np.float32(max(0.3, radii[0])), y / np.float32(max(0.3, radii[1])))
    distance = (length - 1) * length / np.maximum(slope, np.float32(1e-6))
    covered: Floats = np.clip(np.float32(0.5) - distance, 0, 1)
    return covered


def rounded_points(box: tuple[float, float, float, float], radius: float) -> list[Point]:
    """A rectangle (left, top, right, bottom) with round corners."""
    left, top, right, bottom = box
    corners = (
        (right - radius, bottom - radius, 0.0),
        (left + radius, bottom - radius, 0.5),
        (left + radius, top + radius, 1.0),
        (right - radius, top + radius, 1.5),
    )
    return [
        (
            float(x + radius * np.cos((start + part / 12) * np.pi)),
            float(y + radius * np.sin((start + part / 12) * np.pi)),
        )
        for x, y, start in corners
        for part in range(7)
    ]


def clipped_box(box: tuple[float, float, float, float], width: int, height: int) -> Box | None:
    """The box in whole, even pixels inside the picture; None when nothing is left."""
    left = max(0, int(np.floor(box[0])) & ~1)
    top = max(0, int(np.floor(box[1])) & ~1)
    right = min(width, (int(np.ceil(box[2])) + 1) & ~1)
    bottom = min(height, (int(np.ceil(box[3])) + 1) & ~1)
    return (left, top, right, bottom) if left < right and top < bottom else None
