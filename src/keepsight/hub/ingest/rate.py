"""Pictures and bits a second over the last ten seconds."""

from collections import deque
from typing import Final

from keepsight.lan.rtsp.unit import AccessUnit

WINDOW_SECONDS: Final = 10
SECOND_US: Final = 1_000_000
ELAPSED_US_MIN: Final = 500_000
"""Nothing is said about a stream that is younger than this."""


class RateMeter:
    """Counts into one bucket a second; holds WINDOW_SECONDS + 1 of them."""

    def __init__(self) -> None:
        self._buckets: deque[list[int]] = deque(maxlen=WINDOW_SECONDS + 1)
        """Each [second, pictures, bytes]."""
        self._newest = [-1, 0, 0]
        self._first_us: int | None = None

    def count(self, unit: AccessUnit) -> None:
        """Add one unit at its arrival."""
        second = unit.monotonic_us // SECOND_US
        if second != self._newest[0]:
            if self._first_us is None:
                self._first_us = unit.monotonic_us
            self._newest = [second, 0, 0]
            self._buckets.append(self._newest)
        self._newest[1] += unit.is_video
        self._newest[2] += unit.size_bytes

    def per_second(self, monotonic_us: int) -> tuple[float, int]:
        """Pictures and bits a second; zero for a stream that stopped or only just began."""
        oldest = monotonic_us // SECOND_US - WINDOW_SECONDS
        recent = [bucket for bucket in self._buckets if bucket[0] >= oldest]
        if self._first_us is None or not recent:
            return 0.0, 0
        elapsed_us = monotonic_us - max(self._first_us, oldest * SECOND_US)
        if elapsed_us < ELAPSED_US_MIN:
            return 0.0, 0
        pictures = sum(bucket[1] for bucket in recent)
        size = sum(bucket[2] for bucket in recent)
        return pictures * SECOND_US / elapsed_us, size * 8 * SECOND_US // elapsed_us
