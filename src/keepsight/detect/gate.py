"""Whether anything moved since the last look: what lets a quiet camera cost next to nothing.

Luma of about 160x90, blurred 3x3, is compared with the last look. A pixel counts when it changed
by more than it usually does: noise, a swaying tree and a clock overlay each raise the threshold of
the pixels where they are. The gate opens where enough counting pixels lie together, so rain does
not open it. A change of most of the picture is light, not a person: the gate takes the new picture
as its own, and says so, so that the detector looks once.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.decoder import Luma
from keepsight.detect.sight import Box, around

Floats = NDArray[np.float32]

SMALL_PIXELS: Final = 14_400
"""160x90: the size at which the gate's experiments were made (6 of 6 visits, none false)."""
CELL_PIXELS: Final = 8
SIDE_PIXELS_MAX: Final = 896
LEVELS_MIN: Final = 10.0
"""Grey levels by which a pixel must change at least; 12 was used without the blur's help."""
NOISE_FACTOR: Final = 4.0
"""Times the pixel's usual change; mean absolute change of Gaussian noise is 0.8 sigma."""
OPEN_PIXELS: Final = 30
"""In 3x3 cells (24x24 pixels): 0.2 % of the picture; a person 75 of 576 lines high covers 72."""
EVERYWHERE_FACTOR: Final = 2.5
"""Times what the middle neighbourhood has: rain and snow change pixels all over the picture."""
CELL_OPEN_PIXELS: Final = 4
LIGHT_SHARE: Final = 0.5
"""Of the pixels: more than that changed is light; the largest visit of the indoor clip: 0.31."""
DARK_LEVELS: Final = 40.0
"""Mean grey level below which differences are enlarged: in a picture at 6 % of daylight a person
differs by some 6 levels, less than LEVELS_MIN."""
DARK_SLACK: Final = 1.25
GAIN_MAX: Final = 8
LEARN_SHARE: Final = 0.05
"""Of a new difference in the usual change: some 20 looks of memory."""
TOLERANCE_FACTOR: Final = 1.3
TOLERANCE_KEPT: Final = 0.97
"""Each look: half is forgotten after 23."""
FRUITLESS_LOOKS: Final = 3
"""So often must a cell have opened the gate for nothing before it is trusted less."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What changed since the last look."""

    is_open: bool
    is_light: bool = False
    is_first: bool = False
    boxes: tuple[Box, ...] = ()
    """Where, a box a connected group of cells."""
    cells: NDArray[np.int64] | None = None
    """Counting pixels of each cell; None on the first look."""
    peaks: Floats | None = None
    """Largest change in each cell, grey levels; None unless open."""

    @property
    def box(self) -> Box | None:
        """Everything that moved."""
        return around(list(self.boxes)) if self.boxes else None

    def share_in(self, box: Box) -> float:
        """Share of the pixels in a box that changed, 0..1; 0 when there was nothing to compare."""
        if self.cells is None:
            return 0.0
        rows, columns = self.cells.shape
        top, bottom = int(box.top * rows), max(int(np.ceil(box.bottom * rows)), 1)
        left, right = int(box.left * columns), max(int(np.ceil(box.right * columns)), 1)
        part = self.cells[min(top, rows - 1) : bottom, min(left, columns - 1) : right]
        return float(part.sum()) / (max(part.size, 1) * CELL_PIXELS * CELL_PIXELS)


def small_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the gate's picture: whole cells, the same shape, about SMALL_PIXELS."""
    shape = max(width, 1) / max(height, 1)
    wide = CELL_PIXELS * max(2, round((SMALL_PIXELS * shape) ** 0.5 / CELL_PIXELS))
    high = CELL_PIXELS * max(2, round((SMALL_PIXELS / shape) ** 0.5 / CELL_PIXELS))
    return min(wide, SIDE_PIXELS_MAX), min(high, SIDE_PIXELS_MAX)


def _blurred(luma: Luma) -> Floats:
    # Whole numbers until the end, and no np.pad: a third of the time, the same result.
    rows, columns = luma.shape
    padded = np.empty((rows + 2, columns + 2), np.uint16)
    padded[1:-1, 1:-1] = luma
    padded[0], padded[-1] = padded[1], padded[-2]
    padded[:, 0], padded[:, -1] = padded[:, 1], padded[:, -2]
    down = padded[:-2] + padded[1:-1]
    down += padded[2:]
    across = down[:, :-2] + down[:, 1:-1]
    across += down[:, 2:]
    blurred: Floats = across * np.float32(1 / 9)
    return blurred


def _middle(values: NDArray[Any]) -> float:
    """The median; np.median takes five times as long for so few values."""
    ordered = np.sort(values, axis=None)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[half])
    return float((ordered[half - 1] + ordered[half]) / 2)


