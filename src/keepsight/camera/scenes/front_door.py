"""A front door at dusk: porch light, a path, a tree, and now and then a visitor."""

import math
import random
from datetime import datetime
from itertools import pairwise
from typing import Final

from keepsight.camera.ambience import Sound
from keepsight.camera.canvas import Layer, Point, mix
from keepsight.camera.figure import Figure
from keepsight.camera.painter import Painter
from keepsight.camera.scenes.house import paint_house
from keepsight.camera.stage import Stage
from keepsight.camera.walk import Halt, Walks

HORIZON: Final = 392.0
_DUSK: Final = "#2a2d52"
_WARM: Final = "#ffc476"
_FIREFLIES: Final = 7

_DOOR_STEP: Final = (862.0, 580.0)


def _size_at(y: float) -> float:
    """A grown person stands 212 high at the door (a door is 2.05 m) and larger in front."""
    return 212 + (y - _DOOR_STEP[1]) * 0.72


WALKS: Final = Walks(
    routes=(
        (
            Halt((-90, 676)),
            Halt((560, 664)),
            Halt((822, 588), 4.5),
            Halt((640, 660)),
            Halt((1390, 682)),
        ),
        (Halt((-90, 690)), Halt((1390, 690))),
        (
            Halt((-90, 668)),
            Halt((610, 656)),
            Halt((824, 588), 3.0),
            Halt((620, 660)),
            Halt((-90, 672)),
        ),
    ),
    size_at=_size_at,
)


class FrontDoor:
    """The scene."""

    sound: Sound = "evening"
    title = "Front door"

    def paint(self, width: int, height: int) -> tuple[Layer, Layer | None]:
        """Sky, house, garden; the tree and the fence stand in front."""
        back = Painter(width, height)
        _paint_sky(back)
        _paint_garden(back)
        paint_house(back)
        _paint_path(back)
        _paint_light(back)
        back.noise(0.006, 7)
        front = Painter(width, height, is_opaque=False)
        _paint_tree(front)
        _paint_fence(front)
        return back.finish(), front.finish()

    def draw(self, stage: Stage, now: datetime, seed: int) -> None:
        """Visitors, swaying leaves, fireflies."""
        seconds = now.timestamp()
        visit = WALKS.at(seed, seconds)
        if visit is not None:
            away = abs(visit.pose.ground[0] - _DOOR_STEP[0]) / 700
            Figure(stage, visit.outfit, _DUSK, 0.16 + 0.26 * min(1.0, away)).draw(visit.pose)
        stage.cover()
        _draw_leaves(stage, seconds)
        _draw_fireflies(stage, seconds, seed)


def _paint_sky(painter: Painter) -> None:
    stops = (
        (0, "#1e2450"),
        (120, "#33346e"),
        (220, "#6a4c86"),
        (310, "#b86d84"),
        (HORIZON, "#f0a878"),
    )
    for (top, upper), (bottom, lower) in pairwise(stops):
        painter.rectangle((0, top, 1280, bottom), upper, lower_colour=lower)
    painter.glow((300, HORIZON + 8), (560, 150), "#ffce8a", 0.50)
    chance = random.Random(4)  # noqa: S311 - a fixed sky
    for _ in range(60):
        x, y = chance.uniform(0, 1280), chance.uniform(8, 210)
        size = chance.uniform(0.5, 1.5)
        painter.ellipse(
            (x, y), (size, size), "#fff6e0", alpha=chance.uniform(0.25, 0.9) * (1 - y / 260)
        )
    painter.glow((478, 136), (90, 90), "#c9cdf2", 0.22)
    painter.polygon(_crescent((478, 136), 26), "#f6efd8")
    for points, colour in (
        (((60, 196, 250, 8), (130, 204, 300, 6), (20, 208, 170, 5)), "#a0627f"),
        (((330, 262, 260, 7), (380, 272, 340, 6)), "#d98a86"),
    ):
        for x, y, wide, high in points:
            painter.rectangle(
                (x, y - high, x + wide, y + high), colour, radius=high - 0.5, alpha=0.55
            )


