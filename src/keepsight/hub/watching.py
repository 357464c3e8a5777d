"""How one camera is watched, as its owner set it. What it means for pictures is the watcher's."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from keepsight.hub.event import SEEN_KINDS
from keepsight.hub.grant import Hours, hours_fields, read_hours

MODEL_DEFAULT: Final = "efficientdet-lite1"
MODEL_NONE: Final = "none"
OWN_MODEL: Final = "own:"
"""Before the name of a user's own file."""
POINTS_MIN: Final = 3
POINTS_MAX: Final = 64
POLYGONS_MAX: Final = 32
"""Zones; and masks and privacy masks together."""
NAME_LENGTH_MAX: Final = 64
KINDS_MAX: Final = 64
HOURS_MAX: Final = 32
COOLDOWN_SECONDS_MAX: Final = 86_400
PERSON_CONFIDENCE_MIN: Final = 0.2

Point = tuple[float, float]
Polygon = tuple[Point, ...]
"""Shares of the picture, 0..1; at least three corners."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture that has a name."""

    name: str
    points: Polygon
    kinds: tuple[str, ...] = ()
    """Only these; empty: all that are watched for."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Everything an owner can say about watching one camera."""

    is_on: bool = True
    model: str = MODEL_DEFAULT
    """Name of an installed model, `none` for movement only, or `own:<file>` for a user's own."""
    kinds: tuple[str, ...] = SEEN_KINDS
    person_confidence: float | None = None
    """None: the model's own."""
    min_area: float = 0.0
    """Smaller things do not count; a share of the picture."""
    cooldown_seconds: float = 0.0
    """So long after an event none of the same kind begins."""
    zones: tuple[Zone, ...] = ()
    """With zones, only what stands in one is an event."""
    masks: tuple[Polygon, ...] = ()
    """Nothing counts there."""
    privacy_masks: tuple[Polygon, ...] = ()
    """Black in stills, event pictures and previews, and nothing counts there. Live pictures and
    recordings are the camera's own and show it."""
    hours: tuple[Hours, ...] = ()
    """At which something counts; empty: at any hour."""
    sounds: tuple[str, ...] = ()
    """What to listen for; empty, as at first: nobody listens."""

    def as_fields(self) -> dict[str, Any]:
        """As JSON, for the store and the API."""
        return {**asdict(self), "hours": hours_fields(self.hours)}


def _polygon(points: Any) -> Polygon:
    return tuple((float(x), float(y)) for x, y in points)


def read_watching(fields: dict[str, Any]) -> Watching:
    """The reverse of `Watching.as_fields`, of fields that were checked; unknown names are left out.

    Raises:
        KeyError, TypeError, ValueError: they were not.
    """
    known = {name: fields[name] for name in Watching.__dataclass_fields__ if name in fields}
    readers: dict[str, Any] = {
        "kinds": tuple,
        "sounds": tuple,
        "masks": lambda each: tuple(_polygon(mask) for mask in each),
        "privacy_masks": lambda each: tuple(_polygon(mask) for mask in each),
        "zones": lambda each: tuple(
            Zone(zone["name"], _polygon(zone["points"]), tuple(zone["kinds"])) for zone in each
        ),
        "hours": read_hours,
    }
    return Watching(**{n: readers[n](v) if n in readers else v for n, v in known.items()})
