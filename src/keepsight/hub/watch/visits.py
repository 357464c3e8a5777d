"""The events of one camera that go on now: what of the watcher's claims is believed.

An event begins once, keeps its kind and its beginning, and ends once, whatever the watcher says.
Those that go on when it dies end at their last sight.
"""

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from keepsight.hub.event import Event
from keepsight.hub.watch.allowance import Allowance
from keepsight.hub.watch.claims import ClaimError, EventClaim
from keepsight.hub.watch.sink import Phase
from keepsight.hub.watching import Watching

log = logging.getLogger(__name__)

OPEN_MAX: Final = 64
"""Events of one camera at the same time."""
OLD_US_MAX: Final = 600_000_000
"""An event that is told now began at most so long ago: the watcher's queue is of seconds."""
AHEAD_US_MAX: Final = 60_000_000
"""Cameras' clocks, and the hub's when it is set."""
ENDED_MAX: Final = 256
"""Ids that are remembered so that an event ends once."""
STARTS_A_MINUTE: Final = 60.0
STARTS_AT_ONCE: Final = 60
UPDATES_A_MINUTE: Final = 600.0
UPDATES_AT_ONCE: Final = 300
PICTURES_A_MINUTE: Final = 120.0
PICTURES_AT_ONCE: Final = 60


class Visits:
    """The open events of one camera."""

    def __init__(self, camera: bytes) -> None:
        self._camera = camera
        self._open: dict[bytes, Event] = {}
        self._ended: deque[bytes] = deque(maxlen=ENDED_MAX)
        self._starts = Allowance(STARTS_A_MINUTE, STARTS_AT_ONCE)
        self._updates = Allowance(UPDATES_A_MINUTE, UPDATES_AT_ONCE)
        self._pictures = Allowance(PICTURES_A_MINUTE, PICTURES_AT_ONCE)

    @property
    def open_count(self) -> int:
        """How many go on."""
        return len(self._open)

    def take(
        self, claim: EventClaim, watching: Watching, *, wall_us: int, monotonic_us: int
    ) -> tuple[Phase, Event] | None:
        """What a claim comes to; None where it is left out as too much.

        Raises:
            ClaimError: it contradicts what is known or asked for.
        """
        known = self._open.get(claim.event_id)
        if claim.last_us > wall_us + AHEAD_US_MAX:
            raise ClaimError("an event of the future")
        if known is None:
            return self._begin(claim, watching, wall_us, monotonic_us)
        if claim.kind != known.kind:
            raise ClaimError("an event that changes its kind")
        is_end = claim.phase == "end"
        if not is_end and not self._updates.take(monotonic_us):
            return None
        event = _grown(known, claim, watching)
        if is_end:
            return "end", self._end(event)
        self._open[claim.event_id] = event
        return "update", event

    def _begin(
        self, claim: EventClaim, watching: Watching, wall_us: int, monotonic_us: int
    ) -> tuple[Phase, Event] | None:
        if claim.phase != "start" or claim.event_id in self._ended:
            return None  # of before the hub or the camera was started anew
        if claim.kind not in (*watching.kinds, *watching.sounds):
            raise ClaimError("an event of a kind that nobody asked for")
        if claim.start_us < wall_us - OLD_US_MAX:
            raise ClaimError("an event of long ago")
        if len(self._open) >= OPEN_MAX or not self._starts.take(monotonic_us):
            return None
        event = Event(
            claim.event_id,
            self._camera,
            claim.kind,
            claim.start_us,
            claim.last_us,
            None,
            claim.confidence,
            claim.best_us,
            claim.best_box,
            _known_zones(claim.zones, watching, ()),
            claim.path,
        )
        self._open[claim.event_id] = event
        return "start", event

    def _end(self, event: Event) -> Event:
        del self._open[event.event_id]
        self._ended.append(event.event_id)
        return replace(event, end_us=event.last_us)

    def end_all(self) -> list[Event]:
        """All that go on end at their last sight."""
        return [self._end(event) for event in list(self._open.values())]

    def may_have_picture(self, event_id: bytes, monotonic_us: int) -> bool:
        """Whether a picture of this event is to be kept; that of a sound may follow its end."""
        is_known = event_id in self._open or event_id in self._ended
        return is_known and self._pictures.take(monotonic_us)

    @property
    def refused(self) -> int:
        """What was too much."""
        return self._starts.refused + self._updates.refused + self._pictures.refused


def _known_zones(
    claimed: Iterable[str], watching: Watching, before: tuple[str, ...]
) -> tuple[str, ...]:
    names = {zone.name for zone in watching.zones}.union(before)
    return tuple(dict.fromkeys((*before, *(name for name in claimed if name in names))))


def _grown(known: Event, claim: EventClaim, watching: Watching) -> Event:
    """What is known now: nothing goes back."""
    last_us = max(known.last_us, claim.last_us)
    is_better = claim.confidence >= known.confidence
    return replace(
        known,
        last_us=last_us,
        confidence=max(known.confidence, claim.confidence),
        best_us=min(max(claim.best_us, known.start_us), last_us) if is_better else known.best_us,
        best_box=claim.best_box if is_better else known.best_box,
        zones=_known_zones(claim.zones, watching, known.zones),
        path=claim.path or known.path,
    )
