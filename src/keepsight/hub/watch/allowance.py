"""How much of something there may be in a time: a bucket that fills steadily."""


class Allowance:
    """So many at once, and so many a minute for good."""

    __slots__ = ("_last_us", "_left", "_per_us", "_size", "refused")

    def __init__(self, per_minute: float, at_once: int) -> None:
        self._per_us = per_minute / 60e6
        self._size = float(at_once)
        self._left = float(at_once)
        self._last_us: int | None = None
        self.refused = 0

    def take(self, now_us: int, amount: float = 1.0) -> bool:
        """Whether there may be so much more now; monotonic time."""
        if self._last_us is not None:
            gained = (now_us - self._last_us) * self._per_us
            self._left = min(self._size, self._left + max(0.0, gained))
        self._last_us = now_us
        if self._left < amount:
            self.refused += 1
            return False
        self._left -= amount
        return True
