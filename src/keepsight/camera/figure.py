"""People of flat shapes who walk: joints from the phase of the gait, limbs as capsules."""

import math
from dataclasses import dataclass
from typing import Final

from keepsight.camera.canvas import Point, mix
from keepsight.camera.stage import Stage

# Lengths as parts of the body's height.
THIGH: Final = 0.245
SHIN: Final = 0.235
HIP_TO_SHOULDER: Final = 0.285
UPPER_ARM: Final = 0.165
FOREARM: Final = 0.15
HEAD_RADIUS: Final = 0.063
CYCLE: Final = 0.86
"""Way made in one gait cycle, two steps, as a part of the height."""
HIP_SWING: Final = 0.44
"""Radians to each side."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """Colours, and what they carry."""

    skin: str
    hair: str
    coat: str
    trousers: str
    shoes: str
    has_long_hair: bool = False
    has_hat: bool = False
    is_carrying: bool = False
    height: float = 1.0
    """Compared with a grown person."""


OUTFITS: Final = (
    Outfit("#e0ac8a", "#3b2a24", "#c8553d", "#2d3a4f", "#2a2320"),
    Outfit("#8d5a3c", "#1d1614", "#e0b84c", "#4a3b52", "#2b2b33", has_long_hair=True),
    Outfit("#f0c8a8", "#a8643a", "#3f7d78", "#3a3f4a", "#6b4632", has_long_hair=True),
    Outfit("#c58a64", "#2a211d", "#5a6fa8", "#2b3038", "#d8d4cc", has_hat=True, is_carrying=True),
    Outfit("#e8bd9c", "#d9c39a", "#8a5a86", "#38435a", "#3a2e2a", height=0.72),
)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where somebody is and how they move."""

    ground: Point
    """Between the feet, in picture coordinates."""
    height: float
    """Of the body, in picture coordinates."""
    distance: float
    """Walked so far, in picture coordinates: sets the phase of the gait."""
    facing: float
    """1 to the right, -1 to the left."""
    stride: float
    """0 standing, 1 walking."""


def _bell(phase: float, centre: float, width: float) -> float:
    away = (phase - centre + 0.5) % 1.0 - 0.5
    return math.exp(-((away / width) ** 2))


def _leg_angles(phase: float, stride: float) -> tuple[float, float]:
    """Hip (forward positive) and knee flexion, in radians, at a phase 0..1 of the gait."""
    hip = HIP_SWING * math.sin(2 * math.pi * phase) + 0.06
    knee = 0.10 + 0.95 * _bell(phase, 0.97, 0.15) + 0.16 * _bell(phase, 0.36, 0.10)
    return hip * stride, knee * stride + 0.03


def _leg(phase: float, stride: float) -> tuple[Point, Point, float]:
    """Knee and ankle seen from the hip (y down), and the pitch of the foot."""
    hip, flexion = _leg_angles(phase, stride)
    knee = (THIGH * math.sin(hip), THIGH * math.cos(hip))
    shin = hip - flexion
    ankle = (knee[0] + SHIN * math.sin(shin), knee[1] + SHIN * math.cos(shin))
    return knee, ankle, shin * 0.9


