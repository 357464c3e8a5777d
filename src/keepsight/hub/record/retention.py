"""What is kept and for how long: by age, by events, by bytes of a camera, by free space.

Oldest first; what belongs to an event that somebody keeps goes last, and only for free space.
Deleting, in this order: mark the row, overwrite the segment's key in the file, sync, unlink, remove
the row. A crash in between is finished at the next start. With the last segment of a day its
`day.key` is overwritten too. Disk thread only, a few segments at a time, so that writing never
waits long.
"""

import heapq
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from keepsight.core.clock import Clock
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.ballast import Ballast
from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.forecast import FORECAST_DAYS, Forecast, forecast
from keepsight.hub.record.reel import FULL_ERRORS
from keepsight.hub.record.rounds import Rounds
from keepsight.hub.record.rules import DAY_US, RetentionRules
from keepsight.hub.record.segment import BAD_SUFFIX, day_folder, erase, read_name, segment_path
from keepsight.hub.recording import Segment
from keepsight.hub.store.recordings import IndexFailedError, RecordingStore
from keepsight.seal.header import Stream

log = logging.getLogger(__name__)
SWEEP_SEGMENTS: Final = 16
"""At most so many are deleted in one go: some 20 ms each on a slow disk."""
EMERGENCY_SEGMENTS: Final = 64
EMERGENCY_BYTES: Final = 128 * 1024 * 1024
"""A full disk is emptied at least so far."""
CLOCK_STEP_US_MAX: Final = 3_600_000_000
"""If wall time jumped ahead by more, age deletes nothing for CLOCK_DOUBT_US: it may be wrong."""
CLOCK_DOUBT_US: Final = 6 * 3_600_000_000


class Deleted(NamedTuple):
    """How much was deleted."""

    segments: int
    size_bytes: int


def free_bytes(folder: Path) -> int:
    """Free for us on the folder's file system.

    Raises:
        OSError: it cannot be asked.
    """
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _merged(streams: Iterable[Sequence[Segment]], limit: int) -> list[Segment]:
    return list(heapq.merge(*streams, key=lambda segment: segment.start_us))[:limit]


