"""Tracks to events: one visit is one event, whoever of a kind is in the picture together.

A track that begins while a visit of its kind goes on belongs to it, unless the visit is old and the
newcomer makes them more than there were: a stranger who comes while the gardener works is told.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from keepsight.detect.decoder import Picture
from keepsight.detect.event import Event, Phase
from keepsight.detect.sight import Box, Detection
from keepsight.detect.tracker import PATH_POINTS_MAX, Followed, Track
from keepsight.detect.zones import Rules, is_scheduled, zones_of

JOIN_SECONDS: Final = 30.0
"""A newcomer to a visit that began less long ago belongs to it in any case."""
UPDATE_SECONDS: Final = 5.0
"""Between updates of one event."""
EVENTS_OPEN_MAX: Final = 16
BEST_GAIN: Final = 1.05
"""A better picture must be better by this; a new one for each look would be noise."""
BEST_GAP_SECONDS: Final = 1.5
OPEN_ENDED_SECONDS_MAX: Final = 3600.0
"""A visit is cut after an hour, so that one that never ends is still told again."""


@dataclass(slots=True)
class _Visit:
    event_id: str
    kind: str
    start_us: int
    start_wall_us: int
    noticed_us: int
    end_us: int
    end_wall_us: int
    confidence: float
    best_box: Box
    best_us: int
    best_wall_us: int
    best_worth: float
    count: int = 1
    zones: list[str] = field(default_factory=list)
    members: set[int] = field(default_factory=set)
    path: list[tuple[int, Box]] = field(default_factory=list)
    told_us: int = 0

    def event(self, phase: Phase) -> Event:
        return Event(
            self.event_id,
            phase,
            self.kind,
            self.start_us,
            self.end_us,
            self.start_wall_us,
            self.end_wall_us,
            self.noticed_us,
            self.confidence,
            self.best_box,
            self.best_us,
            self.best_wall_us,
            tuple(self.zones),
            self.count,
            tuple(self.path),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to pass on."""

    event: Event
    is_new_best: bool
    """The picture just looked at is the best so far."""


def _random_id() -> str:
    return secrets.token_hex(16)


class EventBook:
    """The visits of one camera."""

    def __init__(self, rules: Rules, new_id: Callable[[], str] = _random_id) -> None:
        """Args: rules that decide which tracks are events; new_id for tests."""
        self._rules = rules
        self._new_id = new_id
        self._visits: list[_Visit] = []
        self._ended_us: dict[str, int] = {}

    @property
    def is_open(self) -> bool:
        """Whether a visit goes on."""
        return bool(self._visits)

    def take(self, picture: Picture, followed: Followed) -> list[Told]:
        """What one look means for the visits."""
        told = []
        for track, detection in followed.seen:
            told += self._see(picture, track, detection)
        self._count(followed)
        for track in followed.left:
            told += self._leave(track)
        return told

    def _see(self, picture: Picture, track: Track, detection: Detection) -> list[Told]:
        zones = zones_of(self._rules, track.kind, detection.box)
        visit = next((each for each in self._visits if track.number in each.members), None)
        if visit is None:
            if self._rules.zones and not zones:
                return []
            visit = self._joined(picture, track)
        if visit is None:
            return self._start(picture, track, detection, zones)
        return self._go_on(visit, picture, track, detection, zones)

    def _joined(self, picture: Picture, track: Track) -> _Visit | None:
        """The visit that a new track belongs to, if one of its kind is open."""
        for visit in reversed(self._visits):
            if visit.kind != track.kind:
                continue
            is_young = picture.media_us - visit.start_us <= JOIN_SECONDS * 1e6
            is_lost_one = len(visit.members) >= 1 and self._has_unseen(visit, picture.media_us)
            if is_young or is_lost_one:
                visit.members.add(track.number)
                return visit
        return None

    def _has_unseen(self, visit: _Visit, media_us: int) -> bool:
        """Whether somebody of the visit is not in this picture: the newcomer may be that one."""
        return visit.end_us < media_us or len(visit.members) < visit.count

    def _start(
        self, picture: Picture, track: Track, detection: Detection, zones: tuple[str, ...]
    ) -> list[Told]:
        ended_us = self._ended_us.get(track.kind)
        cooldown_us = int(self._rules.cooldown_seconds * 1e6)
        is_too_soon = ended_us is not None and picture.media_us - ended_us < cooldown_us
        if is_too_soon or not is_scheduled(self._rules, picture.wall_us):
            return []
        if len(self._visits) >= EVENTS_OPEN_MAX:
            return []
        before_us = picture.media_us - track.first_us
        visit = _Visit(
            self._new_id(),
            track.kind,
            track.first_us,
            picture.wall_us - before_us,
            picture.media_us,
            picture.media_us,
            picture.wall_us,
            track.confidence,
            detection.box,
            picture.media_us,
            picture.wall_us,
            _worth(detection),
            zones=list(zones),
            members={track.number},
            path=list(track.path),
            told_us=picture.media_us,
        )
        self._visits.append(visit)
        return [Told(visit.event(Phase.START), is_new_best=True)]

    def _go_on(
        self,
        visit: _Visit,
        picture: Picture,
        track: Track,
        detection: Detection,
        zones: tuple[str, ...],
    ) -> list[Told]:
        visit.end_us, visit.end_wall_us = picture.media_us, picture.wall_us
        visit.confidence = max(visit.confidence, detection.confidence)
        new_zones = [zone for zone in zones if zone not in visit.zones]
        visit.zones += new_zones
        if track.number == min(visit.members):
            visit.path.append((picture.media_us, detection.box))
            if len(visit.path) > PATH_POINTS_MAX:
                del visit.path[1:-1:2]
        has_waited = picture.media_us - visit.best_us >= BEST_GAP_SECONDS * 1e6
        is_better = has_waited and _worth(detection) > visit.best_worth * BEST_GAIN
        if is_better:
            visit.best_worth = _worth(detection)
            visit.best_box = detection.box
            visit.best_us, visit.best_wall_us = picture.media_us, picture.wall_us
        is_due = picture.media_us - visit.told_us >= UPDATE_SECONDS * 1e6
        if not (is_due or new_zones or is_better):
            return []
        visit.told_us = picture.media_us
        told = [Told(visit.event(Phase.UPDATE), is_better)]
        if picture.media_us - visit.start_us > OPEN_ENDED_SECONDS_MAX * 1e6:
            self._visits.remove(visit)
            told.append(Told(visit.event(Phase.END), is_new_best=False))
        return told

    def _count(self, followed: Followed) -> None:
        for visit in self._visits:
            together = sum(track.number in visit.members for track, _ in followed.seen)
            visit.count = max(visit.count, together)

    def _leave(self, track: Track) -> list[Told]:
        told = []
        for visit in list(self._visits):
            visit.members.discard(track.number)
            if not visit.members:
                told.append(self._end(visit))
        return told

    def _end(self, visit: _Visit) -> Told:
        self._visits.remove(visit)
        self._ended_us[visit.kind] = visit.end_us
        return Told(visit.event(Phase.END), is_new_best=False)

    def close(self) -> list[Told]:
        """Every visit ends now."""
        return [self._end(visit) for visit in list(self._visits)]


def _worth(detection: Detection) -> float:
    """How good a picture of it this is: certain and large."""
    return detection.confidence * math.sqrt(0.02 + detection.box.area)
