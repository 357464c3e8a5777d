"""What the owner wants kept, camera by camera, and what the rules know of events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from keepsight.hub.camera import RecordingRule

DAY_US: Final = 86_400_000_000
_SECOND_US: Final = 1_000_000


class EventSpan(NamedTuple):
    """When something was going on in front of a camera, wall time."""

    start_us: int
    end_us: int | None
    """None: it still is."""
    is_kept: bool


EventSource = Callable[[bytes, int, int], Sequence[tuple[int, int | None, bool]]]
"""Camera, from_us, to_us -> the events that reach into it, as `EventSpan`s. From any thread. It
may raise anything; then nothing is deleted but for space."""


def no_events(_camera: bytes, _from_us: int, _to_us: int) -> Sequence[EventSpan]:
    """Of a household that does not watch."""
    return ()


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """What the owner wants kept."""

    retention_days: int | None = None
    """Default for all cameras; None keeps until the disk is full."""
    free_bytes_min: int = 2 * 1024**3
    cameras: Mapping[bytes, RecordingRule] = field(default_factory=dict)

    def days_of(self, camera: bytes) -> int | None:
        """How many days a camera's recordings are kept."""
        rule = self.cameras.get(camera)
        if rule is None or rule.retention_days is None:
            return self.retention_days
        return rule.retention_days

    def event_days_of(self, camera: bytes) -> int | None:
        """How many days it is kept where something happened; None: until the disk is full."""
        rule, days = self.cameras.get(camera), self.days_of(camera)
        if rule is None or rule.mode == "continuous" or rule.event_retention_days is None:
            return days
        if rule.mode == "events":
            return rule.event_retention_days
        # Of both, what shows something never goes before what shows nothing.
        return None if days is None else max(days, rule.event_retention_days)

    def is_following(self, camera: bytes) -> bool:
        """Whether only what is around events is to be kept."""
        rule = self.cameras.get(camera)
        return rule is not None and rule.mode == "events"

    def is_choosing(self, camera: bytes) -> bool:
        """Whether recordings with and without events are treated differently."""
        rule = self.cameras.get(camera)
        return rule is not None and rule.mode != "continuous"

    def rolls_us(self, camera: bytes) -> tuple[int, int]:
        """What is kept before and after an event."""
        rule = self.cameras.get(camera) or RecordingRule()
        return rule.pre_roll_seconds * _SECOND_US, rule.post_roll_seconds * _SECOND_US
