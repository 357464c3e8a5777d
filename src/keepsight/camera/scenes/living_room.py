"""A living room in the afternoon: window, sofa, a cat, a clock that goes, and people passing."""

import math
import random
from datetime import datetime
from typing import Final

from keepsight.camera.ambience import Sound
from keepsight.camera.canvas import Layer, Point, mix
from keepsight.camera.figure import Figure
from keepsight.camera.painter import Painter
from keepsight.camera.scenes.cat import draw_cat
from keepsight.camera.stage import Stage
from keepsight.camera.walk import Halt, Walks

FLOOR: Final = 524.0
_WOOD: Final = "#8a5a3c"
_CREAM: Final = "#f4eadb"
_SOFA: Final = "#3f7278"
_CLOCK: Final = (838.0, 150.0)
_WINDOW: Final = (118.0, 92.0, 444.0, 384.0)
_BOOKS: Final = (
    "#c8553d",
    "#e0b84c",
    "#3f7d78",
    "#5a6fa8",
    "#8a5a86",
    "#e8d9c0",
    "#4d5d53",
    "#d98a56",
)


def _size_at(y: float) -> float:
    return 372 + (y - 640) * 0.9


WALKS: Final = Walks(
    routes=(
        (Halt((-110, 652)), Halt((1400, 652))),
        (Halt((-110, 640)), Halt((330, 620), 5.0), Halt((1400, 648))),
        (Halt((1400, 656)), Halt((1010, 632), 3.5), Halt((1400, 660))),
    ),
    size_at=_size_at,
)


class LivingRoom:
    """The scene."""

    sound: Sound = "room"
    title = "Living room"

    def paint(self, width: int, height: int) -> tuple[Layer, Layer | None]:
        """Everything stands behind whoever passes."""
        back = Painter(width, height)
        _paint_room(back)
        _paint_window(back)
        _paint_pictures(back)
        _paint_shelf(back)
        _paint_rug(back)
        _paint_sofa(back)
        _paint_lamp(back)
        _paint_plant(back)
        _paint_clock(back)
        _paint_sun(back)
        back.noise(0.005, 3)
        return back.finish(), None

    def draw(self, stage: Stage, now: datetime, seed: int) -> None:
        """The clock's hands, the cat, and who passes."""
        seconds = now.timestamp()
        _draw_hands(stage, now)
        _draw_cloud(stage, seconds)
        draw_cat(stage, seconds)
        visit = WALKS.at(seed, seconds)
        if visit is not None:
            Figure(stage, visit.outfit, "#6b4a3a", 0.07).draw(visit.pose)


def _paint_room(painter: Painter) -> None:
    painter.rectangle((0, 0, 1280, FLOOR), "#ecd9c0", lower_colour="#dcc2a4")
    painter.rectangle((0, 0, 1280, 26), "#f7ecdc", lower_colour="#ead9c4")
    painter.rectangle((0, 26, 1280, 31), "#c9ae90", alpha=0.6)
    for x in range(20, 1280, 62):
        painter.line((x, 34), (x, FLOOR - 22), 1.2, "#cfb493", 0.28)
    painter.rectangle((0, FLOOR, 1280, 720), "#b47f55", lower_colour="#93603d")
    for row, y in enumerate((540, 560, 584, 612, 646, 686)):
        painter.line((0, y), (1280, y), 1.6, "#7c4f33", 0.42)
        for x in range(-80 + row * 47, 1280, 190 + row * 22):
            painter.line((x, y), (x, y + 20 + row * 4), 1.4, "#7c4f33", 0.34)
    painter.rectangle((0, FLOOR - 22, 1280, FLOOR), "#fbf3e6", lower_colour="#dccab2")
    painter.rectangle((0, FLOOR, 1280, FLOOR + 6), "#6d452c", alpha=0.35)


