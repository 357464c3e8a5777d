"""From sealed segments to an MP4 that plays everywhere, exact to the keyframe.

The hub opens the fragments and hands the pictures through a pipe to a process of its own that
carries FFmpeg and no key. Nothing unsealed touches the disk but the owner's own file. A fragment
that is refused is named, left out and reported; the rest goes on.

A file has one format. Where the camera's format changed within the range, there are several files,
numbered. Holes are closed up: the picture goes on where recording went on, and the report says so.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, NamedTuple

from keepsight.hub.record.catalogue import Catalogue
from keepsight.hub.record.export_pipe import BEGIN, DATA, END, send
from keepsight.hub.record.playback import GoneError, Playback
from keepsight.hub.record.redaction import Redaction, RedactionError, Redactor
from keepsight.hub.record.segment import SegmentError, sync_folder
from keepsight.hub.recording import JOINT_US, FragmentRef, Segment, Span
from keepsight.seal.frame import Expectation, Reason, Refusal, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind, Stream
from keepsight.seal.keys import UnwrapError

log = logging.getLogger(__name__)
RANGE_US_MAX: Final = 24 * 3_600_000_000
MEMORY_BYTES_MAX: Final = 1024 * 1024 * 1024
"""An export that is not written to the owner's file is kept in memory, so it has a limit."""
FILES_MAX: Final = 100
CHILD_ANSWER_SECONDS: Final = 600
"""To finish and verify, after everything was handed over."""
CUT_SHARE: Final = 0.1
"""Of the progress, where the film is changed afterwards: that takes most of the time."""
COPY_BYTES: Final = 1 << 20


class ExportError(Exception):
    """Nothing was exported; the message says what to do."""


