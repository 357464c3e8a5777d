"""Decoding times for pictures that come in decoding order with the times they are shown.

RTP says when a picture is shown. MP4 wants to know when it is decoded, growing with every sample.
With N pictures out of order at most, the decoding time of a picture is the smallest time shown
among it and the N before that were not given out yet. Without B pictures both times are the same.
"""

import heapq
from collections import deque
from typing import Final

DEPTH_MAX: Final = 4
"""Pictures out of order; H.264 allows 16, cameras use none to two."""


class DecodeOrder:
    """Holds at most 2 * DEPTH_MAX times."""

    def __init__(self, *, can_learn: bool) -> None:
        self._can_learn = can_learn
        self._depth = 0
        self._given: int | None = None
        self._recent: deque[int] = deque(maxlen=DEPTH_MAX)
        self._held: list[int] = []

    def set_depth(self, pictures: int) -> None:
        """The SPS says how many pictures may be out of order."""
        self._depth = max(self._depth, min(pictures, DEPTH_MAX))

    def decode_ticks(self, ticks: int) -> int:
        """When the picture shown at `ticks` is decoded: later than all before."""
        given = self._given
        if given is not None and ticks <= given and self._can_learn:
            # Out of order without a word in the SPS, or more than it said.
            self.set_depth(sum(1 for shown in self._recent if shown > ticks))
        self._recent.append(ticks)
        decode = ticks
        if self._depth:
            lowest = min((ticks, *self._held))
            for before in range(self._depth - len(self._held), 0, -1):
                heapq.heappush(self._held, lowest - before)
            decode = heapq.heappushpop(self._held, ticks)
        if given is not None and decode <= given:
            decode = given + 1
        self._given = decode
        return decode

    def forget(self) -> None:
        """The timeline begins anew."""
        self._held.clear()
        self._recent.clear()
