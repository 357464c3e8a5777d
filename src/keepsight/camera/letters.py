"""A small single-stroke alphabet, drawn with round pens: the clock and the name in the picture.

Each letter is a list of strokes on a grid 4 wide and 6 high, the origin in the upper left corner.
A stroke is written as pairs of digits, `x` then `y` in half units, so that the table stays
readable; a stroke that begins with `~` is smoothed.
"""

import unicodedata
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

GRID_WIDTH: Final = 4.0
GRID_HEIGHT: Final = 6.0
ADVANCE: Final = 5.4
"""From one letter to the next."""
SMOOTHING_ROUNDS: Final = 3
TEXT_LETTERS_MAX: Final = 64

# Coordinates in half grid units: x 0-8, y 0-c (hexadecimal).
_STROKES: Final[dict[str, str]] = {
    "0": "~40 80 8c 4c 0c 00 40",
    "1": "13 40 4c|1c 7c",
    "2": "~03 00 80 85 47 0b|0b 0c 8c",
    "3": "~02 00 80 86 36|~36 86 8c 0c 0a",
    "4": "60 08 88|6c 60",
    "5": "80 00 05|~05 85 8c 0c 0a",
    "6": "~81 40 00 0c 8c 86 06",
    "7": "00 80 3c",
    "8": "~40 80 86 06 00 40|~46 86 8c 0c 06 46",
    "9": "~86 06 00 80 8c 4c 0b",
    "A": "0c 40 8c|18 78",
    "B": "~00 80 86 06|~06 86 8c 0c|00 0c|06 36|00 30|0c 3c",
    "C": "~82 80 00 0c 8c 8a",
    "D": "00 0c|~00 80 8c 0c",
    "E": "80 00 0c 8c|06 66",
    "F": "80 00 0c|06 66",
    "G": "~82 80 00 0c 8c 87|87 57",
    "H": "00 0c|80 8c|06 86",
    "I": "40 4c|20 60|2c 6c",
    "J": "60 69|~69 6c 0c 09",
    "K": "00 0c|80 07|35 8c",
    "L": "00 0c 8c",
    "M": "0c 00 47 80 8c",
    "N": "0c 00 8c 80",
    "O": "~40 80 8c 4c 0c 00 40",
    "P": "00 0c|~00 80 87 07",
    "Q": "~40 80 8c 4c 0c 00 40|59 8c",
    "R": "00 0c|~00 80 86 06|36 8c",
    "S": "~82 80 00 06 86 8c 0c 0a",
    "T": "00 80|40 4c",
    "U": "00 08|~08 0c 8c 88|88 80",
    "V": "00 4c 80",
    "W": "00 2c 45 6c 80",
    "X": "00 8c|80 0c",
    "Y": "00 46 80|46 4c",
    "Z": "00 80 0c 8c",
    "-": "26 66",
    "_": "0c 8c",
    ":": "43 43|49 49",
    ".": "4c 4c",
    ",": "4b 3d",
    "'": "40 43",
    "/": "0c 80",
    "+": "26 66|44 48",
    "&": "8c 12 20 60 64 08 0c 4c 87",
    "(": "~60 30 3c 6c",
    ")": "~20 50 5c 2c",
    "#": "22 1a|62 5a|14 74|08 68",
    "?": "~02 00 80 85 47|47 48|4c 4c",
    "!": "40 48|4c 4c",
}


def _points(stroke: str) -> NDArray[np.float32]:
    is_smooth = stroke.startswith("~")
    pairs = stroke.replace("~", "").split()
    points = np.array([[int(p[0], 16) / 2, int(p[1], 16) / 2] for p in pairs], np.float32)
    return _smooth(points) if is_smooth else points


def _smooth(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Chaikin's corner cutting, the ends kept."""
    for _ in range(SMOOTHING_ROUNDS):
        before, after = points[:-1], points[1:]
        cut = np.empty((2 * len(before), 2), np.float32)
        cut[0::2] = before * 0.75 + after * 0.25
        cut[1::2] = before * 0.25 + after * 0.75
        points = np.concatenate((points[:1], cut, points[-1:]))
    return points


def writable(text: str) -> str:
    """The text in letters that we have: accents dropped, capitals, others as a question mark."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    letters = (c for c in plain if not unicodedata.combining(c))
    upper = "".join(letters).upper()[:TEXT_LETTERS_MAX]
    return "".join(c if c in _STROKES or c == " " else "?" for c in upper)


def _segment_distance(
    grid: tuple[NDArray[np.float32], NDArray[np.float32]],
    start: NDArray[np.float32],
    end: NDArray[np.float32],
) -> NDArray[np.float32]:
    x, y = grid
    run = end - start
    length = float(run @ run)
    if length > 0:
        along = np.clip(((x - start[0]) * run[0] + (y - start[1]) * run[1]) / length, 0, 1)
    else:
        along = np.zeros_like(x + y)
    distance: NDArray[np.float32] = np.hypot(
        x - start[0] - along * run[0], y - start[1] - along * run[1]
    )
    return distance


def draw_text(text: str, height: float, pen: float = 0.13) -> NDArray[np.float32]:
    """Coverage 0..1 of a line of text.

    Args:
        text: see `writable` for what becomes of it.
        height: of a capital letter, in pixels.
        pen: width of the stroke as a part of the height.
    """
    scale = height / GRID_HEIGHT
    radius = max(0.5, pen * height / 2)
    border = int(np.ceil(radius + 1))
    text = writable(text)
    width = int(np.ceil(max(1, len(text)) * ADVANCE * scale)) + 2 * border
    coverage = np.zeros((int(np.ceil(height)) + 2 * border + int(scale) + 1, width), np.float32)
    rows = np.arange(coverage.shape[0], dtype=np.float32)[:, None] - border + 0.5
    for position, letter in enumerate(text):
        left = position * ADVANCE * scale
        begin = max(0, int(left) - 1)
        end = min(width, int(left + ADVANCE * scale) + 2 * border + 1)
        columns = np.arange(begin, end, dtype=np.float32)[None, :] - border - left + 0.5
        nearest = np.full((coverage.shape[0], end - begin), 1e6, np.float32)
        for stroke in filter(None, _STROKES.get(letter, "").split("|")):
            points = _points(stroke) * scale
            for start, stop in pairwise(points):
                nearest = np.minimum(nearest, _segment_distance((columns, rows), start, stop))
        patch = np.clip(radius + 0.5 - nearest, 0, 1)
        coverage[:, begin:end] = np.maximum(coverage[:, begin:end], patch)
    return coverage
