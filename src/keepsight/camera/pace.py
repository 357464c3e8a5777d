"""Holds a source to the real clock."""

import threading
from typing import Final

from keepsight.core.clock import Clock

LATE_US_MAX: Final = 1_000_000
"""Later than this (a suspended machine), the lost time is given up rather than raced after."""


class Pace:
    """Maps media time to both clocks and waits for it."""

    def __init__(self, clock: Clock, stop: threading.Event, speed: float = 1.0) -> None:
        self._clock = clock
        self._stop = stop
        self._speed = speed
        self._start_us = clock.monotonic_us()
        self._first_wall_us = clock.wall_us()

    def wait(self, media_us: int) -> int | None:
        """Sleep until media time `media_us` (from 0) is due.

        Returns:
            The wall time of that moment, or None when the source shall stop. At another speed than
            1 the wall time advances with the media, so that sender reports stay consistent.
        """
        now_us = self._clock.monotonic_us()
        due_us = self._start_us + round(media_us / self._speed)
        if now_us - due_us > LATE_US_MAX:
            self._start_us += now_us - due_us
            due_us = now_us
        # Waited for in any case: a source that is behind must still notice `stop`.
        if self._stop.wait(max(0, due_us - now_us) / 1_000_000):
            return None
        if self._speed != 1.0:
            return self._first_wall_us + media_us
        return self._clock.wall_us() - (self._clock.monotonic_us() - due_us)