class Retention:
    """Deletes recordings by rule, by request and in an emergency."""

    def __init__(  # noqa: PLR0913 - its parts, each given once by record.py
        self, *, root: Path, household: bytes, store: RecordingStore, day_keys: DayKeys,
        ballast: Ballast, clock: Clock, rules: RetentionRules, rounds: Rounds,
        free: Callable[[Path], int] = free_bytes, emergency_bytes: int = EMERGENCY_BYTES,
    ) -> None:  # fmt: skip
        self.rules = rules
        self.rounds = rounds
        self.kept_deleted_us: int | None = None
        """When the disk was last so full that recordings of kept events had to go."""
        self._root = root
        self._household = household
        self._store = store
        self._day_keys = day_keys
        self._ballast = ballast
        self._clock = clock
        self._free = free
        self._emergency_bytes = emergency_bytes
        self._unlinked: list[Segment] = []
        self._last_times_us = (clock.wall_us(), clock.monotonic_us())
        self._doubt_until_us = 0
        self._freed_until_us: dict[bytes, int] = {}

    # By rule

    def sweep(self, segments_max: int = SWEEP_SEGMENTS) -> Deleted:
        """Delete what the rules say is too much, at most segments_max.

        Raises:
            OSError: the disk refused.
            IndexFailedError: the index refused.
        """
        self._reconcile()
        self.rounds.start()
        kept = self._store.streams(self._household)
        ruled = self._out_of_rule(kept, segments_max)
        doomed = {segment.writer: segment for segment in ruled}
        for segment in self._too_many(kept, segments_max):
            doomed[segment.writer] = segment
        free = self._free(self._root)
        if free < self.rules.free_bytes_min:
            first, is_kept = self._first_to_go(kept, segments_max)
            if first and is_kept:
                self._note_kept_gone()
            for segment in first:
                if free >= self.rules.free_bytes_min:
                    break
                free += segment.size_bytes
                doomed[segment.writer] = segment
        else:
            self._ballast.ensure(free)
        chosen = list(doomed.values())[:segments_max]
        # Said first: a timeline that is asked for meanwhile shows no hole without a reason.
        holes = [s for s in chosen[: len(ruled)] if self.rules.is_choosing(s.camera)]
        self._store.explain(self._household, holes, BreakReason.NOT_KEPT)
        deleted = self.delete(chosen)
        self._note_freed(chosen[len(ruled) :])
        return deleted

    @property
    def is_behind(self) -> bool:
        """Whether the last sweep left something to look at."""
        return self.rounds.is_behind

    def freed(self) -> dict[bytes, int]:
        """Before when cameras have no recordings any more, for lack of space; any thread."""
        return dict(self._freed_until_us)

    def _out_of_rule(self, kept: Iterable[tuple[bytes, Stream]], limit: int) -> list[Segment]:
        if self._is_clock_in_doubt():
            return []
        now_us = self._clock.wall_us()
        out: dict[bytes, Segment] = {}
        for camera, stream in kept:
            mine = self.rounds.doomed(self.rules, camera, stream, limit)
            out |= {segment.writer: segment for segment in mine}
            days, event_days = self.rules.days_of(camera), self.rules.event_days_of(camera)
            if days is not None and event_days is not None:
                before_us = now_us - max(days, event_days) * DAY_US
                self._store.forget(self._household, camera, stream, before_us)
        return list(out.values())

    def _too_many(self, kept: Mapping[tuple[bytes, Stream], int], limit: int) -> list[Segment]:
        out: list[Segment] = []
        for camera, rule in self.rules.cameras.items():
            if rule.bytes_max is None:
                continue
            mine = {key: size for key, size in kept.items() if key[0] == camera}
            excess = sum(mine.values()) - rule.bytes_max
            for segment in self._oldest_free(mine, limit) if excess > 0 else ():
                if excess <= 0:
                    break
                excess -= segment.size_bytes
                out.append(segment)
        return out

    def _first_to_go(
        self, kept: Mapping[tuple[bytes, Stream], int], limit: int
    ) -> tuple[list[Segment], bool]:
        """When space is short: the oldest; True with those of kept events, if nothing else is."""
        free = self._oldest_free(kept, limit)
        return (free, False) if free else (self._oldest(kept, limit), True)

    def _note_kept_gone(self) -> None:
        if self.kept_deleted_us is None:
            log.error("the disk is full: recordings that were to be kept are deleted")
        self.kept_deleted_us = self._clock.wall_us()

    def _oldest_free(self, kept: Iterable[tuple[bytes, Stream]], limit: int) -> list[Segment]:
        streams = [self.rounds.oldest_free(self.rules, c, s, limit) for c, s in kept]
        return _merged(streams, limit)

    def _oldest(self, kept: Iterable[tuple[bytes, Stream]], limit: int) -> list[Segment]:
        streams = [self._store.oldest(self._household, c, s, limit) for c, s in kept]
        return _merged(streams, limit)

    def _note_freed(self, freed: Iterable[Segment]) -> None:
        for segment in freed:
            if segment.stream is Stream.MAIN:
                until_us = max(self._freed_until_us.get(segment.camera, 0), segment.end_us)
                self._freed_until_us[segment.camera] = until_us

    def _is_clock_in_doubt(self) -> bool:
        wall_us, monotonic_us = self._clock.wall_us(), self._clock.monotonic_us()
        was_wall_us, was_monotonic_us = self._last_times_us
        self._last_times_us = (wall_us, monotonic_us)
        if (wall_us - was_wall_us) - (monotonic_us - was_monotonic_us) > CLOCK_STEP_US_MAX:
            log.error("the clock jumped ahead: nothing is deleted by age for six hours")
            self._doubt_until_us = monotonic_us + CLOCK_DOUBT_US
        return monotonic_us < self._doubt_until_us

    # By request

    def within(self, camera: bytes, from_us: int, to_us: int) -> list[Segment]:
        """A camera's whole segments inside from_us..to_us, all streams; any thread.

        Raises:
            IndexFailedError: the index cannot be read.
        """
        return [
            segment
            for of, stream in self._store.streams(self._household)
            if of == camera
            for segment in self._store.brief(self._household, camera, stream, from_us, to_us)
            if segment.start_us >= from_us and segment.end_us <= to_us
        ]

    def delete(self, doomed: list[Segment]) -> Deleted:
        """Delete these segments; ones that are gone already do no harm.

        Raises:
            OSError: the disk refused; what was marked is finished at the next start.
            IndexFailedError: the index refused.
        """
        if not doomed:
            return Deleted(0, 0)
        self._store.mark_deleting(self._household, doomed)
        for segment in doomed:
            self._unlink(segment)
        self._store.remove(self._household, doomed)
        self._end_days(doomed)
        return Deleted(len(doomed), sum(segment.size_bytes for segment in doomed))

    def forget_camera(self, camera: bytes) -> None:
        """Drop a camera's gaps and sums, after its segments.

        Raises:
            IndexFailedError: the index refused.
        """
        for of, stream in self._store.streams(self._household):
            if of == camera:
                self._store.forget_stream(self._household, camera, stream)

    # In an emergency

    def make_room(self) -> bool:
        """The disk is full: give the ballast free and unlink the oldest. True if there is room now.

        Media go first and rows after, because on a full disk the index may refuse every change.
        """
        is_freed = self._ballast.release()
        try:
            free = self._free(self._root)
            kept = self._store.streams(self._household)
            first, is_kept = self._first_to_go(kept, EMERGENCY_SEGMENTS)
        except (OSError, IndexFailedError) as error:
            log.error("the disk is full and nothing can be freed: %s", error)  # noqa: TRY400
            return is_freed
        for segment in first:
            if free >= self._emergency_bytes:
                break
            try:
                self._unlink(segment)
            except OSError as error:
                log.error("%s could not be deleted: %s", segment.writer.hex(), error)  # noqa: TRY400
                break
            if is_kept:
                self._note_kept_gone()
            self._unlinked.append(segment)
            free += segment.size_bytes
            is_freed = True
        try:
            self._reconcile()
        except IndexFailedError as error:
            log.warning("rows of deleted recordings wait: %s", error)
        return is_freed or free >= self._emergency_bytes

    # Inside

    def _unlink(self, segment: Segment) -> None:
        path = segment_path(self._root, segment)
        try:
            erase(path)
        except OSError as error:
            if error.errno not in FULL_ERRORS:
                raise
            # A copy-on-write file system needs space even to overwrite; unlinking gives it.
            path.unlink(missing_ok=True)

    def _reconcile(self) -> None:
        if self._unlinked:
            self._store.remove(self._household, self._unlinked)
            gone, self._unlinked = self._unlinked, []
            self._end_days(gone)
            self._note_freed(gone)

    def _end_days(self, gone: list[Segment]) -> None:
        for camera, stream, day in {(s.camera, s.stream, s.day) for s in gone}:
            folder = day_folder(self._root, camera, stream, day)
            try:
                left = list(folder.iterdir())
            except FileNotFoundError:
                continue
            if any(read_name(path.name) for path in left):
                continue
            for path in left:
                if path.name.endswith(BAD_SUFFIX):
                    path.unlink()
            self._day_keys.erase(camera, stream, day)

    # Looking ahead

    def forecast(self) -> Forecast:
        """Bytes a day over the last days, and how long the free space lasts.

        Raises:
            OSError: the disk cannot be asked.
            IndexFailedError: the index cannot be read.
        """
        today = self._clock.wall_us() // DAY_US
        days = self._store.days(self._household, today - FORECAST_DAYS, today)
        kept = sum(self._store.streams(self._household).values())
        free = max(0, self._free(self._root) - self.rules.free_bytes_min)
        return forecast(days, today, self.rules, kept=kept, free=free)
