"""Writes the ledger from the event loop: many askers, one group commit.

`record` returns only when the lines are durable, so "log, then release" is an `await`.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from keepsight.core.clock import Clock
from keepsight.seal.ledger import Entry, Ledger, LedgerError

log = logging.getLogger(__name__)
PENDING_MAX: Final = 10_000


class Journal:
    """The ledger behind one thread."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._pending: list[tuple[list[Entry], asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last durable line."""
        return self._ledger.count, self._ledger.head

    async def record(self, entries: Sequence[Entry]) -> None:
        """Make entries durable; each gets the wall time of this call.

        Raises:
            LedgerError: the disk refused, or too many are waiting. Nothing may be released then.
        """
        if len(self._pending) >= PENDING_MAX:
            raise LedgerError("the ledger is behind: the disk is too slow")
        at_us = self._clock.wall_us()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append(([{"at_us": at_us, **entry} for entry in entries], done))
        self._wake.set()
        await done

    async def run(self) -> None:
        """Commit what is waiting, all in one sync, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._pending = self._pending, []
            lines = [entry for entries, _ in batch for entry in entries]
            try:
                await loop.run_in_executor(self._thread, self._ledger.append, lines)
            except LedgerError as error:
                log.error("ledger: %s", error)  # noqa: TRY400 - the askers get the traceback
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    def close(self) -> None:
        """Wait for the thread and close the file."""
        self._thread.shutdown()
        self._ledger.close()