def _paint_window(painter: Painter) -> None:
    left, top, right, bottom = _WINDOW
    painter.rectangle((left - 14, top - 14, right + 14, bottom + 14), "#c2a27c", alpha=0.5)
    painter.rectangle(
        (left - 12, top - 12, right + 12, bottom + 12), _CREAM, lower_colour="#e2d0b6"
    )
    painter.rectangle(_WINDOW, "#6fb3d9", lower_colour="#d8ecec")
    painter.ellipse((366, 150), (27, 27), "#fff3c4")
    hills = [
        (left, 316),
        (190, 288),
        (262, 308),
        (336, 276),
        (right, 304),
        (right, bottom),
        (left, bottom),
    ]
    painter.polygon(hills, "#7fb08c", lower_colour="#68a07d")
    near = [(left, 346), (220, 322), (330, 344), (right, 326), (right, bottom), (left, bottom)]
    painter.polygon(near, "#548c68", lower_colour="#3f7355")
    painter.rectangle((222, 318, 228, 344), "#5c4334")
    painter.ellipse((225, 306), (19, 24), "#3c6f52")
    painter.ellipse((219, 298), (9, 10), "#4f8763")
    _paint_bars(painter)
    painter.rectangle(
        (left - 26, bottom + 12, right + 26, bottom + 26), "#fbf3e6", lower_colour="#d4bfa2"
    )
    painter.rectangle((left - 66, top - 32, right + 66, top - 25), _WOOD, radius=3)
    for x in (left - 68, right + 68):
        painter.ellipse((x, top - 28), (8, 8), "#a9714b")
    for edge, inward in ((left - 56, 1), (right + 56, -1)):
        fall = [
            (edge, top - 24),
            (edge + inward * 98, top - 24),
            (edge + inward * 84, 220),
            (edge + inward * 52, 330),
            (edge + inward * 66, 492),
            (edge, 492),
        ]
        painter.polygon(fall, "#d9775c", lower_colour="#b85b49")
        for step in (18, 38, 58):
            x = edge + inward * step
            painter.line((x, top - 20), (x - inward * 4, 486), 3.2, "#a24d40", 0.35)
        painter.rectangle(
            (min(edge, edge + inward * 58), 322, max(edge, edge + inward * 58), 336),
            "#f0c36a",
            radius=6,
        )


def _paint_bars(painter: Painter) -> None:
    left, top, right, bottom = _WINDOW
    middle = (left + right) / 2
    painter.rectangle((middle - 6, top, middle + 6, bottom), _CREAM)
    painter.rectangle((left, 218, right, 228), _CREAM)
    painter.rectangle((left, 228, right, 231), "#c9b698", alpha=0.7)


def _paint_pictures(painter: Painter) -> None:
    for box, ground in (
        ((572, 96, 692, 250), "#e9e2d2"),
        ((708, 196, 776, 270), "#dfe6e2"),
        ((708, 96, 776, 180), "#f0dcc6"),
    ):
        left, top, right, bottom = box
        painter.rectangle((left + 4, top + 6, right + 5, bottom + 7), "#8a6a4c", alpha=0.30)
        painter.rectangle(box, _WOOD)
        painter.rectangle((left + 6, top + 6, right - 6, bottom - 6), "#fbf6ec")
        painter.rectangle((left + 14, top + 14, right - 14, bottom - 14), ground)
    painter.ellipse((632, 150), (24, 24), "#e0793f")
    painter.polygon(
        [(586, 236), (586, 196), (616, 172), (648, 206), (678, 184), (678, 236)], "#3f7d78"
    )
    painter.polygon([(586, 236), (586, 218), (640, 206), (678, 222), (678, 236)], "#2b5a5c")
    for x, y, radius, colour in (
        (734, 132, 14, "#c8553d"),
        (750, 150, 10, "#5a6fa8"),
        (728, 152, 7, "#e0b84c"),
    ):
        painter.ellipse((x, y), (radius, radius), colour, alpha=0.9)
    painter.line((742, 252), (742, 224), 2.4, "#4d6a55")
    for turn in (-0.7, 0.7):
        painter.ellipse((742 + 9 * math.sin(turn) * 1.4, 226), (5, 12), "#5d8a68", turn=turn)