def _crescent(centre: Point, radius: float) -> list[Point]:
    """Half a circle, and half an ellipse back, leaning to the left."""
    cos, sin = math.cos(-0.5), math.sin(-0.5)
    angles = [-math.pi / 2 + math.pi * n / 24 for n in range(25)]
    outer = [(radius * math.cos(a), radius * math.sin(a)) for a in angles]
    inner = [(0.42 * radius * math.cos(a), radius * math.sin(a)) for a in reversed(angles)]
    return [
        (centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos) for x, y in outer + inner
    ]


def _paint_garden(painter: Painter) -> None:
    hills = [
        (0, 360),
        (90, 338),
        (210, 352),
        (330, 324),
        (470, 350),
        (610, 336),
        (610, 420),
        (0, 420),
    ]
    painter.polygon(_points(hills), "#6d5580", lower_colour="#5a4a72")
    near = [
        (0, 384),
        (120, 366),
        (260, 384),
        (420, 362),
        (600, 386),
        (1280, 380),
        (1280, 440),
        (0, 440),
    ]
    painter.polygon(_points(near), "#44426a", lower_colour="#3a3d5e")
    for x, tall in ((36.0, 74), (74, 96), (118, 66), (402, 62), (440, 82), (482, 58)):
        top = 388.0 - tall
        painter.polygon([(x, top), (x + tall * 0.26, 398), (x - tall * 0.26, 398)], "#363a5a")
    painter.rectangle((0, 394, 1280, 720), "#46604f", lower_colour="#24392f")
    painter.ellipse((640, 430), (760, 40), "#567058", alpha=0.35)
    painter.ellipse((172, 662), (150, 17), "#14201d", alpha=0.5)
    chance = random.Random(11)  # noqa: S311 - a fixed lawn
    for _ in range(420):
        x, y = chance.uniform(0, 1280), chance.uniform(420, 718)
        high = 3 + (y - 400) * 0.022
        colour = mix("#5b7a5c", "#2c4636", chance.random())
        painter.line((x, y), (x + chance.uniform(-2, 2), y - high), 1.4, colour, 0.5)


def _points(pairs: list[tuple[int, int]]) -> list[Point]:
    return [(float(x), float(y)) for x, y in pairs]


def _paint_path(painter: Painter) -> None:
    edge = [
        (766, 597),
        (958, 597),
        (950, 640),
        (880, 690),
        (836, 722),
        (380, 722),
        (500, 690),
        (640, 650),
    ]
    painter.polygon(_points(edge), "#9b8d88", lower_colour="#6f666c")
    stones = (
        (800, 606, 60, 9),
        (886, 608, 54, 9),
        (756, 624, 62, 11),
        (846, 628, 66, 11),
        (694, 646, 70, 13),
        (800, 652, 74, 14),
        (622, 672, 84, 16),
        (746, 680, 86, 17),
        (530, 702, 96, 18),
        (674, 710, 100, 19),
    )
    for x, y, wide, high in stones:
        painter.ellipse((x + 2, y + 3), (wide * 0.52, high * 0.52), "#4f4a55", alpha=0.5)
        painter.ellipse((x, y), (wide * 0.5, high * 0.5), "#b5a69c")
    for x, y, size in (
        (716, 618, 0.8),
        (596, 656, 1.0),
        (420, 704, 1.35),
        (992, 634, 0.9),
        (930, 692, 1.25),
    ):
        painter.line((x, y), (x, y - 30 * size), 4 * size, "#262639")
        painter.rectangle(
            (x - 7 * size, y - 44 * size, x + 7 * size, y - 29 * size), "#ffe6ae", radius=3
        )
        painter.rectangle(
            (x - 9 * size, y - 48 * size, x + 9 * size, y - 43 * size), "#262639", radius=2
        )


def _paint_light(painter: Painter) -> None:
    """Warm light over what is there: it ties the picture together."""
    painter.glow((750, 406), (120, 130), _WARM, 0.50)
    painter.glow((862, 470), (210, 190), _WARM, 0.26)
    painter.glow((862, 612), (250, 60), _WARM, 0.34)
    for left in (670.0, 1076.0):
        painter.glow((left, 416), (130, 110), _WARM, 0.24)
        painter.glow((left, 606), (120, 34), _WARM, 0.16)
    for x, y, size in (
        (716, 618, 0.8),
        (596, 656, 1.0),
        (420, 704, 1.35),
        (992, 634, 0.9),
        (930, 692, 1.25),
    ):
        painter.glow((x, y - 36 * size), (46 * size, 46 * size), _WARM, 0.42)
        painter.glow((x, y), (78 * size, 20 * size), _WARM, 0.30)


