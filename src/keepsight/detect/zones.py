"""What of a picture counts: zones, masks, sizes, kinds and hours, as the owner set them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from keepsight.detect.sight import KINDS, PERSON, Box, Detection

POINTS_MAX: Final = 64
ZONES_MAX: Final = 32
NAME_LENGTH_MAX: Final = 64
SPANS_MAX: Final = 32
KINDS_MAX: Final = 64
COOLDOWN_SECONDS_MAX: Final = 86_400.0
MINUTES_A_DAY: Final = 1440
KINDS_DEFAULT: Final = KINDS

Point = tuple[float, float]


class RuleError(ValueError):
    """A zone, mask or schedule that makes no sense; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of the week, local time."""

    days: frozenset[int]
    """0 is Monday."""
    begin_minute: int
    """Of the day."""
    end_minute: int
    """Not included; smaller than begin_minute: ends on the next day."""

    def holds(self, day: int, minute: int) -> bool:
        """Whether this minute of this day of the week lies in it."""
        if self.begin_minute < self.end_minute:
            return day in self.days and self.begin_minute <= minute < self.end_minute
        is_evening = day in self.days and minute >= self.begin_minute
        return is_evening or ((day - 1) % 7 in self.days and minute < self.end_minute)


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture."""

    name: str
    points: tuple[Point, ...]
    """A polygon; shares of the picture, 0..1."""
    kinds: frozenset[str] = frozenset()
    """Only these; empty for all that the rules take."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts on one camera."""

    kinds: frozenset[str] = frozenset(KINDS_DEFAULT)
    zones: tuple[Zone, ...] = ()
    """None: the whole picture counts. Some: only what stands in one of them."""
    masks: tuple[tuple[Point, ...], ...] = ()
    """Polygons where nothing counts."""
    min_area: float = 0.0
    """Share of the picture that a box must cover."""
    schedule: tuple[Span, ...] = ()
    """When anything counts; none: always."""
    cooldown_seconds: float = 0.0
    """After an event of a kind, the next of that kind waits so long."""
    person_confidence: float | None = None
    """Instead of the built-in threshold; for people only."""


def holds(points: tuple[Point, ...], point: Point) -> bool:
    """Whether a polygon holds a point (even-odd rule)."""
    x, y = point
    inside = False
    last_x, last_y = points[-1]
    for this_x, this_y in points:
        if (this_y > y) != (last_y > y):
            crossing = (last_x - this_x) * (y - this_y) / (last_y - this_y) + this_x
            if x < crossing:
                inside = not inside
        last_x, last_y = this_x, this_y
    return inside


def _is_masked(rules: Rules, box: Box) -> bool:
    return any(holds(mask, box.centre) for mask in rules.masks)


def zones_of(rules: Rules, kind: str, box: Box) -> tuple[str, ...]:
    """Names of the zones in which a thing of this kind stands, by the middle of its lower edge."""
    x, y = box.foot
    foot = (min(max(x, 1e-6), 1 - 1e-6), min(max(y, 1e-6), 1 - 1e-6))
    return tuple(
        zone.name
        for zone in rules.zones
        if (not zone.kinds or kind in zone.kinds) and holds(zone.points, foot)
    )


def counts(rules: Rules, detection: Detection) -> bool:
    """Whether a detection counts by kind, size and masks; zones decide about events, not tracks."""
    return (
        detection.kind in rules.kinds
        and detection.box.area >= rules.min_area
        and not _is_masked(rules, detection.box)
    )


def is_scheduled(rules: Rules, wall_us: int, zone: tzinfo | None = None) -> bool:
    """Whether anything counts at this time; local time unless a zone is given."""
    if not rules.schedule:
        return True
    moment = datetime.fromtimestamp(wall_us / 1e6, tz=UTC)
    moment = moment.astimezone(zone)
    minute = moment.hour * 60 + moment.minute
    return any(span.holds(moment.weekday(), minute) for span in rules.schedule)


def _number(value: Any, what: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise RuleError(f"{what} must be a number from {low:g} to {high:g}")
    return float(value)


def _polygon(value: Any, what: str) -> tuple[Point, ...]:
    if not isinstance(value, list) or not 3 <= len(value) <= POINTS_MAX:
        raise RuleError(f"{what} needs 3 to {POINTS_MAX} points")
    points = []
    for pair in value:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise RuleError(f"{what}: a point is [x, y]")
        points.append((_number(pair[0], f"{what}: x", 0, 1), _number(pair[1], f"{what}: y", 0, 1)))
    return tuple(points)


def _kinds(value: Any, what: str) -> frozenset[str]:
    is_list = isinstance(value, list) and len(value) <= KINDS_MAX
    if not is_list or not all(isinstance(kind, str) and 0 < len(kind) <= 64 for kind in value):
        raise RuleError(f"{what} must be a list of kinds")
    return frozenset(value)


def _zone(value: Any) -> Zone:
    if not isinstance(value, dict):
        raise RuleError("a zone is an object with name and points")
    name = value.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LENGTH_MAX:
        raise RuleError(f"a zone needs a name of 1 to {NAME_LENGTH_MAX} characters")
    points = _polygon(value.get("points"), f"zone {name}")
    return Zone(name, points, _kinds(value.get("kinds", []), f"zone {name}: kinds"))


def _minute(value: Any) -> int:
    hours, _, minutes = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not (hours.isdigit() and minutes.isdigit() and int(minutes) < 60 and int(hours) <= 24):
        raise RuleError("a schedule's time is HH:MM")
    return min(int(hours) * 60 + int(minutes), MINUTES_A_DAY)


def _span(value: Any) -> Span:
    days = value.get("days", list(range(7))) if isinstance(value, dict) else None
    if not isinstance(days, list) or not all(day in range(7) for day in days):
        raise RuleError("a schedule's days are numbers from 0, Monday, to 6")
    begin, end = _minute(value.get("begin", "00:00")), _minute(value.get("end", "24:00"))
    return Span(frozenset(days), begin, end)


def _list(value: Any, what: str, count_max: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > count_max:
        raise RuleError(f"{what} must be a list of at most {count_max}")
    return value


def read_rules(document: Mapping[str, Any]) -> Rules:
    """Rules from JSON: kinds, zones, masks, min_area, schedule, cooldown_seconds.

    Raises:
        RuleError: something in it makes no sense.
    """
    kinds = document.get("kinds")
    confidence = document.get("person_confidence")
    return Rules(
        kinds=frozenset(KINDS_DEFAULT) if kinds is None else _kinds(kinds, "kinds"),
        zones=tuple(_zone(each) for each in _list(document.get("zones", []), "zones", ZONES_MAX)),
        masks=tuple(
            _polygon(each, "a mask")
            for each in _list(document.get("masks", []), "masks", ZONES_MAX)
        ),
        min_area=_number(document.get("min_area", 0.0), "min_area", 0, 1),
        schedule=tuple(
            _span(each) for each in _list(document.get("schedule", []), "schedule", SPANS_MAX)
        ),
        cooldown_seconds=_number(
            document.get("cooldown_seconds", 0.0), "cooldown_seconds", 0, COOLDOWN_SECONDS_MAX
        ),
        person_confidence=(
            None if confidence is None else _number(confidence, "person_confidence", 0.2, 1)
        ),
    )


def sure_confidence(rules: Rules, kind: str, default: float) -> float:
    """The confidence from which something of this kind is believed."""
    if kind == PERSON and rules.person_confidence is not None:
        return rules.person_confidence
    return default
