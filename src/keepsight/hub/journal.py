"""Writes the ledger from the event loop: many askers, one group commit.

`record` returns only when the lines are durable, so "log, then release" is an `await`. All writing
happens in one thread, the scribe's (`hub/scribe.py`); what a line looks like is `seal/ledger.py`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from keepsight.core.clock import Clock
from keepsight.hub.keyring import Keyring
from keepsight.hub.scribe import Dated, Scribe, open_scribe
from keepsight.hub.takeover import take_over
from keepsight.hub.witness import Alarm, Witness
from keepsight.seal.audit import Verdict, audit
from keepsight.seal.ledger import EXPOSING, Entry, LedgerError, LineError

log = logging.getLogger(__name__)
T = TypeVar("T")
PENDING_MAX: Final = 10_000
COMMIT_GAP_SECONDS: Final = 0.005
"""Commits begin at least so far apart: what is asked for meanwhile shares the next one."""
BATCH_LINES_MAX: Final = 5_000


class Journal:
    """The ledger behind one thread."""

    def __init__(self, scribe: Scribe, clock: Clock) -> None:
        self._scribe = scribe
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._pending: list[tuple[list[Dated], asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._is_closed = False
        self.is_held_back: Callable[[], bool] = lambda: False
        """Whether the membership log was rolled back, as `is_rolled_back` is for the ledger."""
        self.witness = Witness(scribe, clock)
        self.verdict: Verdict | None = None
        """Of the last examination of the whole ledger that somebody asked for."""

    @property
    def head(self) -> tuple[int, str]:
        """Number of the last durable line and the root hash over all of them, hex."""
        return self._scribe.size, self._scribe.root().hex()

    @property
    def reader(self) -> Scribe:
        """For reading lines, in any thread."""
        return self._scribe

    @property
    def is_rolled_back(self) -> bool:
        """A checkpoint proved that the ledger was restored from an old backup.

        Nobody accepted that yet, and no key is released until somebody does.
        """
        return self.witness.is_rolled_back or self.is_held_back()

    def alarms(self) -> Sequence[Alarm]:
        """What the owner has to do something about."""
        return self.witness.alarms(self.verdict)

    async def record(self, entries: Sequence[Entry]) -> None:
        """Make entries durable; each gets the wall time of this call.

        Args:
            entries: each with a "type" and fields as JSON has them. "member" names whom it is
                about and "by" who did it: what is not about a camera is sealed for that member.

        Raises:
            LedgerError: the disk refused, too many are waiting, or the ledger was rolled back and
                the entries are releases. Nothing may be released then.
        """
        if self._is_closed:
            raise LedgerError("the hub is stopping")
        if self.is_rolled_back and any(entry.get("type") in EXPOSING for entry in entries):
            raise LedgerError(
                "the ledger was restored from an old backup: the owner must look at it and accept "
                "it (`keepsight ledger accept-restore`, or the page Ledger)"
            )
        if len(self._pending) >= PENDING_MAX:
            raise LedgerError("the ledger is behind: the disk is too slow")
        at_us, mono_us = self._clock.wall_us(), self._clock.monotonic_us()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append(([Dated(entry, at_us, mono_us) for entry in entries], done))
        self._wake.set()
        await done

    async def run(self) -> None:
        """Commit what is waiting, all in one sync, and sign checkpoints, until cancelled."""
        loop = asyncio.get_running_loop()
        free_at = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.witness.due_seconds()):
                    await self._wake.wait()
            if self._wake.is_set():
                await asyncio.sleep(free_at - loop.time())
                free_at = loop.time() + COMMIT_GAP_SECONDS
                self._wake.clear()
                await self._commit()
            if self.witness.is_due():
                await self._sign()

    async def _commit(self) -> None:
        batch: list[tuple[list[Dated], asyncio.Future[None]]] = []
        lines = 0
        while self._pending and lines < BATCH_LINES_MAX:
            batch.append(self._pending.pop(0))
            lines += len(batch[-1][0])
        if self._pending:
            self._wake.set()
        entries = [entry for dated, _ in batch for entry in dated]
        try:
            await self.in_thread(self._scribe.append, entries)
        except LineError:
            await self._commit_one_by_one(batch)
        except LedgerError as error:
            log.error("ledger: %s", error)  # noqa: TRY400 - the askers get the traceback
            _settle(batch, error)
        else:
            _settle(batch, None)

    async def _commit_one_by_one(
        self, batch: list[tuple[list[Dated], asyncio.Future[None]]]
    ) -> None:
        """So that one asker's bad line is not the others' failure."""
        for asker in batch:
            try:
                await self.in_thread(self._scribe.append, asker[0])
            except LedgerError as error:
                log.error("ledger: %s", error)  # noqa: TRY400 - the asker gets the traceback
                _settle([asker], error)
            else:
                _settle([asker], None)

    async def _sign(self) -> None:
        try:
            await self.in_thread(self.witness.sign)
        except LedgerError as error:
            log.error("checkpoint: %s", error)  # noqa: TRY400 - tried again in a minute

    async def in_thread(self, act: Callable[..., T], *arguments: Any) -> T:
        """Run something that writes to the ledger, between commits."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, act, *arguments)

    async def erase_subject(self, member: bytes, *, by: str) -> bool:
        """Make everything personal about a member unreadable; lines and proofs stay as they are.

        Args:
            member: member id, 16 bytes.
            by: who asked: a member id, hex, or "local".

        Returns:
            Whether there was anything about this member.

        Raises:
            LedgerError: the disk refused. Nothing is erased then.
        """
        if not self._scribe.knows(member):
            return False
        await self.record([{"type": "subject_erased", "by": by}])
        return await self.in_thread(self._scribe.erase, member)

    async def examine(self) -> Verdict:
        """Read the whole ledger and remember the verdict.

        Raises:
            LedgerError: it cannot be read.
        """
        self.verdict = await asyncio.to_thread(self._scribe.audit, audit)
        return self.verdict

    def close(self) -> None:
        """Sign a last checkpoint, wait for the thread and close the files."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._thread.submit(self.witness.sign).result()
        except LedgerError as error:
            log.warning("checkpoint: %s", error)
        self._thread.shutdown()
        self._scribe.close()


def _settle(
    batch: list[tuple[list[Dated], asyncio.Future[None]]], error: LedgerError | None
) -> None:
    for _, done in batch:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def open_journal(
    directory: Path, keyring: Keyring, clock: Clock, mark: Path | None = None
) -> Journal:
    """Open or create the household's ledger, taking over one of the older form.

    Args:
        directory: the household's.
        keyring: its open keys.
        clock: both times.
        mark: a file outside the data directory that remembers the newest checkpoint, so that a
            restored backup of the data directory is noticed at once.

    Raises:
        LedgerError: it cannot be opened; the hub must not start without it.
    """
    scribe = open_scribe(directory, keyring)
    if take_over(directory, scribe, clock):
        log.info("the ledger of the older form was taken over: %d lines", scribe.size)
    journal = Journal(scribe, clock)
    journal.witness.compare_with_mark(mark)
    return journal