_BLOBS: Final = (
    (118, 236, 128, 104, "#2a4048"),
    (250, 220, 112, 96, "#2e464a"),
    (36, 300, 96, 84, "#263a44"),
    (190, 138, 112, 92, "#33504f"),
    (312, 300, 84, 66, "#2b434a"),
    (130, 316, 120, 74, "#30494b"),
    (232, 300, 92, 70, "#375650"),
    (96, 164, 92, 80, "#36534f"),
    (266, 154, 76, 66, "#3f6156"),
)


def _paint_tree(painter: Painter) -> None:
    trunk = [
        (146, 664),
        (158, 560),
        (152, 470),
        (138, 380),
        (166, 380),
        (180, 440),
        (206, 372),
        (230, 378),
        (196, 476),
        (196, 566),
        (214, 664),
    ]
    painter.polygon(_points(trunk), "#4a3b44", lower_colour="#3a3039")
    painter.polygon(
        _points([(182, 664), (184, 560), (190, 470), (196, 476), (196, 566), (214, 664)]),
        "#6b5150",
        alpha=0.8,
    )
    for x, y, wide, high, colour in _BLOBS:
        painter.ellipse((x, y), (wide, high), colour)
    chance = random.Random(3)  # noqa: S311 - a fixed tree
    for _ in range(150):
        x, y, wide, high, colour = chance.choice(_BLOBS)
        angle, reach = chance.uniform(0, 2 * math.pi), chance.uniform(0.2, 0.96)
        leaf = (x + wide * reach * math.cos(angle), y + high * reach * math.sin(angle))
        lit = max(0.0, math.cos(angle - 0.5)) * 0.30
        painter.ellipse(
            leaf,
            (chance.uniform(7, 13), chance.uniform(4, 7)),
            mix(colour, "#c89a6a", lit),
            alpha=0.75,
            turn=chance.uniform(-0.8, 0.8),
        )


def _paint_fence(painter: Painter) -> None:
    for y in (640.0, 676.0):
        painter.rectangle((-4, y, 150, y + 9), "#8f8590", lower_colour="#6f6775")
        painter.rectangle((1130, y, 1284, y + 9), "#8f8590", lower_colour="#6f6775")
    for x in (*range(2, 150, 30), *range(1134, 1284, 30)):
        post = [(x, 706), (x, 626), (x + 9, 614), (x + 18, 626), (x + 18, 706)]
        painter.polygon(_points(post), "#aaa0a6", lower_colour="#7c7482")


def _draw_leaves(stage: Stage, seconds: float) -> None:
    for number, (x, y, radius) in enumerate(
        ((330, 262, 15), (352, 300, 13), (60, 378, 14), (296, 356, 13), (226, 82, 14))
    ):
        sway = math.sin(seconds * 1.1 + number * 1.7) * 3.2
        turn = 0.25 + 0.2 * math.sin(seconds * 1.4 + number)
        stage.ellipse(
            (x + sway, y + sway * 0.3), (radius, radius * 0.55), "#4a6f5c", alpha=0.95, turn=turn
        )


def _draw_fireflies(stage: Stage, seconds: float, seed: int) -> None:
    for number in range(_FIREFLIES):
        phase = number * 2.399 + seed
        light = max(0.0, math.sin(seconds * 0.9 + phase * 3)) ** 2
        if light < 0.05:
            continue
        x = 330 + number * 118 + 42 * math.sin(seconds * 0.31 + phase)
        y = 566 + 60 * math.sin(phase * 5) + 20 * math.sin(seconds * 0.47 + phase)
        stage.glow((x, y), 11, "#ffe08a", 0.55 * light)
        stage.glow((x, y), 3.2, "#fff6cc", 0.95 * light)
