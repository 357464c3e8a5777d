"""What a live stream is made of: windows, units on their way, and who is how far. Nouns."""

from collections.abc import Callable
from dataclasses import dataclass

from keepsight.lan.rtsp.unit import AccessUnit
from keepsight.seal.frame import Sealer
from keepsight.seal.header import (
    FLAG_DISCONTINUITY,
    FLAG_KEYFRAME,
    FLAG_SENDER_TIME,
    Context,
    Sealed,
)

Watcher = Callable[[Sealed], None]
"""Takes one sealed fragment, without waiting and without raising."""


@dataclass(frozen=True, slots=True)
class LiveWindow:
    """What the key release needs to know of a window."""

    context: Context
    codec: str
    """RFC 6381."""
    expires_us: int
    """Wall time. The window goes on to the keyframe after it."""


@dataclass(slots=True)
class Window:
    """One key window, while it is the current one or the next."""

    context: Context
    started_us: int
    """Monotonic."""
    sealer: Sealer | None = None
    """None until the first fragment is wanted."""
    init: Sealed = b""
    zero_ticks: int = 0


@dataclass(slots=True)
class Following:
    """How far a watcher is."""

    writer: bytes = b""
    """Of the window whose INIT it was given last."""
    is_waiting: bool = True
    """It can use nothing before the next keyframe."""


@dataclass(slots=True)
class Entry:
    """One unit of the newest GOP, and its fragment once somebody wanted it."""

    unit: AccessUnit
    end_ticks: int
    flags: int
    sealed: Sealed | None = None


def decode_ticks(unit: AccessUnit) -> int:
    """When a unit is to be decoded, in its track's clock."""
    return unit.media_ticks - unit.composition_ticks


def flags_of(unit: AccessUnit, *, is_after: bool) -> int:
    """Flags of the fragment of a unit."""
    flags = FLAG_KEYFRAME if unit.is_video and unit.is_keyframe else 0
    if is_after or unit.is_after_loss:
        flags |= FLAG_DISCONTINUITY
    return flags | FLAG_SENDER_TIME if unit.is_sender_time else flags
