"""Access units -> chunks for the disk thread. Runs in the event loop and never waits.

A chunk is a group of pictures, or two seconds of one that is longer. Units are only collected here
(1 us each); boxes, sealing and writing happen in the disk thread, where encryption and writing
release the interpreter lock.
"""

import logging
from functools import partial
from typing import Final

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.chunk import Chunk
from keepsight.hub.record.disk import Disk
from keepsight.hub.record.reel import Reel
from keepsight.hub.recording import Gap
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat

log = logging.getLogger(__name__)
CHUNK_SECONDS_MAX: Final = 2
CHUNK_BYTES_MAX: Final = 16 * 1024 * 1024
ROLL_WAIT_US: Final = 1_000_000
"""A roll waits so long for a keyframe; with a chunk that had begun, its end is 3 s away at most."""
UNIT_COST_BYTES: Final = 400
"""Memory of a unit besides its payload; keeps a flood of tiny units bounded too."""
_NEVER: Final = -(1 << 62)


class Recorder:
    """The recording reader of one stream. See `ingest.fanout.Reader`."""

    def __init__(self, reel: Reel, disk: Disk) -> None:
        self._reel = reel
        self._disk = disk
        self._format: StreamFormat | None = None
        self._video: list[AccessUnit] = []
        self._audio: list[AccessUnit] = []
        self._pending_bytes = 0
        self._flush_ticks = _NEVER
        self._chunk_ticks_max = 0
        self._last_step_ticks = 0
        self._is_waiting = True
        """For a keyframe."""
        self._is_new = True
        self._rolled_us: int | None = None
        """Wall time of the newest picture when a roll was asked for; None once it has happened."""
        self._newest_us = 0
        self._lost_since_us: int | None = None
        self._last_break: BreakReason | None = None
        self.lost_chunks = 0
        """Chunks the disk did not keep up with, since the start."""

    @property
    def trouble(self) -> BreakReason | None:
        """Why nothing is being recorded although units arrive; None when all is well."""
        if self._lost_since_us is not None:
            return BreakReason.RECORDER_BEHIND
        return self._reel.trouble

    def on_format(self, stream_format: StreamFormat) -> None:
        """What follows has this format."""
        if stream_format == self._format and not self._is_new:
            return
        self._flush(None)
        self._format = stream_format
        self._chunk_ticks_max = CHUNK_SECONDS_MAX * stream_format.video.clock_rate
        self._is_new = self._is_waiting = True
        self._flush_ticks = _NEVER

    def on_unit(self, unit: AccessUnit) -> None:
        """Collect one unit. Never raises: a reader that raises would be detached."""
        if unit.is_video:
            if (
                unit.is_keyframe
                or unit.media_ticks >= self._flush_ticks
                or self._pending_bytes > CHUNK_BYTES_MAX
            ) and not self._turned(unit):
                return
            self._video.append(unit)
            self._newest_us = unit.wall_us
        elif self._is_waiting or self._pending_bytes > CHUNK_BYTES_MAX:
            return
        else:
            self._audio.append(unit)
        self._pending_bytes += unit.size_bytes + UNIT_COST_BYTES

    def on_break(self, reason: BreakReason, wall_us: int) -> None:
        """The stream stopped."""
        self._flush(None)
        self._is_new = self._is_waiting = True
        self._flush_ticks = _NEVER
        if reason is not self._last_break:
            self._last_break = reason
            self._disk.call(partial(self._reel.stop, reason, wall_us))

    def roll(self) -> None:
        """Begin a new segment, so a new key, at the next keyframe or after ROLL_WAIT_US."""
        self._is_new = True
        self._rolled_us = self._newest_us

    def _turned(self, unit: AccessUnit) -> bool:
        """Hand over what was collected before this unit. False if the unit is of no use."""
        try:
            self._flush(unit)
            if self._format is None or (self._is_waiting and not unit.is_keyframe):
                self._audio.clear()
                self._pending_bytes = 0
                return False
            self._is_waiting = False
            self._flush_ticks = unit.media_ticks + self._chunk_ticks_max
        except Exception:
            log.exception("recorder: a chunk was dropped")
            self._lose(unit.wall_us)
            self._video, self._audio, self._pending_bytes = [], [], 0
            return False
        return True

    def _flush(self, following: AccessUnit | None) -> None:
        video = self._video
        if not video or self._format is None:
            return
        last_ticks = video[-1].media_ticks
        if len(video) > 1:
            self._last_step_ticks = max(0, last_ticks - video[-2].media_ticks)
        end_ticks = last_ticks + self._last_step_ticks
        if following is not None:
            step_ticks = following.media_ticks - last_ticks
            # A longer silence is none of the last picture's: it stays visible as a gap.
            if 0 < step_ticks <= self._chunk_ticks_max:
                end_ticks = following.media_ticks
        audio, later = self._audio, []
        if following is not None and audio and audio[-1].wall_us >= following.wall_us:
            later = [unit for unit in audio if unit.wall_us >= following.wall_us]
            audio = [unit for unit in audio if unit.wall_us < following.wall_us]
        # A roll waits for a keyframe: without one the rest of this group plays only as what
        # follows the segment before. It does not wait for long: a removed device has that key.
        is_new = self._is_new and video[0].is_keyframe
        is_rekeyed = (
            not video[0].is_keyframe
            and self._rolled_us is not None
            and video[0].wall_us - self._rolled_us >= ROLL_WAIT_US
        )
        size_bytes = self._pending_bytes
        chunk = Chunk(self._format, video, audio, end_ticks, size_bytes, is_new, None, is_rekeyed)
        self._video, self._audio, self._pending_bytes = [], later, 0
        if self._lost_since_us is not None:
            if not chunk.begins_with_keyframe:
                return
            chunk.is_new = True
            chunk.lost = Gap(self._lost_since_us, chunk.start_us, BreakReason.RECORDER_BEHIND)
        if self._disk.offer(partial(self._reel.take, chunk), chunk.size_bytes):
            is_over = is_new or is_rekeyed
            self._is_new = self._is_new and not is_over
            self._rolled_us = None if is_over else self._rolled_us
            self._lost_since_us = self._last_break = None
        else:
            self._lose(chunk.start_us)

    def _lose(self, start_us: int) -> None:
        self.lost_chunks += 1
        if self._lost_since_us is None:
            log.error("recorder: the disk does not keep up: pictures are lost")
            self._lost_since_us = start_us
