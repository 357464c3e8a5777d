"""The household's checks: uploads, a queue of one at a time, reports. Read this file first.

files -> `intake` -> `examination` (the lab, a confined process) -> `outcome` -> `envelope` -> store
"""

import asyncio
import json
import logging
import shutil
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from keepsight.hub.checks.envelope import EnvelopeError, open_content, seal_content
from keepsight.hub.checks.examination import Examination, Examined
from keepsight.hub.checks.intake import Intake, IntakeError, judge_files
from keepsight.hub.checks.tickets import Tickets
from keepsight.hub.inspection import (
    FailureReason,
    GivenFile,
    Inspection,
    InspectionState,
    inspection_document,
    read_inspection,
)
from keepsight.hub.store.reports import ReportFormat, ReportStore, StoredCheck
from keepsight.seal import keys
from keepsight.seal.ledger import LedgerError

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
KEPT_MAX: Final = 300
RECEIVING_MAX: Final = 4
QUEUED_MAX: Final = 8
FILES_KEPT_US: Final = 24 * 3_600_000_000
"""Uploads that nobody starts, or whose check was interrupted, are deleted after a day."""
_DOCUMENT: Final = "document"


class NoSuchCheckError(LookupError):
    """There is none of this id."""


@dataclass(slots=True)
class Progress:
    """Of the running check."""

    share: float = 0.0
    last_read: str = ""


