"""Draws what moves, in the encoder's own planes, and touches nothing else."""

import numpy as np

from keepsight.camera.canvas import (
    WIDTH,
    Box,
    Floats,
    Layer,
    Point,
    bounds_of_ellipse,
    clipped_box,
    coverage_of_capsule,
    coverage_of_ellipse,
    coverage_of_polygon,
    rgb,
    to_yuv,
)


class Stage:
    """Draws what moves into a copy of the background, and takes it off again."""

    def __init__(self, background: Layer, foreground: Layer | None = None) -> None:
        self._foreground = foreground
        self.planes = background.planes.copy()
        """What is seen now."""
        self.height, self.width = self.planes.y.shape
        self.scale = self.width / WIDTH
        self._touched: list[Box] = [(0, 0, self.width, self.height)]
        # Blended once more wherever something moves: soft edges differ by nothing visible.
        self.cover()
        self._touched.clear()
        self._background = self.planes.copy()

    def clear(self) -> None:
        """Take everything off that was drawn since the last call."""
        for left, top, right, bottom in self._touched:
            whole = np.s_[top:bottom, left:right]
            half = np.s_[top // 2 : bottom // 2, left // 2 : right // 2]
            self.planes.y[whole] = self._background.y[whole]
            self.planes.u[half] = self._background.u[half]
            self.planes.v[half] = self._background.v[half]
        self._touched.clear()

    def _box(self, x0: float, y0: float, x1: float, y1: float) -> Box | None:
        box = clipped_box((x0, y0, x1, y1), self.width, self.height)
        if box is not None:
            self._touched.append(box)
        return box

    def _blend(self, box: Box, covered: Floats, colour: str) -> None:
        left, top, right, bottom = box
        y, u, v = (float(value) for value in to_yuv(rgb(colour)))
        halves = covered.reshape((bottom - top) // 2, 2, (right - left) // 2, 2).mean(axis=(1, 3))
        half = np.s_[top // 2 : bottom // 2, left // 2 : right // 2]
        for plane, place, part, value in (
            (self.planes.y, np.s_[top:bottom, left:right], covered, y),
            (self.planes.u, half, halves, u),
            (self.planes.v, half, halves, v),
        ):
            under = plane[place].astype(np.float32)
            under += (value - under) * part
            plane[place] = (under + 0.5).astype(np.uint8)

    def capsule(
        self,
        start: Point,
        end: Point,
        radii: tuple[float, float],
        colour: str,
        alpha: float = 1.0,
    ) -> None:
        """A limb: a line with round ends and a radius at each."""
        scale, reach = self.scale, max(radii) + 1
        (x0, y0), (x1, y1) = start, end
        box = self._box(
            (min(x0, x1) - reach) * scale, (min(y0, y1) - reach) * scale,
            (max(x0, x1) + reach) * scale, (max(y0, y1) + reach) * scale,
        )  # fmt: skip
        if box is None:
            return
        ends = ((x0 * scale, y0 * scale), (x1 * scale, y1 * scale))
        covered = coverage_of_capsule(*ends, (radii[0] * scale, radii[1] * scale), box)
        self._blend(box, covered * np.float32(alpha), colour)

    def polygon(self, points: list[Point], colour: str, alpha: float = 1.0) -> None:
        """Fill a polygon."""
        corners = np.array(points, np.float32) * self.scale
        low, high = corners.min(axis=0), corners.max(axis=0)
        box = self._box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        if box is not None:
            self._blend(box, coverage_of_polygon(corners, box) * np.float32(alpha), colour)

    def ellipse(
        self, centre: Point, radii: Point, colour: str, *, alpha: float = 1.0, turn: float = 0.0
    ) -> None:
        """Fill an ellipse."""
        scale = self.scale
        place = (centre[0] * scale, centre[1] * scale)
        sizes = (radii[0] * scale, radii[1] * scale)
        box = self._box(*bounds_of_ellipse(place, sizes, turn))
        if box is not None:
            covered = coverage_of_ellipse(place, sizes, turn, box) * np.float32(alpha)
            self._blend(box, covered, colour)

    def glow(self, centre: Point, radius: float, colour: str, strength: float) -> None:
        """A soft round light."""
        scale = self.scale
        x, y, reach = centre[0] * scale, centre[1] * scale, radius * scale
        box = self._box(x - reach, y - reach, x + reach, y + reach)
        if box is None:
            return
        across = (np.arange(box[0], box[2], dtype=np.float32) + 0.5 - x) / reach
        down = (np.arange(box[1], box[3], dtype=np.float32) + 0.5 - y) / reach
        fade = np.clip(1 - (across[None, :] ** 2 + down[:, None] ** 2), 0, 1) ** 2
        self._blend(box, fade * np.float32(strength), colour)

    def stamp(self, covered: Floats, left: float, top: float, colour: str) -> None:
        """Blend a prepared coverage (of this stage's own size, e.g. text) at a place."""
        x, y = round(left * self.scale) & ~1, round(top * self.scale) & ~1
        rows, columns = (size + size % 2 for size in covered.shape)
        box = self._box(x, y, x + columns, y + rows)
        if box is None:
            return
        padded = np.zeros((box[3] - box[1], box[2] - box[0]), np.float32)
        shown = covered[: padded.shape[0], : padded.shape[1]]
        padded[: shown.shape[0], : shown.shape[1]] = shown
        self._blend(box, padded, colour)

    def cover(self) -> None:
        """Put the foreground over everything drawn so far."""
        if self._foreground is None:
            return
        alpha, planes = self._foreground.alpha, self._foreground.planes
        for box in _merged(self._touched):
            left, top, right, bottom = box
            whole = np.s_[top:bottom, left:right]
            part = alpha[whole]
            if not part.any():
                continue
            half = np.s_[top // 2 : bottom // 2, left // 2 : right // 2]
            shape = ((bottom - top) // 2, 2, (right - left) // 2, 2)
            halves = part.reshape(shape).mean(axis=(1, 3))
            for plane, front, place, weight in (
                (self.planes.y, planes.y, whole, part),
                (self.planes.u, planes.u, half, halves),
                (self.planes.v, planes.v, half, halves),
            ):
                under = plane[place].astype(np.float32)
                under += (front[place] - under) * weight
                plane[place] = (under + 0.5).astype(np.uint8)


def _merged(boxes: list[Box]) -> list[Box]:
    """Boxes that do not overlap and hold all of these: the foreground must be blended once."""
    merged: list[Box] = []
    for box in boxes:
        left, top, right, bottom = box
        is_growing = True
        while is_growing:
            is_growing = False
            for other in list(merged):
                if left < other[2] and other[0] < right and top < other[3] and other[1] < bottom:
                    merged.remove(other)
                    left, top = min(left, other[0]), min(top, other[1])
                    right, bottom = max(right, other[2]), max(bottom, other[3])
                    is_growing = True
        merged.append((left, top, right, bottom))
    return merged
