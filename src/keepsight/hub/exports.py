"""Exports: a file on this machine for the command line, sealed pieces for a browser.

The same exporter makes both (`record/export.py`). For a browser the finished file exists only in
memory (an anonymous file, never on the disk) until it is sealed piece by piece.
"""

import asyncio
import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from keepsight.hub.camera import Camera
from keepsight.hub.keyrelease import ReleasableWindow
from keepsight.hub.record.export import Exporter, ExportError, ExportReport
from keepsight.hub.record.redaction import Redaction, Redactor
from keepsight.seal import keys
from keepsight.seal.frame import Sealer, WindowKey
from keepsight.seal.header import Context, Kind, Sealed, Stream

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
PIECE_BYTES: Final = 1024 * 1024
RUNNING_MAX: Final = 2
KEPT_MAX: Final = 8
NAMED_MAX: Final = 5
KEPT_BYTES_MAX: Final = 1024 * 1024 * 1024
"""Of finished exports for browsers, which lie sealed in memory."""


class TooManyExportsError(Exception):
    """Wait for one to finish."""


@dataclass(slots=True)
class ExportJob:
    """One export: running, done or failed."""

    writer: bytes
    """Names it, and is the writer id of its pieces' window."""
    camera: bytes
    stream: Stream
    start_us: int
    end_us: int
    file_name: str
    path: Path | None
    """Where the command line wants it; None for a browser."""
    by: str
    """Member id in hex, or `local`: who asked for it."""
    redaction: Redaction = field(default_factory=Redaction)
    state: Literal["running", "done", "failed"] = "running"
    progress: float = 0.0
    message: str = ""
    size_bytes: int = 0
    sealed: list[Sealed] = field(default_factory=list)
    secret: bytes = field(default_factory=keys.new_key, repr=False)
    is_dropped: threading.Event = field(default_factory=threading.Event, repr=False)
    task: "asyncio.Task[None] | None" = None

    @property
    def pieces(self) -> int:
        """How many sealed pieces can be fetched."""
        return len(self.sealed)

    def on_progress(self, share: float) -> None:
        """Remember how far it is; called in the export's thread."""
        self.progress = share

    def take(self, report: ExportReport) -> None:
        """Remember what came out, and what was left out, in words."""
        self.start_us, self.end_us = report.files[0].start_us, report.files[-1].end_us
        self.size_bytes = sum(file.size_bytes for file in report.files)
        notes = []
        if self.redaction.blurs_faces:
            smeared, pictures = (sum(getattr(f, what) for f in report.files)
                                 for what in ("smeared", "pictures"))  # fmt: skip
            notes.append(
                f"something was blurred in {smeared} of {pictures} pictures; faces may have been "
                "missed: look at the film before you share it"
            )
        if len(report.files) > 1:
            notes.append(f"the camera's format changed: {len(report.files)} files were written")
        if report.holes:
            notes.append(f"{len(report.holes)} gaps in the recording were closed up")
        if report.refused:
            names = ", ".join(
                f"{refused.segment.writer.hex()[:8]}/{refused.sequence}"
                for refused in report.refused[:NAMED_MAX]
            )
            notes.append(f"{len(report.refused)} damaged fragments were left out ({names})")
        self.message = "; ".join(notes)


def _line(job: ExportJob) -> dict[str, Any]:
    """Its line on the ledger, with what is made unseen or unheard of it."""
    return {
        "type": "export", "camera": job.camera.hex(), "writer": job.writer.hex(),
        "from_us": job.start_us, "to_us": job.end_us, "to_file": job.path is not None,
        "changes": list(job.redaction.changes), "by": job.by,
    }  # fmt: skip


