"""At start: make files and index agree again, whatever the last stop looked like.

The files are the truth. A `.part` is cut at the first record that is torn or does not open; a file
without a row gets one; a row without a file becomes a gap; a deletion that was begun is finished.
A damaged index is set aside and rebuilt. Nothing is deleted here that could hold a picture: what
cannot be used is renamed to `.bad` and named in the report.
"""

import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DatabaseError

from keepsight.core.clock import Clock
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.salvage import Salvage, SalvageError, UnbegunError, salvage
from keepsight.hub.record.segment import (
    BAD_SUFFIX,
    SegmentError,
    SegmentName,
    day_folder,
    erase,
    read_name,
    segment_path,
    sync_folder,
)
from keepsight.hub.recording import Gap, Segment
from keepsight.hub.store.recordings import (
    WRITERS_MAX,
    IndexUnusableError,
    RecordingStore,
    open_recording_store,
)
from keepsight.seal.header import Stream
from keepsight.seal.keys import UnwrapError

log = logging.getLogger(__name__)
INDEX_NAME: Final = "recordings.db"
RECENT_DAYS: Final = 2
"""A `.part` in older folders is rare (the clock was wrong) and is finished by `reconcile`."""
_STREAMS: Final = {stream.name.lower(): stream for stream in Stream}
_ID: Final = re.compile(r"[0-9a-f]{32}")
_DAY_ZERO: Final = date(1970, 1, 1)
_DAY_US: Final = 86_400_000_000
_DAYS_MAX: Final = 1_000_000


@dataclass(slots=True)
class Recovered:
    """What recovery found and did."""

    parts_finished: int = 0
    """`.part` files that were cut where needed and listed."""
    bytes_cut: int = 0
    adopted: int = 0
    """Finished files that had no row."""
    missing: int = 0
    """Rows whose file is gone."""
    deletions_finished: int = 0
    set_aside: list[str] = field(default_factory=list)
    """Names of files that are now `.bad`, and why."""
    unbegun: list[str] = field(default_factory=list)
    """Also now `.bad`, but no cause for alarm: a crash came before their first picture."""
    index_set_aside: str | None = None
    """The name of the damaged index; None if it was whole."""

    @property
    def alarm(self) -> str | None:
        """A sentence for the owner; None when there is nothing to say."""
        if self.index_set_aside is not None:
            return (
                "The index of recordings was damaged. It was rebuilt from the recordings "
                f"themselves; the damaged file is kept as {self.index_set_aside}."
            )
        if self.set_aside:
            return (
                f"{len(self.set_aside)} recording files are damaged and were set aside as "
                f"{BAD_SUFFIX} files: {self.set_aside[0]}"
            )
        return None


def open_index(folder: Path, household: bytes, clock: Clock, found: Recovered) -> RecordingStore:
    """Open the index; a damaged one is moved aside and replaced by an empty one.

    Args:
        folder: the household's data directory.
        household: 16 bytes.
        clock: names the file that is set aside.
        found: gets the name.

    Raises:
        OSError: the disk refused.
    """
    path = folder / INDEX_NAME
    try:
        return open_recording_store(path, household)
    except (IndexUnusableError, DatabaseError) as error:
        if isinstance(error, DatabaseError) and not _is_damage(error):
            raise OSError(f"the index cannot be opened: {error.orig}") from error
        aside = f"{INDEX_NAME}.{clock.wall_us()}{BAD_SUFFIX}"
        log.error("the index is unusable and is rebuilt from the files: %s", error)  # noqa: TRY400
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(INDEX_NAME + suffix)
            if part.exists():
                part.rename(path.with_name(aside + suffix))
        found.index_set_aside = aside
        return open_recording_store(path, household)


