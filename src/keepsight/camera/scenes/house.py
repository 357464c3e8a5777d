"""The house of the front-door scene."""

from typing import Final

from keepsight.camera.painter import Painter

_WALL: Final = "#a58f86"
_WALL_LOW: Final = "#8b7671"
_TRIM: Final = "#e6d8c4"


def paint_house(painter: Painter) -> None:
    """Walls, roof, windows, porch and bushes, in picture coordinates."""
    painter.ellipse((890, 586), (420, 16), "#16241f", alpha=0.45)
    painter.rectangle((1108, 122, 1156, 240), "#6a4d51", lower_colour="#523c45")
    painter.rectangle((1101, 112, 1163, 128), "#7d5c5c")
    painter.rectangle((560, 286, 1216, 580), _WALL, lower_colour=_WALL_LOW)
    for y in range(306, 560, 22):
        painter.line((560, y), (1216, y), 1.3, "#7d6a68", 0.34)
    painter.rectangle((560, 552, 1216, 584), "#5f545e", lower_colour="#4d4551")
    painter.polygon(
        [(516, 292), (640, 152), (1138, 152), (1262, 292)], "#3a3652", lower_colour="#2c2b45"
    )
    for row in range(1, 6):
        y = 152 + row * 24
        inset = 124 * (1 - row * 24 / 140)
        painter.line((518 + inset, y), (1260 - inset, y), 1.6, "#4d4868", 0.6)
    painter.rectangle((512, 286, 1266, 300), "#e0d2c0", lower_colour="#b7a79d")
    painter.rectangle((560, 300, 1216, 316), "#3f3548", alpha=0.35)
    for left in (604.0, 1010.0):
        _paint_window(painter, (left, 356, left + 132, 476))
    _paint_porch(painter)
    for x, y, radius in (
        (584, 572, 28),
        (622, 578, 24),
        (664, 574, 30),
        (708, 580, 22),
        (1024, 578, 24),
        (1064, 572, 30),
        (1110, 578, 26),
        (1156, 572, 30),
        (1196, 580, 22),
    ):
        painter.ellipse((x, y), (radius, radius * 0.86), "#2f4b3f")
        painter.ellipse(
            (x - radius * 0.2, y - radius * 0.26), (radius * 0.62, radius * 0.44), "#426450"
        )


def _paint_window(painter: Painter, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = box
    painter.rectangle((left - 9, top - 9, right + 9, bottom + 9), _TRIM, lower_colour="#bfae9f")
    painter.rectangle(box, "#ffdf9e", lower_colour="#f0a95c")
    painter.ellipse(((left + right) / 2, top + 30), (26, 14), "#fff0c6", alpha=0.9)
    painter.rectangle(((left + right) / 2 - 1, top, (left + right) / 2 + 1, top + 20), "#8f5f3c")
    for edge, inward in ((left, 1), (right, -1)):
        curtain = [
            (edge, top),
            (edge + inward * 40, top),
            (edge + inward * 22, top + 66),
            (edge + inward * 30, bottom),
            (edge, bottom),
        ]
        painter.polygon(curtain, "#d9825b", lower_colour="#b4604a", alpha=0.92)
    painter.rectangle((left + 46, bottom - 26, left + 66, bottom), "#7b5142")
    painter.ellipse((left + 56, bottom - 36), (20, 18), "#6f8a5a")
    middle = (left + right) / 2
    painter.rectangle((middle - 3, top, middle + 3, bottom), _TRIM)
    painter.rectangle((left, (top + bottom) / 2 - 12, right, (top + bottom) / 2 - 7), _TRIM)
    painter.rectangle(
        (left - 16, bottom + 7, right + 16, bottom + 19), "#d5c6b4", lower_colour="#9c8c86"
    )


def _paint_porch(painter: Painter) -> None:
    painter.rectangle((788, 340, 936, 566), "#5d4f57", alpha=0.4)
    painter.rectangle((804, 352, 920, 568), _TRIM, lower_colour="#c9b9a6")
    painter.rectangle((815, 362, 909, 568), "#2d7a78", lower_colour="#205a5e")
    painter.rectangle((829, 376, 895, 424), "#ffe2a4", lower_colour="#f4b468", radius=4)
    painter.rectangle((860, 376, 864, 424), "#25686a")
    for box in (
        (829, 442, 857, 492),
        (867, 442, 895, 492),
        (829, 506, 857, 552),
        (867, 506, 895, 552),
    ):
        painter.rectangle(box, "#1d5357", radius=2)
        painter.rectangle((box[0] + 3, box[1] + 3, box[2], box[3]), "#2a7072", radius=2)
    painter.ellipse((902, 474), (4.2, 4.2), "#f3cf7a")
    painter.rectangle((848, 430, 876, 435), "#e3c27a", radius=2)
    painter.polygon(
        [(768, 344), (790, 306), (934, 306), (956, 344)], "#433e5c", lower_colour="#35324d"
    )
    painter.rectangle((764, 342, 960, 352), "#e6d8c4", lower_colour="#b8a899")
    for x in (778.0, 936.0):
        painter.rectangle((x, 352, x + 11, 572), "#e2d4c0", lower_colour="#a89a90")
    painter.rectangle((770, 566, 954, 580), "#98898a", lower_colour="#7d7076")
    painter.rectangle((752, 580, 972, 597), "#8b7d80", lower_colour="#6c6169")
    painter.rectangle((834, 571, 892, 578), "#6d4b3c", radius=2)
    painter.rectangle((956, 404, 990, 438), "#2b2a40", radius=5)
    painter.line((966, 412), (981, 412), 3.2, "#ffe9c0")
    painter.line((981, 412), (971, 431), 3.2, "#ffe9c0")
    for x in (762.0, 962.0):
        painter.polygon([(x - 12, 598), (x + 12, 598), (x + 9, 566), (x - 9, 566)], "#a85f49")
        painter.ellipse((x, 552), (18, 20), "#3d6350")
        painter.ellipse((x - 4, 545), (10, 10), "#547d62")
    painter.rectangle((742, 392, 758, 420), "#25243a", radius=3)
    painter.rectangle((745, 396, 755, 416), "#fff2cf", radius=2)
