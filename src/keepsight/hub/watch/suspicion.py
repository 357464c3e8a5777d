"""Whose pictures crash the watcher: found by leaving cameras out, half of the suspects at a time.

All cameras of a household are looked at by one process. Whoever finds pictures that crash it could
blind all of them with one camera; so after a few crashes the hub finds that camera, and goes on
without it. Pure; time comes in.
"""

from collections.abc import Collection
from typing import Final

CRASHES: Final = 3
"""So many within CRASHES_US make the cameras that were looked at each time suspects."""
CRASHES_US: Final = 600_000_000
HELD_US: Final = 900_000_000
"""The culprit is tried again after so long; it may have been something else."""


class Suspicion:
    """Who is under suspicion, and who is left out."""

    def __init__(self) -> None:
        self._crashes_us: list[int] = []
        self._suspects: frozenset[bytes] | None = None
        """Among them is the culprit; None while nobody is suspected."""
        self._tried: frozenset[bytes] = frozenset()
        """Suspects that are left out now, to see whether it holds without them."""
        self._aside: frozenset[bytes] = frozenset()
        """Left out before, when it crashed all the same: there may be a culprit here too, who must
        not be mistaken for one of the suspects."""
        self._culprits: dict[bytes, int] = {}
        """Who was found, and until when they are left out; monotonic."""

    def held(self, now_us: int) -> frozenset[bytes]:
        """Cameras that are not to be looked at now."""
        self._culprits = {who: until for who, until in self._culprits.items() if until > now_us}
        return self._tried.union(self._aside, self._culprits)

    def is_culprit(self, camera: bytes) -> bool:
        """Whether it was found, and not only left out to find another."""
        return camera in self._culprits

    def crashed(self, looked_at: Collection[bytes], now_us: int) -> None:
        """The watcher crashed while it looked at these."""
        if self._suspects is not None:
            self._aside |= self._tried
            self._narrow(self._suspects.intersection(looked_at), now_us)
            return
        self._crashes_us = [us for us in self._crashes_us if us > now_us - CRASHES_US]
        self._crashes_us.append(now_us)
        if len(self._crashes_us) >= CRASHES:
            self._crashes_us = []
            self._narrow(frozenset(looked_at), now_us)

    def held_out(self, now_us: int) -> None:
        """It ran steadily without those that are left out."""
        if self._suspects is not None:
            self._narrow(self._tried, now_us)

    def _narrow(self, suspects: frozenset[bytes], now_us: int) -> None:
        self._suspects, self._tried = None, frozenset()
        if len(suspects) > 1:
            self._suspects = suspects
            self._tried = frozenset(sorted(suspects)[: len(suspects) // 2])
            return
        self._aside = frozenset()
        self._culprits |= dict.fromkeys(suspects, now_us + HELD_US)

    def forget(self, camera: bytes) -> None:
        """Its owner changed something, or it is gone: it has another try."""
        self._culprits.pop(camera, None)
        self._tried -= {camera}
        self._aside -= {camera}
        if self._suspects is not None:
            self._suspects -= {camera}