def _is_damage(error: DatabaseError) -> bool:
    """Whether the bytes are wrong, rather than the disk full, read-only or away."""
    name = getattr(error.orig, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


class Recovery:
    """`prepare` runs before recording starts, `reconcile` beside it."""

    def __init__(
        self, root: Path, household: bytes, store: RecordingStore, day_keys: DayKeys,
        found: Recovered,
    ) -> None:  # fmt: skip
        self._root = root
        self._household = household
        self._store = store
        self._day_keys = day_keys
        self.found = found

    def prepare(self) -> None:
        """Finish deletions, and every `.part` of each stream's newest days.

        Raises:
            OSError: the disk refused.
            sqlalchemy.exc.SQLAlchemyError: the index refused.
        """
        self._finish_deletions()
        for camera, stream, folder in self._stream_folders():
            for day in sorted(_folders(folder), reverse=True)[:RECENT_DAYS]:
                self._finish_parts(camera, stream, day, lambda _writer: False)

    def reconcile(self, is_busy: Callable[[bytes], bool], should_stop: Callable[[], bool]) -> None:
        """Compare index and files day by day, newest first. Idempotent; may take long.

        Args:
            is_busy: whether the segment with this writer id is being written right now.
            should_stop: asked between days.
        """
        for camera, stream, folder in self._stream_folders():
            recorded = {
                _DAY_ZERO + timedelta(days=d.day)
                for d in self._store.days(self._household, 0, _DAYS_MAX)
                if d.camera == camera and d.stream is stream and d.kept_bytes > 0
            }
            on_disk = {day for path in _folders(folder) if (day := _day(path.name)) is not None}
            for day in sorted(recorded | on_disk, reverse=True):
                if should_stop():
                    return
                path = folder / day.isoformat()
                self._finish_parts(camera, stream, path, is_busy)
                self._adopt(camera, stream, path, day, is_busy)
                self._drop_missing(camera, stream, day)

    def interrupted(self) -> list[tuple[bytes, Stream, int]]:
        """(camera, stream, end_us) where recording ended without anybody noting why: a kill."""
        ends = []
        for camera, stream in self._store.streams(self._household):
            end_us = self._store.newest_end_us(self._household, camera, stream)
            if end_us is not None:
                after = self._store.gaps(self._household, camera, stream, end_us, 1 << 62)
                if not any(gap.end_us is None for gap in after):
                    ends.append((camera, stream, end_us))
        return ends

    def _finish_deletions(self) -> None:
        doomed = self._store.deleting(self._household)
        for segment in doomed:
            erase(segment_path(self._root, segment))
        if doomed:
            self._store.remove(self._household, doomed)
            self.found.deletions_finished += len(doomed)

    def _finish_parts(
        self, camera: bytes, stream: Stream, day: Path, is_busy: Callable[[bytes], bool]
    ) -> None:
        """Cut, name and list every `.part` of a day."""
        for path, name in _segments_in(day):
            if not name.is_part or is_busy(name.writer):
                continue
            try:
                result = self._salvage(path, camera, stream)
            except UnbegunError as error:
                self._set_aside(path, str(error), self.found.unbegun)
                continue
            except (SalvageError, SegmentError, UnwrapError) as error:
                self._set_aside(path, str(error), self.found.set_aside)
                continue
            self._cut(path, result)
            path.rename(path.with_name(path.name.removesuffix(".part")))
            sync_folder(day)
            self._store.add(self._household, [result.segment])
            self.found.parts_finished += 1

    def _adopt(
        self, camera: bytes, stream: Stream, folder: Path, day: date,
        is_busy: Callable[[bytes], bool],
    ) -> None:  # fmt: skip
        """List finished files of a day that have no row."""
        files = _segments_in(folder)
        rows = self._store.names(self._household, camera, stream, *_range_us(day))
        adopted: list[Segment] = []
        for path, name in files:
            if name.is_part or (name.start_us, name.writer) in rows or is_busy(name.writer):
                continue
            try:
                adopted.append(self._salvage(path, camera, stream).segment)
            except FileNotFoundError:
                continue  # deleted meanwhile
            except (SalvageError, SegmentError, UnwrapError) as error:
                self._set_aside(path, str(error), self.found.set_aside)
        self._store.add(self._household, adopted)
        self.found.adopted += len(adopted)

    def _drop_missing(self, camera: bytes, stream: Stream, day: date) -> None:
        """Turn rows without a file into gaps."""
        day_range = _range_us(day)
        rows = self._store.names(self._household, camera, stream, *day_range)
        folder = day_folder(self._root, camera, stream, day.isoformat())
        there = {(name.start_us, name.writer) for _, name in _segments_in(folder)}
        suspects = [key for key, is_deleting in rows.items() if key not in there]
        if not suspects:
            return
        # Asked again: a deletion marks its row before it unlinks the file.
        rows = self._store.names(self._household, camera, stream, *day_range)
        writers = [writer for at, writer in suspects if rows.get((at, writer)) is False]
        for first in range(0, len(writers), WRITERS_MAX):
            gone = self._store.find(self._household, writers[first : first + WRITERS_MAX])
            for segment in gone:
                log.error("recording %s has no file any more", segment.writer.hex())
                gap = Gap(segment.start_us, segment.end_us, BreakReason.UNKNOWN)
                self._store.open_gap(self._household, camera, stream, gap)
            self._store.remove(self._household, gone)
            self.found.missing += len(gone)

    def _salvage(self, path: Path, camera: bytes, stream: Stream) -> Salvage:
        return salvage(path, self._household, camera, stream, self._day_keys)

    def _cut(self, path: Path, result: Salvage) -> None:
        excess_bytes = path.stat().st_size - result.good_bytes
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            if excess_bytes:
                os.ftruncate(descriptor, result.good_bytes)
                self.found.bytes_cut += excess_bytes
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _set_aside(self, path: Path, why: str, named: list[str]) -> None:
        log.warning("%s was set aside: %s", path, why)
        path.rename(path.with_name(path.name + BAD_SUFFIX))
        named.append(f"{path.relative_to(self._root)}: {why}")

    def _stream_folders(self) -> list[tuple[bytes, Stream, Path]]:
        """Folders of recorded streams, and where those of streams in the index would be."""
        found = dict.fromkeys(self._store.streams(self._household))
        for camera_folder in _folders(self._root):
            for stream_folder in _folders(camera_folder):
                stream = _STREAMS.get(stream_folder.name)
                if stream is not None and _ID.fullmatch(camera_folder.name):
                    found[bytes.fromhex(camera_folder.name), stream] = None
        return [(c, s, day_folder(self._root, c, s, "x").parent) for c, s in found]


def _folders(parent: Path) -> list[Path]:
    try:
        return [path for path in parent.iterdir() if path.is_dir() and not path.is_symlink()]
    except FileNotFoundError:
        return []


def _segments_in(day: Path) -> list[tuple[Path, SegmentName]]:
    try:
        paths = sorted(day.iterdir())
    except FileNotFoundError:
        return []
    return [(path, name) for path in paths if (name := read_name(path.name)) is not None]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _range_us(day: date) -> tuple[int, int]:
    start = (day - _DAY_ZERO).days
    return start * _DAY_US, (start + 1) * _DAY_US
