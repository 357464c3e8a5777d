"""Sound as the watcher gets it and what it tells of it. Nouns and the table of kinds."""

from dataclasses import dataclass
from typing import Any, Final

from keepsight.detect.event import Phase

SAMPLE_RATE: Final = 16_000
"""A second, of what is listened to."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How a camera codes its sound."""

    codec: str
    """aac, pcma, pcmu or opus."""
    config: bytes
    """AudioSpecificConfig (ISO/IEC 14496-3) for AAC; empty otherwise."""
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class SoundPacket:
    """One coded piece of sound."""

    media_us: int
    """Of its first sample, by the camera's clock; microseconds."""
    wall_us: int
    data: bytes


@dataclass(frozen=True, slots=True)
class SoundKind:
    """One kind of event and what in the model's output stands for it."""

    name: str
    classes: tuple[int, ...]
    """Indices of AudioSet classes as YAMNet numbers them; the best of them counts."""
    score: float
    """From which a window speaks for it."""
    windows: int
    """So many windows must speak for it..."""
    within: int
    """...of so many in a row."""
    quiet_seconds: float
    """Without a window that speaks for it, it is over."""
    has_rhythm: bool = False
    """Known by the rhythm of its beeps too (beeps.py), whatever the model says."""


SOUND_KINDS: Final = (
    # Three windows are 2 s: a word on the street or one sung line is no conversation.
    SoundKind("speech", (0, 1, 2, 3), 0.5, 3, 6, 15.0),
    SoundKind("cry", (19, 20), 0.4, 2, 6, 15.0),
    SoundKind("scream", (11,), 0.4, 2, 4, 5.0),
    # Smoke alarms (T3: three beeps, 1.5 s pause) and CO alarms (T4: four short beeps, 5 s pause)
    # repeat; a microwave's beep does not. Sirens of the street (390) are left out.
    SoundKind("alarm", (382, 393, 394), 0.4, 3, 16, 12.0, has_rhythm=True),
    # Shatter and breaking, not "glass": that is every toast and every dish put away.
    SoundKind("glass", (437, 464), 0.4, 1, 1, 5.0),
    SoundKind("bark", (69, 70, 73), 0.5, 2, 6, 10.0),
    SoundKind("doorbell", (349, 350), 0.5, 1, 1, 5.0),
    SoundKind("knock", (353,), 0.4, 2, 4, 5.0),
)


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """One sound, or one stretch of the same sound, as it is known now."""

    id: str
    """32 hex digits."""
    phase: Phase
    kind: str
    start_us: int
    """Media time; microseconds."""
    end_us: int
    start_wall_us: int
    end_wall_us: int
    noticed_us: int
    """Media time at which it was sure enough to be told."""
    confidence: float
    best_wall_us: int


def as_document(event: SoundEvent) -> dict[str, Any]:
    """For JSON: an EVENT as of a visit, without a place."""
    return {
        "id": event.id,
        "phase": event.phase.value,
        "kind": event.kind,
        "start_us": event.start_wall_us,
        "end_us": event.end_wall_us,
        "confidence": round(event.confidence, 3),
        "best_box": None,
        "best_us": event.best_wall_us,
        "zones": [],
        "count": 1,
        "delay_us": event.noticed_us - event.start_us,
        "path": [],
    }