class Figure:
    """One person, drawn from the far side to the near."""

    def __init__(self, stage: Stage, outfit: Outfit, shade: str, shade_part: float) -> None:
        """Draw on `stage`; `shade` tints everything, as evening or lamplight does."""
        self._stage = stage
        self._outfit = outfit
        self._shade = shade
        self._shade_part = shade_part

    def _tint(self, colour: str, far: float = 0.0) -> str:
        return mix(mix(colour, "#11131c", far), self._shade, self._shade_part)

    def draw(self, pose: Pose) -> None:
        """The whole body with its shadow."""
        size = pose.height * self._outfit.height
        phase = pose.distance / (CYCLE * size)
        near, far = _leg(phase % 1.0, pose.stride), _leg((phase + 0.5) % 1.0, pose.stride)
        # The lower foot stands on the ground: the body's rise and fall follow by themselves.
        lowest = max(leg[1][1] for leg in (near, far)) + 0.028
        hip = (pose.ground[0], pose.ground[1] - lowest * size)
        self._stage.ellipse(
            (pose.ground[0], pose.ground[1] + 0.004 * size), (0.2 * size, 0.03 * size),
            "#0a0c12", alpha=0.30,
        )  # fmt: skip

        def place(point: Point, origin: Point = hip) -> Point:
            return origin[0] + pose.facing * point[0] * size, origin[1] + point[1] * size

        lean = 0.05 * pose.stride
        shoulder = place((HIP_TO_SHOULDER * math.sin(lean), -HIP_TO_SHOULDER * math.cos(lean)))
        swing = math.sin(2 * math.pi * phase) * pose.stride
        self._arm(shoulder, size, pose.facing, 0.42 * swing, far=0.28)
        self._draw_leg(far, place, size, pose.facing, far=0.30)
        self._draw_leg(near, place, size, pose.facing, far=0.0)
        self._body(hip, shoulder, size)
        self._head(shoulder, size, pose.facing)
        if self._outfit.is_carrying:
            self._parcel(shoulder, size, pose.facing)
        else:
            self._arm(shoulder, size, pose.facing, -0.42 * swing, far=0.0)

    def _draw_leg(
        self,
        leg: tuple[Point, Point, float],
        place: object,
        size: float,
        facing: float,
        *,
        far: float,
    ) -> None:
        if not callable(place):
            return
        knee, ankle, pitch = place(leg[0]), place(leg[1]), leg[2]
        trousers = self._tint(self._outfit.trousers, far)
        toe = (
            ankle[0] + facing * 0.085 * size * math.cos(pitch),
            ankle[1] + (0.012 - 0.085 * math.sin(pitch)) * size,
        )
        heel = (ankle[0] - facing * 0.012 * size, ankle[1] + 0.010 * size)
        self._stage.capsule(
            heel, toe, (0.024 * size, 0.018 * size), self._tint(self._outfit.shoes, far)
        )
        self._stage.capsule(place((0.0, 0.0)), knee, (0.062 * size, 0.043 * size), trousers)
        self._stage.capsule(knee, ankle, (0.043 * size, 0.030 * size), trousers)

    def _arm(
        self, shoulder: Point, size: float, facing: float, swing: float, *, far: float
    ) -> None:
        coat = self._tint(mix(self._outfit.coat, "#000000", 0.10), far)
        top = (shoulder[0], shoulder[1] + 0.025 * size)
        elbow = (
            top[0] + facing * UPPER_ARM * size * math.sin(swing - 0.05),
            top[1] + UPPER_ARM * size * math.cos(swing - 0.05),
        )
        bend = swing + 0.28 + max(0.0, swing) * 0.5
        hand = (
            elbow[0] + facing * FOREARM * size * math.sin(bend),
            elbow[1] + FOREARM * size * math.cos(bend),
        )
        palm = (
            hand[0] + facing * 0.026 * size * math.sin(bend),
            hand[1] + 0.026 * size * math.cos(bend),
        )
        self._stage.capsule(
            hand, palm, (0.022 * size, 0.021 * size), self._tint(self._outfit.skin, far)
        )
        self._stage.capsule(top, elbow, (0.042 * size, 0.034 * size), coat)
        self._stage.capsule(elbow, hand, (0.034 * size, 0.024 * size), coat)

    def _body(self, hip: Point, shoulder: Point, size: float) -> None:
        coat = self._tint(self._outfit.coat)
        low = (hip[0], hip[1] + 0.03 * size)
        self._stage.capsule(
            (shoulder[0], shoulder[1] + 0.035 * size), low, (0.080 * size, 0.084 * size), coat
        )

    def _head(self, shoulder: Point, size: float, facing: float) -> None:
        outfit = self._outfit
        # A child's head is larger beside its body.
        radius = HEAD_RADIUS * size * (1.0 if outfit.height > 0.85 else 1.25)
        skin, hair = self._tint(outfit.skin), self._tint(outfit.hair)
        head = (shoulder[0] + facing * 0.016 * size, shoulder[1] - 0.118 * size)
        neck = (shoulder[0], shoulder[1] - 0.02 * size)
        self._stage.capsule(neck, head, (0.032 * size, 0.030 * size), self._tint(outfit.skin, 0.12))
        if outfit.has_long_hair:
            back = (head[0] - facing * 0.030 * size, head[1] + 0.075 * size)
            self._stage.capsule(
                (head[0] - facing * 0.02 * size, head[1]), back, (radius * 0.98, 0.036 * size), hair
            )
        self._stage.capsule(
            head, (head[0] + facing * 0.004 * size, head[1] + 0.022 * size),
            (radius, radius * 0.86), skin,
        )  # fmt: skip
        crown = (head[0] - facing * 0.018 * size, head[1] - 0.026 * size)
        front = (head[0] + facing * 0.024 * size, head[1] - 0.040 * size)
        self._stage.capsule(crown, front, (radius * 0.86, radius * 0.50), hair)
        if outfit.has_hat:
            brim = (head[0] + facing * 0.082 * size, head[1] - 0.030 * size)
            hat = self._tint(mix(outfit.coat, "#ffffff", 0.1))
            self._stage.capsule(crown, front, (radius * 0.92, radius * 0.66), hat)
            self._stage.capsule(front, brim, (0.016 * size, 0.010 * size), hat)

    def _parcel(self, shoulder: Point, size: float, facing: float) -> None:
        x, y = shoulder[0] + facing * 0.115 * size, shoulder[1] + 0.205 * size
        half_x, half_y = 0.085 * size, 0.062 * size
        box = [
            (x - half_x, y - half_y), (x + half_x, y - half_y),
            (x + half_x, y + half_y), (x - half_x, y + half_y),
        ]  # fmt: skip
        self._stage.polygon(box, self._tint("#b88a58"))
        tape = [
            (x - half_x * 0.14, y - half_y), (x + half_x * 0.14, y - half_y),
            (x + half_x * 0.14, y + half_y), (x - half_x * 0.14, y + half_y),
        ]  # fmt: skip
        self._stage.polygon(tape, self._tint("#d9b98a"))
        top = (shoulder[0], shoulder[1] + 0.025 * size)
        elbow = (top[0] - facing * 0.02 * size, top[1] + UPPER_ARM * size)
        hand = (x + facing * 0.01 * size, y + half_y * 0.9)
        coat = self._tint(mix(self._outfit.coat, "#000000", 0.10))
        self._stage.capsule(hand, hand, (0.025 * size, 0.025 * size), self._tint(self._outfit.skin))
        self._stage.capsule(top, elbow, (0.042 * size, 0.034 * size), coat)
        self._stage.capsule(elbow, hand, (0.034 * size, 0.024 * size), coat)