def _paint_shelf(painter: Painter) -> None:
    painter.rectangle((1060, 532, 1262, 544), "#5c3d29", alpha=0.4)
    painter.rectangle((1054, 138, 1252, 536), "#9a6a48", lower_colour="#7f5539")
    painter.rectangle((1066, 150, 1240, 526), "#6b4530", lower_colour="#593826")
    chance = random.Random(21)  # noqa: S311 - the same books in the same order
    for number, y in enumerate((238, 332, 426, 524)):
        x = 1072.0
        while x < 1216 - (number % 2) * 44:
            wide, high = chance.uniform(9, 18), chance.uniform(48, 72)
            colour = chance.choice(_BOOKS)
            painter.rectangle(
                (x, y - high, x + wide, y), colour, lower_colour=mix(colour, "#000000", 0.18)
            )
            painter.rectangle((x, y - high + 9, x + wide, y - high + 12), "#fff4dc", alpha=0.5)
            x += wide + 1.5
        painter.rectangle((1054, y, 1252, y + 9), "#a87550", lower_colour="#86593b")
    painter.ellipse((1214, 308), (19, 22), "#d8e0da")
    painter.ellipse((1209, 301), (7, 9), "#eef3ee")
    painter.rectangle((1206, 278, 1222, 292), "#d8e0da")
    painter.line((1214, 280), (1226, 250), 2.2, "#5d8a68")
    painter.line((1214, 280), (1204, 246), 2.2, "#5d8a68")
    painter.ellipse((1227, 248), (6, 8), "#d9775c")
    painter.ellipse((1203, 244), (6, 8), "#e0b84c")
    painter.rectangle((1196, 492, 1232, 523), "#c8a06c", radius=4)
    painter.rectangle((1192, 484, 1236, 495), "#d9b682", radius=4)


def _paint_rug(painter: Painter) -> None:
    for wide, high, colour in (
        (478, 74, "#8d3f34"),
        (470, 71, "#c65f48"),
        (418, 61, "#efd9b4"),
        (404, 58, "#c65f48"),
        (300, 42, "#2f6268"),
        (288, 40, "#3f7d78"),
        (160, 21, "#efd9b4"),
        (148, 19, "#c65f48"),
    ):
        painter.ellipse((720, 640), (wide, high), colour)
    for number in range(28):
        angle = number / 28 * 2 * math.pi
        painter.ellipse(
            (720 + 352 * math.cos(angle), 640 + 50 * math.sin(angle)), (9, 4), "#efd9b4", alpha=0.9
        )


def _paint_sofa(painter: Painter) -> None:
    dark, light = "#2c5459", "#54898d"
    painter.ellipse((772, 592), (296, 17), "#4a2c1c", alpha=0.42)
    for x in (528, 1002):
        painter.polygon([(x, 570), (x + 16, 570), (x + 12, 598), (x + 5, 598)], _WOOD)
    painter.rectangle((524, 352, 1022, 540), dark, lower_colour="#28494e", radius=34)
    for left in (548, 774):
        painter.rectangle((left, 366, left + 224, 500), _SOFA, lower_colour="#35646a", radius=26)
        painter.rectangle((left + 14, 374, left + 210, 392), light, radius=9, alpha=0.35)
    painter.rectangle((536, 468, 1010, 580), "#33616a", lower_colour="#274c52", radius=14)
    for left in (556, 776):
        painter.rectangle(
            (left, 462, left + 214, 520), "#4a7f84", lower_colour="#3a6c72", radius=18
        )
    for left in (492, 976):
        painter.rectangle((left, 416, left + 78, 582), _SOFA, lower_colour="#2c565c", radius=32)
        painter.rectangle((left + 12, 424, left + 66, 446), light, radius=11, alpha=0.5)
    painter.polygon(
        [(578, 404), (656, 392), (668, 468), (592, 476)], "#e3b04f", lower_colour="#c8913a"
    )
    painter.line((584, 410), (660, 466), 2.4, "#f3d490", 0.7)
    painter.line((654, 398), (594, 470), 2.4, "#f3d490", 0.7)
    painter.polygon(
        [(642, 420), (712, 414), (716, 476), (650, 480)], "#d9775c", lower_colour="#b95a48"
    )


def _paint_lamp(painter: Painter) -> None:
    painter.ellipse((466, 598), (44, 9), "#4a2c1c", alpha=0.4)
    painter.ellipse((466, 594), (38, 8), "#3d3a3c")
    painter.rectangle((463, 250, 469, 594), "#4a4648")
    painter.polygon(
        [(432, 190), (500, 190), (524, 262), (408, 262)], "#fbe3ae", lower_colour="#f2c678"
    )
    painter.rectangle((408, 259, 524, 264), "#c99c5c")
    painter.rectangle((432, 188, 500, 192), "#c99c5c")
    painter.line((496, 262), (496, 294), 1.4, "#6d5a46")
    painter.ellipse((496, 296), (3, 3), "#c99c5c")