def gain_for(mean: float, gain: int) -> int:
    """By how much a dark picture's differences are enlarged.

    Args:
        mean: grey level of the picture.
        gain: in use so far; kept until the picture is clearly beyond its range.
    """
    if gain > 1 and mean * gain > DARK_LEVELS * 2 * DARK_SLACK:
        return gain_for(mean, gain // 2)
    if gain < GAIN_MAX and mean * gain < DARK_LEVELS / DARK_SLACK:
        return gain_for(mean, gain * 2)
    return gain


def _neighbourhood(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    padded = np.zeros((cells.shape[0] + 2, cells.shape[1] + 2), np.int64)
    padded[1:-1, 1:-1] = cells
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    around_each: NDArray[np.int64] = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return around_each


def _groups(active: NDArray[np.bool_]) -> tuple[Box, ...]:
    """Boxes of the groups of cells that touch, corners included; at most a few hundred cells."""
    rows, columns = active.shape
    left_over = {(int(row), int(column)) for row, column in np.argwhere(active)}
    boxes = []
    while left_over:
        pending = [left_over.pop()]
        group = []
        while pending:
            row, column = pending.pop()
            group.append((row, column))
            near = {(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)} & left_over
            left_over -= near
            pending += near
        down, across = [row for row, _ in group], [column for _, column in group]
        boxes.append(
            Box(
                min(across) / columns,
                min(down) / rows,
                (max(across) + 1) / columns,
                (max(down) + 1) / rows,
            )
        )
    return tuple(boxes)


@dataclass(slots=True)
class _Habits:
    """How a picture usually is."""

    last: Floats
    noise: Floats
    """Usual change of each pixel between looks, grey levels."""
    tolerance: Floats
    """Of each cell: change that has been for nothing, grey levels."""
    fruitless: Floats
    """Of each cell: how often lately it opened the gate for nothing."""
    looks: int = 0


def _new_habits(now: Floats) -> _Habits:
    cells = np.zeros((now.shape[0] // CELL_PIXELS, now.shape[1] // CELL_PIXELS), np.float32)
    noise = np.full_like(now, LEVELS_MIN / NOISE_FACTOR / 2)
    return _Habits(now, noise, cells, cells.copy())


def _of_cells(pixels: NDArray[Any]) -> NDArray[Any]:
    """Pixels grouped: [row of cells, line, column of cells, column]."""
    rows, columns = (size // CELL_PIXELS for size in pixels.shape)
    grouped: NDArray[Any] = pixels.reshape(rows, CELL_PIXELS, columns, CELL_PIXELS)
    return grouped


def _counted(pixels: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of each cell's pixels are set: at most 64, so bytes hold every sum."""
    rows, columns = (size // CELL_PIXELS for size in pixels.shape)
    ones = pixels.view(np.uint8)
    lines = ones.reshape(rows, CELL_PIXELS, -1).sum(axis=1, dtype=np.uint8)
    counted: NDArray[np.int64] = (
        lines.reshape(rows, columns, CELL_PIXELS).sum(axis=2, dtype=np.uint8).astype(np.int64)
    )
    return counted


def _threshold(habits: _Habits) -> Floats:
    threshold: Floats = np.maximum(habits.noise * np.float32(NOISE_FACTOR), np.float32(LEVELS_MIN))
    if habits.tolerance.any():
        wide = habits.tolerance.repeat(CELL_PIXELS, 0).repeat(CELL_PIXELS, 1)
        threshold = np.maximum(threshold, wide)
    return threshold


def _learn(habits: _Habits, change: Floats, occupied: tuple[Box, ...]) -> None:
    habits.looks += 1
    step = (change - habits.noise) * np.float32(max(LEARN_SHARE, 1 / (habits.looks + 1)))
    rows, columns = change.shape
    for box in occupied:
        step[
            int(box.top * rows) : int(np.ceil(box.bottom * rows)),
            int(box.left * columns) : int(np.ceil(box.right * columns)),
        ] = 0
    habits.noise += step
    habits.tolerance *= np.float32(TOLERANCE_KEPT)
    habits.fruitless *= np.float32(TOLERANCE_KEPT)


class Gate:
    """One camera's memory of how its picture usually is."""

    def __init__(self) -> None:
        self._habits: _Habits | None = None
        self._gain = 1

    def look(self, luma: Luma, occupied: tuple[Box, ...] = ()) -> Activity:
        """Compare with the last look.

        Args:
            luma: of `small_size`; another size starts anew.
            occupied: where somebody is known to be: what happens there is no habit of the picture.
        """
        self._gain = gain_for(float(luma[::4, ::4].mean()), self._gain)
        now = _blurred(luma) * np.float32(self._gain)
        habits = self._habits
        if habits is None or habits.last.shape != now.shape:
            self._habits = _new_habits(now)
            return Activity(is_open=True, is_first=True)
        difference = now - habits.last
        habits.last = now
        sample = difference[::4, ::4]
        if np.count_nonzero(np.abs(sample) > LEVELS_MIN) > LIGHT_SHARE * sample.size:
            return Activity(is_open=True, is_light=True)
        change: Floats = np.abs(difference - np.float32(_middle(sample)))
        cells = _counted(change > _threshold(habits))
        _learn(habits, change, occupied)
        near = _neighbourhood(cells)
        enough = OPEN_PIXELS + EVERYWHERE_FACTOR * _middle(near)
        if near.max() < enough:
            return Activity(is_open=False, cells=cells)
        active = (near >= enough) & (cells >= CELL_OPEN_PIXELS)
        peaks = _of_cells(change).max(axis=(1, 3))
        return Activity(is_open=True, boxes=_groups(active), cells=cells, peaks=peaks)

    def was_fruitless(self, activity: Activity) -> None:
        """The detector found nothing where the gate had opened: trust these cells less."""
        habits = self._habits
        if habits is None or activity.cells is None or activity.peaks is None:
            return
        if activity.cells.shape != habits.fruitless.shape:
            return
        active = activity.cells >= CELL_OPEN_PIXELS
        habits.fruitless[active] += 1
        known = active & (habits.fruitless >= FRUITLESS_LOOKS)
        habits.tolerance[known] = np.maximum(
            habits.tolerance[known], activity.peaks[known] * np.float32(TOLERANCE_FACTOR)
        )
