"""Who walks through a scene, and when: a pure function of seed and time."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from keepsight.camera.canvas import Point
from keepsight.camera.figure import OUTFITS, Outfit, Pose

SLOT_SECONDS: Final = 26.0
"""At most one visit begins in each."""
VISIT_SHARE: Final = 0.8
"""Of slots with a visit."""
BODY_LENGTHS_PER_SECOND: Final = 0.82
"""An unhurried walk: 1.4 m/s."""
RAMP_SECONDS: Final = 0.45
"""From standing to walking."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A point of a route, and how long somebody stays there."""

    point: Point
    seconds: float = 0.0


Route = tuple[Halt, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody on their way."""

    outfit: Outfit
    pose: Pose


@dataclass(frozen=True, slots=True)
class Walks:
    """The routes of a scene, and how large a grown person is at a height of the picture."""

    routes: tuple[Route, ...]
    size_at: Callable[[float], float]
    """From y of the feet to the height of the body, both in picture coordinates."""

    def at(self, seed: int, seconds: float) -> Visit | None:
        """Who is there at wall time `seconds`."""
        slot = math.floor(seconds / SLOT_SECONDS)
        chance = random.Random(seed * 1_000_003 + slot)  # noqa: S311 - repeatable, no secret
        is_visited, delay = chance.random() < VISIT_SHARE, chance.uniform(0, 3)
        route, outfit = chance.choice(self.routes), chance.choice(OUTFITS)
        if chance.random() < 0.5:
            route = tuple(reversed(route))
        if not is_visited:
            return None
        pose = self._walk(route, seconds - slot * SLOT_SECONDS - delay)
        return None if pose is None else Visit(outfit, pose)

    def _walk(self, route: Route, elapsed: float) -> Pose | None:
        """Where on the route after `elapsed` seconds; None before its start and after its end."""
        if elapsed < 0:
            return None
        lengths, facing = 0.0, 1.0
        for start, end in pairwise(route):
            (x0, y0), (x1, y1) = start.point, end.point
            facing = facing if abs(x1 - x0) < 1 else math.copysign(1.0, x1 - x0)
            if elapsed < start.seconds:
                return self._pose(start.point, lengths, facing, 0.0)
            elapsed -= start.seconds
            size = (self.size_at(y0) + self.size_at(y1)) / 2
            # A step towards the camera covers less of the picture than one to the side.
            run = math.hypot(x1 - x0, 2.2 * (y1 - y0)) / size
            seconds = run / BODY_LENGTHS_PER_SECOND
            if elapsed < seconds:
                part = elapsed / seconds
                from_rest = elapsed if start.seconds else RAMP_SECONDS
                to_rest = seconds - elapsed if end.seconds else RAMP_SECONDS
                stride = max(0.0, min(1.0, from_rest / RAMP_SECONDS, to_rest / RAMP_SECONDS))
                point = (x0 + (x1 - x0) * part, y0 + (y1 - y0) * part)
                return self._pose(point, lengths + run * part, facing, stride)
            elapsed -= seconds
            lengths += run
        return None

    def _pose(self, point: Point, lengths: float, facing: float, stride: float) -> Pose:
        size = self.size_at(point[1])
        return Pose(point, size, lengths * size, facing, stride)
