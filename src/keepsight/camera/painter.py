"""Paints what stands still, once, in RGB with transparency, at leisure."""

import numpy as np

from keepsight.camera.canvas import (
    WIDTH,
    Box,
    Floats,
    Layer,
    Planes,
    Point,
    bounds_of_ellipse,
    clipped_box,
    coverage_of_capsule,
    coverage_of_ellipse,
    coverage_of_polygon,
    rgb,
    rounded_points,
    to_yuv,
)


class Painter:
    """A picture under work, in coordinates of 1280 by 720."""

    def __init__(self, width: int, height: int, *, is_opaque: bool = True) -> None:
        self.width, self.height = width, height
        self._scale = width / WIDTH
        self._pixels = np.zeros((height, width, 3), np.float32)
        self._alpha = np.full((height, width), 1.0 if is_opaque else 0.0, np.float32)

    def _blend(self, box: Box, covered: Floats, colour: Floats) -> None:
        left, top, right, bottom = box
        place = np.s_[top:bottom, left:right]
        under = self._alpha[place] * (1 - covered)
        total = under + covered
        weight = np.divide(covered, total, out=np.zeros_like(covered), where=total > 0)
        pixels = self._pixels[place]
        pixels += (colour - pixels) * weight[:, :, None]
        self._alpha[place] = total

    def polygon(
        self,
        points: list[Point],
        colour: str,
        *,
        lower_colour: str | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Fill a polygon, with a vertical gradient if there is a lower colour."""
        corners = np.array(points, np.float32) * self._scale
        low, high = corners.min(axis=0), corners.max(axis=0)
        box = clipped_box((low[0], low[1], high[0], high[1]), self.width, self.height)
        if box is None:
            return
        fill = rgb(colour)
        if lower_colour is not None:
            rows = np.arange(box[1], box[3], dtype=np.float32)
            part = np.clip((rows - low[1]) / max(1.0, float(high[1] - low[1])), 0, 1)
            fill = (fill + (rgb(lower_colour) - fill) * part[:, None])[:, None, :]
        self._blend(box, coverage_of_polygon(corners, box) * np.float32(alpha), fill)

    def rectangle(
        self,
        box: tuple[float, float, float, float],
        colour: str,
        *,
        lower_colour: str | None = None,
        radius: float = 0.0,
        alpha: float = 1.0,
    ) -> None:
        """Left, top, right, bottom."""
        left, top, right, bottom = box
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        points = rounded_points(box, radius) if radius else corners
        self.polygon(points, colour, lower_colour=lower_colour, alpha=alpha)

    def ellipse(
        self, centre: Point, radii: Point, colour: str, *, alpha: float = 1.0, turn: float = 0.0
    ) -> None:
        """Fill an ellipse."""
        scale = self._scale
        place = (centre[0] * scale, centre[1] * scale)
        sizes = (radii[0] * scale, radii[1] * scale)
        box = clipped_box(bounds_of_ellipse(place, sizes, turn), self.width, self.height)
        if box is not None:
            covered = coverage_of_ellipse(place, sizes, turn, box) * np.float32(alpha)
            self._blend(box, covered, rgb(colour))

    def line(self, start: Point, end: Point, width: float, colour: str, alpha: float = 1.0) -> None:
        """A line with round ends."""
        scale = self._scale
        (x0, y0), (x1, y1), radius = start, end, width / 2
        reach = radius + 1
        bounds = (
            min(x0, x1) - reach,
            min(y0, y1) - reach,
            max(x0, x1) + reach,
            max(y0, y1) + reach,
        )
        box = clipped_box(
            (bounds[0] * scale, bounds[1] * scale, bounds[2] * scale, bounds[3] * scale),
            self.width,
            self.height,
        )
        if box is None:
            return
        radii = (max(0.5, radius * scale), max(0.5, radius * scale))
        ends = ((x0 * scale, y0 * scale), (x1 * scale, y1 * scale))
        covered = coverage_of_capsule(*ends, radii, box) * np.float32(alpha)
        self._blend(box, covered, rgb(colour))

    def glow(self, centre: Point, radii: Point, colour: str, strength: float) -> None:
        """Add light that fades from the centre."""
        scale = self._scale
        x, y = (
            (np.arange(self.width, dtype=np.float32) / scale - centre[0]) / radii[0],
            (np.arange(self.height, dtype=np.float32) / scale - centre[1]) / radii[1],
        )
        light = np.exp(-2.5 * (x[None, :] ** 2 + y[:, None] ** 2)) * np.float32(strength)
        # Screen blending: light never overshoots, and leaves dark places their colour.
        self._pixels += (1 - self._pixels) * light[:, :, None] * rgb(colour)

    def noise(self, strength: float, seed: int) -> None:
        """A little grain, so that large flat areas do not band."""
        grain = np.random.default_rng(seed).normal(0, strength, (self.height, self.width))
        self._pixels += grain[:, :, None].astype(np.float32)

    def finish(self) -> Layer:
        """The picture in the encoder's planes."""
        yuv = to_yuv(np.clip(self._pixels, 0, 1))
        halves = yuv.reshape(self.height // 2, 2, self.width // 2, 2, 3).mean(axis=(1, 3))
        whole = np.round(yuv[:, :, 0]).astype(np.uint8)
        planes = Planes(
            whole,
            np.ascontiguousarray(np.round(halves[:, :, 1]).astype(np.uint8)),
            np.ascontiguousarray(np.round(halves[:, :, 2]).astype(np.uint8)),
        )
        return Layer(planes, self._alpha)