def _paint_plant(painter: Painter) -> None:
    painter.ellipse((70, 614), (66, 12), "#4a2c1c", alpha=0.4)
    for angle, reach, wide in (
        (-1.15, 150, 25),
        (-0.75, 176, 27),
        (-0.35, 196, 26),
        (0.02, 206, 27),
        (0.38, 190, 26),
        (0.78, 168, 25),
        (1.12, 132, 22),
    ):
        tip: Point = (70 + math.sin(angle) * reach, 520 - math.cos(angle) * reach * 0.9)
        painter.line((70, 528), tip, 3, "#3d6a4d")
        centre = (70 + (tip[0] - 70) * 0.72, 528 + (tip[1] - 528) * 0.72)
        painter.ellipse(
            centre, (wide, reach * 0.34), mix("#3f7a55", "#6fa777", (angle + 1.2) / 2.4), turn=angle
        )
        painter.line(
            (70 + (tip[0] - 70) * 0.42, 528 + (tip[1] - 528) * 0.42),
            (70 + (tip[0] - 70) * 0.98, 528 + (tip[1] - 528) * 0.98),
            1.6,
            "#2f5f43",
            0.6,
        )
    painter.polygon(
        [(30, 520), (110, 520), (100, 612), (40, 612)], "#f0e4d0", lower_colour="#cdb898"
    )
    painter.rectangle((26, 514, 114, 530), "#fbf3e4", lower_colour="#e0cfb4", radius=4)
    for x in (44, 58, 72, 86):
        painter.polygon([(x, 562), (x + 7, 552), (x + 14, 562), (x + 7, 572)], "#d9775c", alpha=0.8)


def _paint_clock(painter: Painter) -> None:
    x, y = _CLOCK
    painter.ellipse((x + 4, y + 6), (49, 49), "#8a6a4c", alpha=0.3)
    painter.ellipse(_CLOCK, (48, 48), "#3d3a3c")
    painter.ellipse(_CLOCK, (41, 41), "#fdf8ee")
    for hour in range(12):
        angle = hour * math.pi / 6
        inner = 30 if hour % 3 == 0 else 34
        painter.line(
            (x + math.sin(angle) * inner, y - math.cos(angle) * inner),
            (x + math.sin(angle) * 37, y - math.cos(angle) * 37),
            3.0 if hour % 3 == 0 else 1.6,
            "#3d3a3c",
        )


def _paint_sun(painter: Painter) -> None:
    painter.glow((466, 232), (140, 150), "#ffd68a", 0.36)
    painter.glow((466, 560), (150, 60), "#ffd68a", 0.14)
    painter.glow((281, 238), (330, 260), "#fff2c8", 0.20)
    for left in (196, 356):
        painter.polygon(
            [(left, 552), (left + 132, 552), (left + 230, 690), (left + 70, 690)],
            "#ffe9b0",
            alpha=0.20,
        )


def _draw_hands(stage: Stage, now: datetime) -> None:
    minutes = now.minute + now.second / 60
    for turn, length, width, colour in (
        ((now.hour % 12 + minutes / 60) / 12, 21.0, 2.6, "#3d3a3c"),
        (minutes / 60, 31.0, 1.9, "#3d3a3c"),
        (now.second / 60, 33.0, 0.9, "#c8553d"),
    ):
        x, y = math.sin(2 * math.pi * turn) * length, -math.cos(2 * math.pi * turn) * length
        tip = (_CLOCK[0] + x, _CLOCK[1] + y)
        stage.capsule((_CLOCK[0] - x * 0.18, _CLOCK[1] - y * 0.18), tip, (width, width), colour)
    stage.capsule(_CLOCK, _CLOCK, (3.4, 3.4), "#c8553d")


def _draw_cloud(stage: Stage, seconds: float) -> None:
    """Drifts through the upper left pane; the pane's edge hides its coming and going."""
    left, top, right = _WINDOW[0], _WINDOW[1], (_WINDOW[0] + _WINDOW[2]) / 2 - 6
    part = (seconds / 90) % 1.0
    fade = min(1.0, part * 8, (1 - part) * 8) * 0.85
    x, y = left + 44 + part * (right - left - 88), top + 56
    for dx, dy, wide, high in ((-18, 4, 20, 9), (0, -4, 24, 14), (20, 4, 18, 9)):
        stage.ellipse((x + dx, y + dy), (wide, high), "#f6fbfa", alpha=fade)