def file_name(camera: Camera, start_us: int) -> str:
    """E.g. `Front door 2026-05-04 183000.mp4`, without characters that file systems refuse."""
    stamp = time.strftime("%Y-%m-%d %H%M%S", time.localtime(start_us // 1_000_000))
    name = "".join(c if c.isalnum() or c in " -_" else "_" for c in camera.name)
    return f"{name} {stamp}.mp4"


class Exports:
    """All exports of a household. Forgotten at the hub's end."""

    def __init__(self, household: "Household") -> None:
        self._household = household
        self._jobs: dict[bytes, ExportJob] = {}

    def jobs(self) -> list[ExportJob]:
        """Newest first."""
        return list(reversed(self._jobs.values()))

    def find(self, writer: bytes) -> ExportJob | None:
        """One job."""
        return self._jobs.get(writer)

    async def start(  # noqa: PLR0913 - what, when, where, and for whom
        self,
        camera: Camera,
        stream: Stream,
        from_us: int,
        to_us: int,
        *,
        by: str,
        path: Path | None = None,
        redaction: Redaction | None = None,
    ) -> ExportJob:
        """Begin an export, after its ledger line.

        Raises:
            TooManyExportsError: RUNNING_MAX are running, or another one is being changed.
            RedactionError: this one cannot be changed as it is wanted.
        """
        redaction = redaction or Redaction()
        running = [job for job in self._jobs.values() if job.state == "running"]
        if len(running) >= RUNNING_MAX:
            raise TooManyExportsError("wait until another export has finished")
        if redaction.is_needed and any(job.redaction.is_needed for job in running):
            raise TooManyExportsError("wait until another film has been changed")
        self._redactor.check(redaction, from_us, to_us)
        job = ExportJob(
            keys.new_id(), camera.camera_id, stream, from_us, to_us,
            file_name(camera, from_us), path, by, redaction,
        )  # fmt: skip
        self._jobs[job.writer] = job  # before anything is waited for: it counts from now on
        try:
            await self._household.journal.record([_line(job)])
        except BaseException:
            self._jobs.pop(job.writer, None)
            raise
        self._make_room()
        if job.is_dropped.is_set():
            job.state, job.message = "failed", "the export was stopped"
        else:
            job.task = asyncio.ensure_future(self._run(job))
        return job

    def _make_room(self) -> None:
        finished = [job for job in self._jobs.values() if job.state != "running"]
        kept_bytes = sum(job.size_bytes for job in finished if job.sealed)
        while finished and (len(finished) >= KEPT_MAX or kept_bytes > KEPT_BYTES_MAX):
            oldest = finished.pop(0)
            kept_bytes -= oldest.size_bytes if oldest.sealed else 0
            del self._jobs[oldest.writer]

    async def _run(self, job: ExportJob) -> None:
        try:
            if job.path is not None:
                await self._write(job, job.path)
            else:
                await self._write_sealed(job)
        except (ExportError, OSError) as error:
            job.state, job.message = "failed", str(error)
        except Exception:
            log.exception("an export failed")
            job.state, job.message = "failed", "the export failed; the hub's log has the reason"
        else:
            job.state, job.progress = "done", 1.0

    async def _write(self, job: ExportJob, path: Path) -> None:
        report = await asyncio.to_thread(
            self._exporter(job).export,
            *(job.camera, job.stream, job.start_us, job.end_us, path),
            progress=job.on_progress,
            should_stop=job.is_dropped.is_set,
        )
        job.take(report)

    async def _write_sealed(self, job: ExportJob) -> None:
        clock = self._household.clock
        sealer = Sealer(WindowKey(job.secret, self._context(job)))

        def seal_piece(piece: bytes) -> None:
            job.sealed.append(
                sealer.seal(
                    Kind.EXPORT, piece, wall_us=clock.wall_us(), monotonic_us=clock.monotonic_us()
                )
            )

        report = await asyncio.to_thread(
            self._exporter(job).export_in_memory,
            *(job.camera, job.stream, job.start_us, job.end_us, seal_piece),
            piece_bytes=PIECE_BYTES,
            progress=job.on_progress,
            should_stop=job.is_dropped.is_set,
        )
        job.take(report)

    @property
    def _redactor(self) -> Redactor:
        return Redactor(self._household.watch.models, self._household.directory)

    def _exporter(self, job: ExportJob) -> Exporter:
        recordings = self._household.archive.recordings
        household = self._household.household_id
        return Exporter(
            household, recordings.catalogue, recordings.playback, job.redaction, self._redactor
        )

    def _context(self, job: ExportJob) -> Context:
        keyring = self._household.keyring
        return Context(keyring.household, job.camera, job.stream, keyring.epoch, job.writer)

    def window(self, writer: bytes) -> ReleasableWindow | None:
        """The window of a finished export's pieces."""
        job = self._jobs.get(writer)
        if job is None or job.state != "done" or job.path is not None:
            return None
        return ReleasableWindow(
            self._context(job), "export", job.secret, "", job.start_us, job.end_us
        )

    async def pieces(self, writer: bytes, first: int, last: int) -> bytes | None:
        """Sealed pieces first..last, back to back."""
        job = self._jobs.get(writer)
        if job is None or last >= job.pieces:
            return None
        return b"".join(job.sealed[first : last + 1])

    async def drop(self, writer: bytes) -> None:
        """Stop and forget an export; an unknown one is no error."""
        job = self._jobs.pop(writer, None)
        if job is None:
            return
        job.is_dropped.set()  # the thread ends the export; cancelling would leave it running
        if job.task is not None:
            await job.task

    async def stop(self) -> None:
        """Stop all."""
        for writer in list(self._jobs):
            await self.drop(writer)
