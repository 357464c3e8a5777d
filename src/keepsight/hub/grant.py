"""What a member may do with a camera, and until when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

MINUTES_PER_DAY: Final = 24 * 60


class Capability(StrEnum):
    """One thing that can be allowed with a camera."""

    LIVE = "live"
    """Moving pictures and sound of now."""
    STILL = "still"
    """The newest picture, once in a while."""
    PLAYBACK = "playback"
    EVENTS = "events"
    """What was noticed, with its pictures and clips."""
    TALK = "talk"
    MOVE = "move"
    """Pan, tilt and zoom."""
    SHUTTER = "shutter"
    """Switch the camera off and on for everybody."""
    EXPORT = "export"


EVERYTHING: Final = frozenset(Capability)


@dataclass(frozen=True, slots=True)
class Hours:
    """Days of the week and minutes of the day at which something holds, in the hub's local time."""

    weekdays: frozenset[int]
    """0 is Monday."""
    start_minute: int
    """Of the day, 0 to 1439."""
    end_minute: int
    """1 to 1440, not included. Not after the start: the hours go on past midnight."""

    def holds(self, local: datetime) -> bool:
        """Whether this moment is within the hours."""
        minute = local.hour * 60 + local.minute
        today = local.weekday()
        if self.start_minute < self.end_minute:
            return today in self.weekdays and self.start_minute <= minute < self.end_minute
        if minute >= self.start_minute:
            return today in self.weekdays
        return (today - 1) % 7 in self.weekdays and minute < self.end_minute


@dataclass(frozen=True, slots=True)
class Grant:
    """Capabilities of one member with one camera or with all."""

    grant_id: bytes
    member_id: bytes
    camera_id: bytes | None
    """None: every camera, those added later too."""
    capabilities: frozenset[Capability]
    from_us: int
    until_us: int | None
    """None: until it is taken back."""
    hours: tuple[Hours, ...]
    """Empty: at any hour."""
    granted_by: bytes
    """Member id of the owner, or 16 zeros for the local command line."""

    def holds(self, now_us: int, local: datetime) -> bool:
        """Whether it allows anything now.

        Args:
            now_us: wall time.
            local: the same moment in the hub's local time.
        """
        return (
            self.from_us <= now_us
            and (self.until_us is None or now_us < self.until_us)
            and (not self.hours or any(hours.holds(local) for hours in self.hours))
        )

    def covers(
        self, camera_id: bytes, capability: Capability, now_us: int, local: datetime
    ) -> bool:
        """Whether it allows this now.

        Args:
            camera_id: 16 bytes.
            capability: what is asked for.
            now_us: wall time.
            local: the same moment in the hub's local time.
        """
        return (
            capability in self.capabilities
            and self.camera_id in (None, camera_id)
            and self.holds(now_us, local)
        )


def as_fields(grant: Grant) -> dict[str, Any]:
    """What it allows, as JSON for the ledger, the API, the command line and stored invites."""
    return {
        "camera": grant.camera_id.hex() if grant.camera_id else None,
        "capabilities": sorted(grant.capabilities),
        "from_us": grant.from_us,
        "until_us": grant.until_us,
        "hours": hours_fields(grant.hours),
    }


def hours_fields(hours: tuple[Hours, ...]) -> list[dict[str, Any]]:
    """Hours as JSON."""
    return [
        {
            "weekdays": sorted(part.weekdays),
            "start_minute": part.start_minute,
            "end_minute": part.end_minute,
        }
        for part in hours
    ]


def read_hours(fields: Iterable[Mapping[str, Any]]) -> tuple[Hours, ...]:
    """The reverse of `hours_fields`."""
    return tuple(
        Hours(frozenset(part["weekdays"]), part["start_minute"], part["end_minute"])
        for part in fields
    )
