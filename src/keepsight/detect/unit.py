"""One access unit as the watcher gets it. A noun of its own: it crosses a process boundary."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """One coded picture."""

    media_us: int
    """By the camera's clock, never going back within a stream; microseconds."""
    wall_us: int
    """When it was taken; microseconds since 1970."""
    is_keyframe: bool
    is_after_break: bool
    """Something before it is missing: nothing may be decoded until the next keyframe."""
    data: bytes
    """NAL units, each behind its 4-byte big-endian length, or Annex B that begins with a
    start code of four bytes; of a file the packet as the file has it."""
