"""One visit. A noun."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keepsight.detect.sight import Box


class Phase(StrEnum):
    """Where in its life an event is."""

    START = "start"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Event:
    """One visit of one kind on one camera, as it is known now."""

    id: str
    """32 hex digits."""
    phase: Phase
    kind: str
    start_us: int
    """Media time of the first sight."""
    end_us: int
    """Media time of the last sight."""
    start_wall_us: int
    end_wall_us: int
    noticed_us: int
    """Media time at which it was sure enough to be told."""
    confidence: float
    """The highest of any sight."""
    best_box: Box
    best_us: int
    best_wall_us: int
    zones: tuple[str, ...]
    """Entered so far, in order."""
    count: int
    """The most that were seen at once."""
    path: tuple[tuple[int, Box], ...]
    """Where and when, media time; thinned out when long."""


def as_document(event: Event) -> dict[str, Any]:
    """For JSON; boxes as [left, top, right, bottom] in shares of the picture."""
    box = event.best_box
    return {
        "id": event.id,
        "phase": event.phase.value,
        "kind": event.kind,
        "start_us": event.start_wall_us,
        "end_us": event.end_wall_us,
        "confidence": round(event.confidence, 3),
        "best_box": [round(edge, 4) for edge in (box.left, box.top, box.right, box.bottom)],
        "best_us": event.best_wall_us,
        "zones": list(event.zones),
        "count": event.count,
        "delay_us": event.noticed_us - event.start_us,
        "path": [
            [round((media_us - event.start_us) / 1e6, 2), *(round(part, 4) for part in at.foot)]
            for media_us, at in event.path
        ],
    }
