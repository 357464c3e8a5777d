"""Pictures and bits a second over the last ten seconds."""

from collections import deque
from typing import Final

from keepsight.lan.rtsp.unit import AccessUnit

WINDOW_SECONDS: Final = 10
BUCKET_US: Final = 1_000_000


class RateMeter:
    """Counts into one bucket a second; holds WINDOW_SECONDS + 1 of them."""

    def __init__(self) -> None:
        self._buckets: deque[tuple[int, int, int]] = deque(maxlen=WINDOW_SECONDS)
        """Finished: (second, pictures, bytes)."""
        self._second = -1
        self._pictures = 0
        self._bytes = 0

    def count(self, unit: AccessUnit) -> None:
        """Add one unit at its arrival."""
        second = unit.monotonic_us // BUCKET_US
        if second != self._second:
            if self._second >= 0:
                self._buckets.append((self._second, self._pictures, self._bytes))
            self._second, self._pictures, self._bytes = second, 0, 0
        self._pictures += unit.is_video
        self._bytes += unit.size_bytes

    def per_second(self, monotonic_us: int) -> tuple[float, int]:
        """Pictures and bits a second, over the finished seconds of the window."""
        now = monotonic_us // BUCKET_US
        recent = [b for b in self._buckets if now - WINDOW_SECONDS <= b[0] < now]
        if self._second >= 0 and now - WINDOW_SECONDS <= self._second < now:
            recent.append((self._second, self._pictures, self._bytes))
        if not recent:
            return 0.0, 0
        seconds = now - min(second for second, _, _ in recent)
        pictures = sum(pictures for _, pictures, _ in recent)
        return pictures / seconds, sum(size for _, _, size in recent) * 8 // seconds
