"""One stream's succession of segments: where they are cut, and what happens when the disk refuses.

Runs in the disk thread. Nothing here may lose pictures silently: whatever is not written becomes a
gap with its reason.
"""

import contextlib
import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.catalogue import Catalogue
from keepsight.hub.record.chunk import Chunk
from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.disk import Disk
from keepsight.hub.record.film import Film
from keepsight.hub.recording import JOINT_US, Gap, Segment, day_of
from keepsight.seal.header import Context, Stream
from keepsight.seal.keys import new_id
from keepsight.seal.press import Press

log = logging.getLogger(__name__)
SEGMENT_US: Final = 60_000_000
SEGMENT_US_MAX: Final = 120_000_000
"""A camera that sends no keyframe for so long gets a segment that begins without one."""
SEGMENT_BYTES_MAX: Final = 256 * 1024 * 1024
CLOCK_STEP_US_MAX: Final = 1_000_000
"""Wall time may move so far from media time between two chunks before a new segment starts."""
RETRY_US: Final = 2_000_000
"""After the disk refused, wait so long before trying again."""
FULL_ERRORS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_GAP: Final = (BreakReason.FORMAT_CHANGED, BreakReason.CLOCK_JUMPED)


@dataclass(frozen=True, slots=True)
class Desk:
    """What all reels of a household share."""

    household: bytes
    root: Path
    """The household's `segments` folder."""
    day_keys: DayKeys
    disk: Disk
    press: Press
    catalogue: Catalogue
    clock: Clock
    make_room: Callable[[], bool]
    """Free space in an emergency; True if any was freed."""
    acknowledge: Callable[[Segment], None]
    """Called after each sync with what is durable now."""