class Refused(NamedTuple):
    """A fragment that is not in the exported file."""

    segment: Segment
    sequence: int
    reason: Reason | None
    """None: the segment's file, key or place is missing or damaged."""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file of an export."""

    path: Path | None
    """None when it was kept in memory."""
    start_us: int
    """Wall time of its first picture."""
    end_us: int
    duration_us: int
    """Shorter than end - start where holes were closed up."""
    pictures: int
    size_bytes: int
    smeared: int = 0
    """Pictures of it in which a face or head was blurred."""


@dataclass(slots=True)
class ExportReport:
    """What was exported and what was left out."""

    files: list[ExportedFile] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    holes: list[Span] = field(default_factory=list)
    """Stretches inside the range without recording."""


class _Piece(NamedTuple):
    segment: Segment
    key: WindowKey
    init: bytes
    """Opened; pieces with the same one go into the same file."""
    fragments: tuple[FragmentRef, ...]
    """Without INIT; at least one."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """Exports from one household's recordings. Blocks: call it in a thread."""

    household: bytes
    catalogue: Catalogue
    playback: Playback
    redaction: Redaction = field(default_factory=Redaction)
    """What of the films is made unseen."""
    redactor: Redactor | None = None
    """Who does it; needed where something is."""

    def export(  # noqa: PLR0913 - what, where to, and who is told
        self, camera: bytes, stream: Stream, from_us: int, to_us: int, out: Path,
        *, progress: Callable[[float], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> ExportReport:  # fmt: skip
        """Write from the keyframe at or before from_us up to to_us into `out`.

        Further files, after a change of format, are `out` with -2, -3 ... before the suffix.

        Args:
            camera: 16 bytes.
            stream: main or sub.
            from_us: wall time.
            to_us: wall time, at most RANGE_US_MAX later.
            out: must not exist; written as OUT.part, mode 0600, then renamed.
            progress: gets 0 to 1 now and then.
            should_stop: asked often; True ends the export with ExportError.

        Raises:
            ExportError: nothing in the range, the file exists, FFmpeg refuses, or stopped.
        """
        work = _Work(self, progress, should_stop)
        runs = work.plan(camera, stream, from_us, to_us)
        for number, run in enumerate(runs, start=1):
            path = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
            if path.exists():
                raise ExportError(f"{path} exists already: choose another name")
            part = path.with_name(path.name + ".part")
            try:
                part.unlink(missing_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                os.close(os.open(part, flags, 0o600))
                answer = self._fill(work, run, part)
                _sync(part)
                part.rename(path)
                sync_folder(path.parent)
            except OSError as error:
                raise ExportError(f"{path} cannot be written: {error.strerror}") from error
            finally:
                part.unlink(missing_ok=True)
            work.report.files.append(_exported(path, run, answer))
        return work.report

    def export_in_memory(  # noqa: PLR0913 - what, where to, and who is told
        self, camera: bytes, stream: Stream, from_us: int, to_us: int,
        sink: Callable[[bytes], None], *, piece_bytes: int = 1 << 20,
        progress: Callable[[float], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> ExportReport:  # fmt: skip
        """Hand a finished MP4 to `sink` in pieces; no file on any disk. The longest run only.

        For downloads through the door: the caller seals each piece. See `export`.

        Raises:
            ExportError: as `export`, or more than MEMORY_BYTES_MAX.
        """
        work = _Work(self, progress, should_stop)
        run = max(work.plan(camera, stream, from_us, to_us), key=_payload_bytes)
        if _payload_bytes(run) > MEMORY_BYTES_MAX:
            raise ExportError("this is more than 1 GiB: choose a shorter range")
        with self._made(work, run) as (film, answer):
            while piece := os.read(film, piece_bytes):
                sink(piece)
        work.report.files.append(_exported(None, run, answer))
        return work.report

    def _fill(self, work: "_Work", run: list["_Piece"], part: Path) -> dict[str, int]:
        """Write a run into the owner's file; what comes before its redaction never touches it."""
        if not self.redaction.is_needed:
            return work.run_child(run, str(part), ())
        with self._made(work, run) as (film, answer), part.open("wb") as file:
            while piece := os.read(film, COPY_BYTES):
                file.write(piece)
        return answer

    @contextmanager
    def _made(self, work: "_Work", run: list["_Piece"]) -> Iterator[tuple[int, dict[str, int]]]:
        """A run as a film in memory, to be read from its beginning, and what was said of it."""
        with _memory() as plain:
            answer = work.run_child(run, f"/proc/self/fd/{plain}", (plain,))
            if not self.redaction.is_needed:
                os.lseek(plain, 0, os.SEEK_SET)
                yield plain, answer
                return
            with _memory() as changed:
                answer = work.redact(run, plain, changed, answer)
                os.ftruncate(plain, 0)  # the pictures as they were are of no use any more
                os.lseek(changed, 0, os.SEEK_SET)
                yield changed, answer


class _Work:
    """One export in progress."""

    def __init__(
        self, exporter: Exporter, progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.report = ExportReport()
        self._exporter = exporter
        self._progress = progress
        self._should_stop = should_stop
        self._total_bytes = 1
        self._done_bytes = 0
        self._changed_share = 0.0
        """Of the whole progress, what changing the films has done of it."""

    def plan(self, camera: bytes, stream: Stream, from_us: int, to_us: int) -> list[list[_Piece]]:
        """What goes into each file."""
        if not 0 < to_us - from_us <= RANGE_US_MAX:
            raise ExportError("choose a range that ends after it begins, at most 24 hours")
        found = self._exporter.catalogue.segments(camera, stream, from_us, to_us)
        if not found:
            raise ExportError("nothing was recorded in this range: look at the timeline")
        runs: list[list[_Piece]] = []
        for segment in found:
            piece = self._open_segment(segment, from_us, to_us)
            if piece is None:
                continue
            if runs and runs[-1][-1].init == piece.init:
                runs[-1].append(piece)
            else:
                runs.append([piece])
        if not runs:
            raise ExportError("none of the recordings in this range can be opened")
        if len(runs) > FILES_MAX:
            raise ExportError("the camera's format changes too often: export a shorter range")
        self._total_bytes = sum(map(_payload_bytes, runs))
        return runs

    def run_child(
        self, run: list[_Piece], path: str, descriptors: tuple[int, ...]
    ) -> dict[str, int]:
        """Send a run's pictures to an exporting process; its answer."""
        command = [sys.executable, "-m", "keepsight.hub.record.export_child", path]
        with subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            pass_fds=descriptors,
        ) as child:  # fmt: skip
            assert child.stdin is not None  # noqa: S101 - asked for above
            try:
                self._feed(run, child.stdin)
                answer, _ = child.communicate(timeout=CHILD_ANSWER_SECONDS)
            except BrokenPipeError:
                # It ended early; what it says on the way out is the reason.
                answer = child.stdout.read() if child.stdout is not None else b""
            except subprocess.TimeoutExpired as error:
                raise ExportError("the export did not end: try a shorter range") from error
            finally:
                child.kill()
        try:
            said: dict[str, int] = json.loads(answer)
        except ValueError as error:
            raise ExportError("the exporting process died: try again") from error
        if "error" in said:
            raise ExportError(f"the recording cannot be written as MP4: {said['error']}")
        return said

    def _say(self) -> None:
        share = CUT_SHARE if self._exporter.redaction.is_needed else 1.0
        done = self._done_bytes / self._total_bytes
        self._progress(min(1.0, share * done + self._changed_share))

    def redact(
        self, run: list[_Piece], source: int, target: int, answer: dict[str, int]
    ) -> dict[str, int]:
        """Change a run's finished film; what was said of the changed one."""
        exporter = self._exporter
        redactor = exporter.redactor
        if redactor is None:
            raise ExportError("this export is to be changed, and nobody here does that")
        before = self._changed_share
        weight = (1 - CUT_SHARE) * _payload_bytes(run) / self._total_bytes

        def on_progress(done: float) -> None:
            self._changed_share = before + weight * done
            self._say()

        try:
            return redactor.run(
                exporter.redaction, source, target, answer["duration_us"] / 1e6,
                progress=on_progress, should_stop=self._should_stop,
            )  # fmt: skip
        except RedactionError as error:
            raise ExportError(str(error)) from error

    def _feed(self, run: list[_Piece], pipe: IO[bytes]) -> None:
        base_us = 0
        before: _Piece | None = None
        for piece in run:
            start_us = piece.segment.start_us
            if before is not None:
                # Where time was lost, or went back, the picture goes on without a hole.
                step_us = start_us - before.segment.end_us
                lasted_us = before.segment.end_us - before.segment.start_us
                if step_us >= JOINT_US:
                    self.report.holes.append(Span(before.segment.end_us, start_us))
                base_us += lasted_us + (step_us if 0 <= step_us < JOINT_US else 0)
            send(pipe, BEGIN, base_us.to_bytes(8, signed=True))
            send(pipe, DATA, piece.init)
            self._feed_fragments(piece, pipe)
            before = piece
        send(pipe, END)
        pipe.flush()

    def _feed_fragments(self, piece: _Piece, pipe: IO[bytes]) -> None:
        is_skipping = False
        for ref in piece.fragments:
            if self._should_stop():
                raise ExportError("the export was stopped")
            self._done_bytes += ref.size_bytes
            self._say()
            if is_skipping and ref.kind is not Kind.STILL:
                continue
            payload = self._open(piece.segment, piece.key, ref)
            # Without its keyframe, or after a missing piece, the rest of a group is a smear.
            is_skipping = payload is None
            if payload is not None:
                send(pipe, DATA, payload)

    def _open_segment(self, segment: Segment, from_us: int, to_us: int) -> _Piece | None:
        playback = self._exporter.playback
        try:
            secret = playback.secret(segment)
        except (GoneError, SegmentError, UnwrapError, OSError) as error:
            log.warning("export: recording %s is left out: %s", segment.writer.hex(), error)
            self.report.refused.append(Refused(segment, 0, None))
            return None
        key = WindowKey(secret, segment.context(self._exporter.household))
        fragments = _select(segment.fragments, from_us, to_us)
        init = self._open(segment, key, segment.fragments[0])
        return _Piece(segment, key, init, fragments) if init is not None and fragments else None

    def _open(self, segment: Segment, key: WindowKey, ref: FragmentRef) -> bytes | None:
        try:
            sealed = self._exporter.playback.read(segment, ref.sequence, ref.sequence)
            expected = Expectation((ref.kind,), ref.sequence, ref.sequence)
            return open_sealed(key, expected, sealed).payload
        except Refusal as refusal:
            reason: Reason | None = refusal.reason
        except (GoneError, OSError):
            reason = None
        log.warning(
            "export: fragment %d of recording %s is left out: %s",
            ref.sequence, segment.writer.hex(), reason or "missing",
        )  # fmt: skip
        self.report.refused.append(Refused(segment, ref.sequence, reason))
        return None


def _select(
    fragments: tuple[FragmentRef, ...], from_us: int, to_us: int
) -> tuple[FragmentRef, ...]:
    """From the keyframe at or before from_us up to what starts before to_us."""
    first = 1
    for ref in fragments[1:]:
        if ref.kind is Kind.STILL and ref.start_us <= from_us:
            first = ref.sequence
    return tuple(ref for ref in fragments[first:] if ref.start_us < to_us)


def _payload_bytes(run: list[_Piece]) -> int:
    return sum(ref.size_bytes for piece in run for ref in piece.fragments)


def _exported(path: Path | None, run: list[_Piece], answer: dict[str, int]) -> ExportedFile:
    last = run[-1]
    is_whole = last.fragments[-1].sequence == last.segment.fragments[-1].sequence
    end = last.segment.fragments[last.fragments[-1].sequence + (0 if is_whole else 1)]
    return ExportedFile(
        path, run[0].fragments[0].start_us, last.segment.end_us if is_whole else end.start_us,
        answer["duration_us"], answer["pictures"], answer["size_bytes"], answer.get("smeared", 0),
    )  # fmt: skip


@contextmanager
def _memory() -> Iterator[int]:
    """A file that is nowhere but in memory."""
    descriptor = os.memfd_create("export", os.MFD_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