class Checks:
    """All checks of a household. Lives in the event loop's thread."""

    def __init__(self, household: "Household", *, is_idle: bool) -> None:
        self._household = household
        self._store = ReportStore(household.store.engine)
        self._folder = household.directory / "checks"
        self._is_idle = is_idle
        self._all: dict[bytes, Inspection] = {}
        self._queue: deque[bytes] = deque()
        self._running: tuple[bytes, Examination] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._locks: dict[bytes, asyncio.Lock] = {}
        self._is_stopping = False
        self.progress = Progress()
        self.tickets = Tickets(household.clock)

    # Starting and stopping

    async def load(self) -> None:
        """Read what is known; a check that a stop of the hub cut off is marked as failed."""
        stored = await self._household.sql(self._store.list_all, self._household.household_id)
        for row in stored:
            try:
                inspection = self._open(row)
            except (EnvelopeError, ValueError, KeyError, TypeError) as error:
                log.warning("a stored check cannot be read: %r", error)
                continue
            self._all[row.check_id] = inspection
            if inspection.state is InspectionState.RUNNING:
                now_us = self._household.clock.wall_us()
                await self._put(inspection.ended(FailureReason.INTERRUPTED, now_us, None))
            elif inspection.state is InspectionState.QUEUED:
                self._queue.append(row.check_id)
        await self._sweep()
        if self._queue and not self._is_idle:
            self._wake()

    async def stop(self) -> None:
        """End the running check; the next start of the hub takes up what waits."""
        self._is_stopping = True
        if self._running is not None:
            self._running[1].end(FailureReason.INTERRUPTED)
        if self._pump is not None:
            await self._pump

    async def _sweep(self) -> None:
        """Delete uploads that nobody will use: old ones, and folders without a check."""
        old_us = self._household.clock.wall_us() - FILES_KEPT_US
        for inspection in list(self._all.values()):
            is_abandoned = inspection.state is InspectionState.RECEIVING
            if is_abandoned and inspection.created_us < old_us:
                await self._forget(inspection.inspection_id)
        keep = {
            one.inspection_id.hex()
            for one in self._all.values()
            if not one.is_over or (one.finished_us or 0) >= old_us
        }
        await asyncio.to_thread(_remove_others, self._folder, keep)

    # Looking

    def all(self) -> list[Inspection]:
        """Newest first."""
        return sorted(self._all.values(), key=lambda one: -one.created_us)

    def find(self, check_id: bytes) -> Inspection:
        """One check.

        Raises:
            NoSuchCheckError: there is none.
        """
        try:
            return self._all[check_id]
        except KeyError as error:
            raise NoSuchCheckError("there is no such check") from error

    def received(self, check_id: bytes) -> list[int]:
        """Bytes that are here of each file."""
        inspection, intake = self.find(check_id), self._intake(check_id)
        return [intake.received(number) for number in range(len(inspection.files))]

    def can_start(self, inspection: Inspection) -> bool:
        """Whether its files are here and it is neither waiting nor running."""
        is_waiting = inspection.state in (InspectionState.QUEUED, InspectionState.RUNNING)
        if is_waiting or inspection.state is InspectionState.DONE:
            return False
        return self._intake(inspection.inspection_id).is_complete(inspection.files)

    async def report(self, check_id: bytes, name: ReportFormat) -> bytes | None:
        """A report's text, or None while there is none.

        Raises:
            NoSuchCheckError: there is no such check.
            EnvelopeError: what is stored is damaged.
        """
        self.find(check_id)
        household = self._household.household_id
        sealed = await self._household.sql(self._store.report, household, check_id, name)
        if sealed is None:
            return None
        return open_content(self._household.keyring, check_id, name, sealed)

    # Changing

    async def create(
        self, name: str, camera_id: bytes | None, files: Sequence[GivenFile], *, by: str
    ) -> Inspection:
        """Begin to receive files.

        Raises:
            IntakeError: too many, too large, or no room for them.
        """
        judge_files(files)
        await self._sweep()
        states = [one.state for one in self._all.values()]
        if states.count(InspectionState.RECEIVING) >= RECEIVING_MAX:
            raise IntakeError("too_many_uploads", "finish or delete an upload first")
        if len(states) >= KEPT_MAX:
            raise IntakeError("too_many_checks", "delete reports that you do not need")
        inspection = Inspection(
            keys.new_id(), self._household.clock.wall_us(), InspectionState.RECEIVING,
            name, tuple(files), by, camera_id,
        )  # fmt: skip
        check_id = inspection.inspection_id
        self._all[check_id] = inspection  # at once, so that nobody sweeps its folder away
        intake = self._intake(check_id)
        try:
            await asyncio.to_thread(intake.begin, inspection.size_bytes)
        except (IntakeError, OSError):
            del self._all[check_id]
            await asyncio.to_thread(intake.clear)
            raise
        await self._put(inspection)
        return inspection

    async def receive(self, check_id: bytes, number: int, offset: int, piece: bytes) -> int:
        """Take a piece of a file; returns how much of it is here.

        Raises:
            NoSuchCheckError: no such check or file.
            IntakeError: not now, not here, or too much.
        """
        inspection = self.find(check_id)
        if not 0 <= number < len(inspection.files):
            raise NoSuchCheckError("there is no such file in this check")
        if inspection.state is not InspectionState.RECEIVING:
            raise IntakeError("not_receiving", "this check takes no files any more")
        async with self._locks.setdefault(check_id, asyncio.Lock()):
            intake, file = self._intake(check_id), inspection.files[number]
            return await asyncio.to_thread(intake.append, number, offset, piece, file)

    async def start(self, check_id: bytes, *, by: str) -> Inspection:
        """Put a check into the queue, after its ledger line.

        Raises:
            NoSuchCheckError: there is none.
            IntakeError: files are missing, it is over, or the queue is full.
        """
        inspection = self.find(check_id)
        if not self.can_start(inspection):
            raise IntakeError("not_complete", "the files of this check are not all here")
        if len(self._queue) >= QUEUED_MAX:
            raise IntakeError("queue_full", "wait until another check has finished")
        entry = {"type": "check_started", "check": check_id.hex(), "by": by}
        queued = replace(
            inspection, state=InspectionState.QUEUED, reason=None, finished_us=None, started_us=None
        )
        self._all[check_id] = queued  # a second start, while this one is written down, is refused
        try:
            await self._household.journal.record([{**entry, "files": len(inspection.files)}])
        except LedgerError:
            self._all[check_id] = inspection
            raise
        self.find(check_id)  # it may have been deleted meanwhile
        await self._put(queued)
        self._queue.append(check_id)
        self._wake()
        return queued

    async def change(
        self, check_id: bytes, *, name: str | None, camera_id: bytes | None, is_camera_set: bool
    ) -> Inspection:
        """Rename it, or attach it to a camera (or to none).

        Raises:
            NoSuchCheckError: there is none.
        """
        inspection = self.find(check_id)
        if name is not None:
            inspection = replace(inspection, name=name)
        if is_camera_set:
            inspection = replace(inspection, camera_id=camera_id)
        await self._put(inspection)
        return inspection

    async def delete(self, check_id: bytes, *, by: str) -> None:
        """Stop it if it runs, and forget it with its files and reports.

        Raises:
            NoSuchCheckError: there is none.
        """
        self.find(check_id)
        entry = {"type": "check_deleted", "check": check_id.hex(), "by": by}
        await self._household.journal.record([entry])
        if check_id in self._queue:
            self._queue.remove(check_id)
        if self._running is not None and self._running[0] == check_id:
            self._running[1].end(FailureReason.CANCELLED)
        await self._forget(check_id)

    async def _forget(self, check_id: bytes) -> None:
        self._all.pop(check_id, None)
        self._locks.pop(check_id, None)
        await asyncio.to_thread(self._intake(check_id).clear)
        household = self._household.household_id
        await self._household.sql(self._store.remove, household, check_id)

    # Running

    def _wake(self) -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.ensure_future(self._run_queue())

    async def _run_queue(self) -> None:
        while self._queue and not self._is_stopping:
            check_id = self._queue.popleft()
            try:
                await self._run(self._all[check_id])
            except Exception:
                # The boundary of the task: the queue goes on with the next.
                log.exception("a check failed")
                one = self._all.get(check_id)
                if one is not None and one.state is InspectionState.RUNNING:
                    await self._put(one.ended(FailureReason.DIED, one.created_us, None))
            finally:
                self._running = None

    async def _run(self, inspection: Inspection) -> None:
        check_id, clock = inspection.inspection_id, self._household.clock
        running = replace(inspection, state=InspectionState.RUNNING, started_us=clock.wall_us())
        self.progress = Progress()
        examination = Examination(
            self._intake(check_id), inspection.files, self._household.directory / "keys"
        )
        self._running = (check_id, examination)
        await self._put(running)
        examined = await examination.run(self._on_progress)
        if check_id not in self._all:
            await asyncio.to_thread(self._intake(check_id).clear)  # deleted meanwhile
            return
        await self._finish(check_id, examined)

    def _on_progress(self, share: float, last_read: str) -> None:
        self.progress = Progress(share, last_read)

    async def _finish(self, check_id: bytes, examined: Examined) -> None:
        intake, now_us = self._intake(check_id), self._household.clock.wall_us()
        if examined.reason is FailureReason.INTERRUPTED:
            await asyncio.to_thread(_remove_others, intake.folder, {intake.uploads.name})
        else:
            await asyncio.to_thread(intake.clear)
        if check_id not in self._all:
            return  # deleted meanwhile
        over = self._all[check_id].ended(examined.reason, now_us, examined.confinement)
        contents = examined.report.contents if examined.report is not None else {}
        if examined.report is not None:
            over = replace(over, summary=examined.report.summary)
        await self._put(over, contents)
        entry = {"type": "check_finished", "check": check_id.hex(), "state": over.state.value}
        await self._household.journal.record(
            [{**entry, "reason": over.reason.value if over.reason else "", "by": over.by}]
        )

    # Keeping

    def _intake(self, check_id: bytes) -> Intake:
        return Intake(self._folder / check_id.hex())

    def _open(self, row: StoredCheck) -> Inspection:
        keyring = self._household.keyring
        text = open_content(keyring, row.check_id, _DOCUMENT, row.sealed_document)
        return read_inspection(
            json.loads(text), inspection_id=row.check_id, created_us=row.created_us,
            state=row.state, camera_id=row.camera,
        )  # fmt: skip

    async def _put(
        self, inspection: Inspection, contents: dict[ReportFormat, bytes] | None = None
    ) -> None:
        check_id, keyring = inspection.inspection_id, self._household.keyring
        self._all[check_id] = inspection
        document = json.dumps(inspection_document(inspection)).encode()
        row = StoredCheck(
            check_id, inspection.created_us, inspection.state.value, inspection.camera_id,
            seal_content(keyring, check_id, _DOCUMENT, document),
        )  # fmt: skip
        sealed = {
            name: seal_content(keyring, check_id, name, text)
            for name, text in (contents or {}).items()
        }
        household = self._household.household_id
        await self._household.sql(self._store.put, household, row, sealed)


def _remove_others(folder: Path, keep: set[str]) -> None:
    """Delete what lies in a folder, but for these names."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in keep:
            shutil.rmtree(path, ignore_errors=True)