class Reel:
    """Writes one stream's chunks into segments."""

    def __init__(self, desk: Desk, camera: bytes, stream: Stream) -> None:
        self._desk = desk
        self._camera = camera
        self._stream = stream
        self._film: Film | None = None
        self._is_broken = True
        # The first segments end at different times, so that later ones do not all sync at once.
        self._length_us = SEGMENT_US // 2 + SEGMENT_US // 2 * camera[0] // 255
        self._lasting_gap: BreakReason | None = None
        self._quiet_end: tuple[int, BreakReason] | None = None
        """Where a segment ended for a reason that loses nothing, unless time passes."""
        self._is_fresh = True
        """The index may hold a lasting gap of the run before."""
        self._retry_due_us = 0
        self.trouble: BreakReason | None = None
        """DISK_FULL or DISK_ERROR while the disk refuses."""

    # From the recorder, in order

    def take(self, chunk: Chunk) -> None:
        """Write a chunk; never raises for the disk's or the camera's faults."""
        if chunk.lost is not None:
            self._end_segment()
            self._open_gap(chunk.lost.start_us, chunk.lost.reason)
        if self._film is None and self._desk.clock.monotonic_us() < self._retry_due_us:
            self._open_gap(chunk.start_us, self.trouble or BreakReason.UNKNOWN)
            return
        try:
            self._record(chunk)
        except OSError as error:
            self._save_written()
            self._fail(error, chunk.start_us)
            if self.trouble is BreakReason.DISK_FULL and self._desk.make_room():
                self._try_again(chunk)
        except ValueError as error:
            log.error("camera %s: cannot be recorded: %s", self._camera.hex(), error)  # noqa: TRY400
            self._skip(chunk)
        except Exception:
            # One camera's fault, a key that is missing for instance: the others go on.
            log.exception("camera %s: a group of pictures was lost", self._camera.hex())
            self._skip(chunk)

    def stop(self, reason: BreakReason, wall_us: int) -> None:
        """The stream stopped, or what follows does not continue what came before."""
        ended_us = self._end_segment()
        self._is_broken = True
        self.trouble = None
        if reason in _NO_GAP:
            self._quiet_end = None if ended_us is None else (ended_us, reason)
            return
        if self._lasting_gap is reason:
            return
        if self._lasting_gap is not None:
            self._close_gap(wall_us)
        self._open_gap(wall_us if ended_us is None else ended_us, reason)

    def resume_gap(self, end_us: int, reason: BreakReason) -> None:
        """At start: nothing is recorded since end_us, because the hub was not running."""
        self._open_gap(end_us, reason)

    # From the disk thread

    def sync(self, *, is_last: bool = False) -> None:
        """Make the growing segment durable."""
        film = self._film
        self._desk.disk.synced(self)
        if film is None:
            return
        try:
            film.sync(is_last=is_last)
        except OSError as error:
            self._fail(error, film.durable_end_us)
            return
        self.trouble = None
        self._retry_due_us = 0
        self._desk.acknowledge(film.durable())

    # Inside

    def _skip(self, chunk: Chunk) -> None:
        """Leave out what cannot be recorded; what was written before it stays."""
        ended_us = self._end_segment()
        self._is_broken = True
        self._open_gap(chunk.start_us if ended_us is None else ended_us, BreakReason.UNKNOWN)

    def _save_written(self) -> None:
        """A write was refused, not a sync: what was written before may still become durable."""
        if self._film is not None:
            # Refused too: then only what was durable before counts.
            with contextlib.suppress(OSError):
                self._film.sync(is_last=True)

    def _try_again(self, chunk: Chunk) -> None:
        self._retry_due_us = 0
        if chunk.begins_with_keyframe:
            try:
                self._record(chunk)
            except OSError as error:
                self._fail(error, chunk.start_us)

    def _record(self, chunk: Chunk) -> None:
        film = self._film
        if film is not None and self._is_cut(film, chunk):
            self._finish_joined(film, chunk)
        film, sound = self._film, chunk.audio
        if film is None:
            # A continuation without keyframe only where a segment reached its limit.
            if not chunk.begins_with_keyframe and (self._is_broken or chunk.is_new):
                self._open_gap(chunk.start_us, BreakReason.UNKNOWN)
                return
            film = self._begin(chunk)
            sound = [unit for unit in sound if unit.wall_us >= film.start_us]
        film.append(chunk, sound)
        self._close_gap(film.start_us)
        self._desk.disk.written(self)

    def _is_cut(self, film: Film, chunk: Chunk) -> bool:
        """Whether the segment ends before this chunk."""
        is_full = film.size_bytes + chunk.size_bytes > SEGMENT_BYTES_MAX
        if not chunk.begins_with_keyframe:
            is_over = is_full or film.media_us > SEGMENT_US_MAX
            return is_over or chunk.is_new or chunk.is_rekeyed
        step_us = chunk.start_us - film.end_us
        # Half a picture early rather than a whole group late.
        is_long = film.media_us + CLOCK_STEP_US_MAX // 2 >= self._length_us
        return (
            is_full
            or is_long
            or chunk.is_new
            or abs(step_us) > CLOCK_STEP_US_MAX
            or chunk.video[0].media_ticks < film.end_ticks - film.stream_format.video.clock_rate
            or day_of(chunk.start_us) != day_of(film.start_us)
            or self._desk.day_keys.epoch != film.epoch
            or chunk.stream_format != film.stream_format
        )

    def _finish_joined(self, film: Film, chunk: Chunk) -> None:
        step_us = chunk.start_us - film.end_us
        step_ticks = chunk.video[0].media_ticks - film.end_ticks
        late = [unit for unit in chunk.audio if unit.wall_us < chunk.start_us]
        if late and not chunk.is_new and 0 <= step_us < CLOCK_STEP_US_MAX:
            film.append_late_sound(late)
        ended_us = self._end_segment()
        if ended_us is not None and not chunk.is_new:
            # Where media time goes on and wall time does not, somebody set the clock.
            is_clock = 0 <= step_ticks < film.stream_format.video.clock_rate
            reason = BreakReason.CLOCK_JUMPED if is_clock else BreakReason.SILENT
            self._quiet_end = (ended_us, reason)

    def _begin(self, chunk: Chunk) -> Film:
        desk, day = self._desk, day_of(chunk.start_us)
        epoch, day_key = desk.day_keys.for_writing(self._camera, self._stream, day)
        context = Context(desk.household, self._camera, self._stream, epoch, new_id())
        is_joined = not (self._is_broken or chunk.is_new)
        film = Film(desk.root, desk.press, context, chunk, day_key, is_joined=is_joined)
        if self._quiet_end is not None and film.start_us - self._quiet_end[0] >= JOINT_US:
            self._open_gap(*self._quiet_end)
        self._quiet_end = None
        self._film = film
        self._is_broken = False
        desk.catalogue.grow(film)
        return film

    def _end_segment(self) -> int | None:
        """Sync, name and list the growing segment.

        Returns:
            Where its durable part ends; None if there was no segment.
        """
        self.sync(is_last=True)
        film, self._film = self._film, None
        if film is None:
            return None
        if film.size_bytes == 0:
            film.file.abandon(0)
            self._desk.catalogue.drop(film)
            return None
        self._length_us = SEGMENT_US
        try:
            film.file.finish()
        except OSError as error:
            self._refused(error)
            self._desk.catalogue.finish(film, is_named=False)
            return film.durable_end_us
        segment = self._desk.catalogue.finish(film, is_named=True)
        if segment is not None:
            self._desk.acknowledge(segment)
        return film.durable_end_us

    def _refused(self, error: OSError) -> None:
        is_full = error.errno in FULL_ERRORS
        reason = BreakReason.DISK_FULL if is_full else BreakReason.DISK_ERROR
        if self.trouble is not reason:
            log.error("camera %s: the disk refuses: %s", self._camera.hex(), error)
        self.trouble = reason
        self._retry_due_us = self._desk.clock.monotonic_us() + RETRY_US
        self._desk.day_keys.forget()

    def _fail(self, error: OSError, wall_us: int) -> None:
        self._refused(error)
        assert self.trouble is not None  # noqa: S101 - set by the line above
        self._give_up_segment(wall_us, self.trouble)

    def _give_up_segment(self, wall_us: int, reason: BreakReason) -> None:
        """Keep what was durable, leave the rest, and say so on the timeline."""
        film, self._film = self._film, None
        self._is_broken = True
        if film is not None:
            self._desk.disk.synced(self)
            is_named = film.file.abandon(film.durable_bytes)
            if self._desk.catalogue.finish(film, is_named=is_named) is not None:
                wall_us = film.durable_end_us
            else:
                wall_us = film.start_us
        self._open_gap(wall_us, reason)

    def _open_gap(self, start_us: int, reason: BreakReason) -> None:
        if self._lasting_gap is None:
            self._close_gap(start_us)
            self._lasting_gap = reason
            gap = Gap(start_us, None, reason)
            self._desk.catalogue.open_gap(self._camera, self._stream, gap)

    def _close_gap(self, end_us: int) -> None:
        if self._lasting_gap is not None or self._is_fresh:
            self._lasting_gap = None
            self._is_fresh = False
            self._desk.catalogue.close_gaps(self._camera, self._stream, end_us)
