"""The only source of time, so that a test can replace it.

Wall time says when something happened and may jump; monotonic time measures durations and never
jumps. The two never share a name: `wall_us` and `monotonic_us`, both in microseconds.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells both times, in microseconds."""

    def wall_us(self) -> int:
        """Microseconds since 1970-01-01 UTC. May jump in either direction."""
        ...

    def monotonic_us(self) -> int:
        """Microseconds since an arbitrary point. Never goes back; not comparable across boots."""
        ...


class SystemClock:
    """The machine's clocks."""

    def wall_us(self) -> int:
        """Microseconds since 1970-01-01 UTC. May jump in either direction."""
        return time.time_ns() // 1000

    def monotonic_us(self) -> int:
        """Microseconds since boot. Never goes back."""
        return time.monotonic_ns() // 1000
