"""The cat of the living-room scene."""

import math
from itertools import pairwise
from typing import Final

from keepsight.camera.stage import Stage

_CAT: Final = "#e0934a"
_CAT_DARK: Final = "#b86a2c"


def draw_cat(stage: Stage, seconds: float) -> None:
    """Asleep on the right cushion: breath, tail, ears, and an eye now and then."""
    breath = math.sin(seconds * 1.7) * 1.6
    tail = math.sin(seconds * 0.8) * 0.5 + math.sin(seconds * 2.3) * 0.15
    points: list[tuple[float, float]] = [(936, 470)]
    angle = 0.9
    for step in range(7):
        angle += 0.24 + tail * 0.10 * step
        last = points[-1]
        points.append((last[0] + 11 * math.cos(angle), last[1] + 11 * math.sin(angle)))
    for number, (start, end) in enumerate(pairwise(points)):
        colour = _CAT_DARK if number % 3 == 2 else _CAT
        stage.capsule(start, end, (8 - number * 0.35, 7.6 - number * 0.35), colour)
    stage.ellipse((886, 472), (62, 10), "#1f3d42", alpha=0.45)
    stage.ellipse((888, 448 - breath / 2), (58, 29 + breath), _CAT)
    for x, lean in ((872, -0.15), (894, 0.0), (916, 0.15)):
        stage.capsule((x, 424 - breath), (x + 12 * lean, 438), (3.6, 2.0), _CAT_DARK)
    stage.ellipse((858, 466), (26, 9), "#f3d2a6")
    _draw_cat_face(stage, seconds, breath)


def _draw_cat_face(stage: Stage, seconds: float, breath: float) -> None:
    x, y = 836.0, 446.0 - breath * 0.4
    flick = 3.0 if seconds % 7.3 < 0.22 else 0.0
    for side, twitch in ((-1, 0.0), (1, flick)):
        ear = [(x + side * 25, y - 12), (x + side * (22 + twitch), y - 39), (x + side * 5, y - 22)]
        stage.polygon(ear, _CAT)
        inner = [
            (x + side * 21, y - 16),
            (x + side * (20 + twitch), y - 32),
            (x + side * 10, y - 21),
        ]
        stage.polygon(inner, "#f0b79a")
    stage.ellipse((x, y), (29, 24), _CAT)
    for dx in (-8, 0, 8):
        stage.capsule((x + dx, y - 21), (x + dx * 0.7, y - 12), (2.2, 1.4), _CAT_DARK)
    stage.ellipse((x, y + 10), (14, 10), "#f7e2c4")
    is_awake = seconds % 19 < 5 and seconds % 3.1 > 0.18
    for side in (-1, 1):
        if is_awake:
            stage.ellipse((x + side * 12, y - 1), (5.4, 5.8), "#f2e6a0")
            stage.ellipse((x + side * 12, y - 1), (2.1, 5.0), "#26201c")
        else:
            stage.capsule((x + side * 7, y + 1), (x + side * 16, y + 1), (1.3, 1.3), "#5c3518")
    stage.polygon([(x - 4, y + 5), (x + 4, y + 5), (x, y + 10)], "#c9665a")
    for side in (-1, 1):
        for lift in (-2, 3):
            stage.capsule(
                (x + side * 10, y + 9), (x + side * 31, y + 8 + lift), (0.6, 0.6), "#fff6e6", 0.8
            )
