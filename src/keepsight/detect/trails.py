"""Where the same thing was, from look to look, so that it stays hidden between them.

A detector loses a face for a moment, and looks come some times a second. So what is seen again
hides everything between; and each sight hides HOLD_SECONDS before the first and after the last.
"""

from dataclasses import dataclass, field
from typing import Final

from keepsight.detect.sight import Box, around

HOLD_SECONDS: Final = 0.5
BRIDGE_SECONDS: Final = 1.2
"""Seen again after so long it is the same one, and was there between."""
REACH: Final = 0.6
"""How far something moves between two looks, as share of its own size; and again for each
REACH_SECONDS."""
REACH_SECONDS: Final = 0.4
SWING: Final = 0.5
"""Things do not move evenly: so much of the way between two sights is hidden besides."""
TRAILS_MAX: Final = 2048
"""More than DETECTIONS_MAX of each look within HOLD_SECONDS and BRIDGE_SECONDS can make."""


@dataclass(slots=True)
class _Trail:
    sights: list[tuple[int, Box]] = field(default_factory=list)

    @property
    def last_us(self) -> int:
        return self.sights[-1][0]


def _distance(one: Box, other: Box) -> float:
    """Between the middles, as share of the larger one's size."""
    (x, y), (other_x, other_y) = one.centre, other.centre
    width, height = max(one.width, other.width), max(one.height, other.height)
    return max(abs(x - other_x) / max(width, 1e-6), abs(y - other_y) / max(height, 1e-6))


def _between(one: Box, other: Box, share: float) -> Box:
    """Where something is on its way from one sight to the next; 0 at the one, 1 at the other."""

    def at(place: float) -> Box:
        edges = ((one.left, other.left), (one.top, other.top),
                 (one.right, other.right), (one.bottom, other.bottom))  # fmt: skip
        return Box(*(first + (last - first) * place for first, last in edges))

    return around([at(max(0.0, share - SWING / 2)), at(min(1.0, share + SWING / 2))])


class Trails:
    """Of one kind of thing in one film. Times are media time, and only go on."""

    def __init__(self) -> None:
        self._trails: list[_Trail] = []

    def add(self, media_us: int, boxes: list[Box]) -> None:
        """What one look found."""
        pairs = sorted(
            (
                (distance, number, index)
                for number, trail in enumerate(self._trails)
                for index, box in enumerate(boxes)
                if (distance := self._apart(trail, media_us, box)) is not None
            ),
        )
        taken: set[int] = set()
        placed: set[int] = set()
        for _, number, index in pairs:
            if number not in taken and index not in placed:
                taken.add(number)
                placed.add(index)
                self._trails[number].sights.append((media_us, boxes[index]))
        for index, box in enumerate(boxes):
            if index not in placed and len(self._trails) < TRAILS_MAX:
                self._trails.append(_Trail([(media_us, box)]))

    @staticmethod
    def _apart(trail: _Trail, media_us: int, box: Box) -> float | None:
        waited_us = media_us - trail.last_us
        if not 0 < waited_us <= BRIDGE_SECONDS * 1e6:
            return None
        distance = _distance(trail.sights[-1][1], box)
        return distance if distance <= REACH * (1 + waited_us / 1e6 / REACH_SECONDS) else None

    def at(self, media_us: int) -> list[Box]:
        """What has to be hidden in the picture of this time.

        Right only once looks up to HOLD_SECONDS later have been added.
        """
        found = []
        for trail in self._trails:
            before = next((s for s in reversed(trail.sights) if s[0] <= media_us), None)
            after = next((s for s in trail.sights if s[0] > media_us), None)
            if before is not None and after is not None:
                share = (media_us - before[0]) / (after[0] - before[0])
                found.append(_between(before[1], after[1], share))
                continue
            sights = [sight for sight in (before, after) if sight is not None]
            found += [box for us, box in sights if abs(media_us - us) <= HOLD_SECONDS * 1e6]
        return found

    def forget_before(self, media_us: int) -> None:
        """Pictures before this are done."""
        for trail in self._trails:
            while len(trail.sights) > 1 and trail.sights[1][0] <= media_us:
                del trail.sights[0]
        kept_us = media_us - int((HOLD_SECONDS + BRIDGE_SECONDS) * 1e6)
        self._trails = [trail for trail in self._trails if trail.last_us >= kept_us]
