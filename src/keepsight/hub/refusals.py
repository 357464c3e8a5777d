"""Fragments that were refused: counted, on the ledger, and shown.

A refusal means that somebody, a cache or a bug, offered bytes that are not what was asked for. One
is a curiosity; many are an attack or a broken middle, and either way the owner should know.
"""

from collections import Counter, deque
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub.journal import Journal
from keepsight.seal.frame import Reason
from keepsight.seal.header import HEADER_BYTES

LEDGER_LINES_PER_MINUTE: Final = 60
_MINUTE_US: Final = 60_000_000


class Refusals:
    """Counts refusals by reason; the first ones of each minute get a ledger line each."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._recent: deque[int] = deque(maxlen=LEDGER_LINES_PER_MINUTE)
        self.by_reason: Counter[str] = Counter()
        self.last_us: int | None = None

    async def note(
        self, *, camera: str, stream: str, reason: Reason, header: bytes, by: str
    ) -> None:
        """Count one refusal and write it down.

        Args:
            camera: id of the camera that was asked for, hex.
            stream: main, sub or audio.
            reason: why.
            header: what the bytes claimed, at most 122 bytes; may be empty.
            by: device id, hex, or `hub`.
        """
        now = self._clock.monotonic_us()
        self.by_reason[reason.value] += 1
        self.last_us = self._clock.wall_us()
        if len(self._recent) == LEDGER_LINES_PER_MINUTE and now - self._recent[0] < _MINUTE_US:
            return  # counted, but the ledger is not for filling disks
        self._recent.append(now)
        await self._journal.record(
            [
                {
                    "type": "refused",
                    "camera": camera,
                    "stream": stream,
                    "reason": reason.value,
                    "header": header[:HEADER_BYTES].hex(),
                    "by": by,
                }
            ]
        )

    def as_dict(self) -> dict[str, object]:
        """For the status document."""
        return {
            "total": self.by_reason.total(),
            "by_reason": dict(self.by_reason),
            "last_us": self.last_us,
        }
