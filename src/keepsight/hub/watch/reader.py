"""One stream of one camera on its way to the watcher: a reader on the fan-out.

It keeps nothing. What cannot be written at once is left out up to the next keyframe, and the
watcher is told that something is missing. The recorder beside it is never slowed down.
"""

from collections.abc import Callable
from dataclasses import dataclass

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.watch.outlet import Outlet
from keepsight.hub.watch.wire import (
    FLAG_AFTER_BREAK,
    FLAG_KEYFRAME,
    UNIT_BYTES_MAX,
    pack_unit,
)
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat, VideoFormat


@dataclass(slots=True)
class MediaTime:
    """Media time of one camera, as the watcher is told it: one line through all its connections.

    RTP timestamps begin anywhere with each connection; the watcher's time never goes back.
    """

    last_us: int = 0
    _zero_us: int = 0
    _zero_ticks: int | None = None
    _last_ticks: int = 0

    def restart(self) -> None:
        """What comes next has another zero."""
        self._zero_ticks = None

    def at(self, ticks: int, clock_rate: int, monotonic_us: int) -> int:
        """Time of a unit; ticks are those of decoding, which rise."""
        if self._zero_ticks is None or ticks < self._last_ticks:
            self._zero_ticks = ticks
            self._zero_us = max(self.last_us + 1, monotonic_us)
        self._last_ticks = ticks
        passed_us = (ticks - self._zero_ticks) * 1_000_000 // clock_rate
        self.last_us = max(self.last_us, self._zero_us + passed_us)
        return self.last_us


class PictureReader:
    """Takes the pictures of one stream. `on_change` is called when there is a format, or none."""

    def __init__(
        self, camera: bytes, outlet: Outlet, time: MediaTime, on_change: Callable[[], None]
    ) -> None:
        self._camera = camera
        self._outlet = outlet
        self._time = time
        self._on_change = on_change
        self._has_gap = True
        self._needs_keyframe = True
        self.is_chosen = False
        """Whether the watcher was told this stream's format, and gets its pictures."""
        self.video: VideoFormat | None = None
        """None while the stream does not run."""
        self.sent = 0
        self.dropped = 0
        """Units left out because the watcher did not read, since `begin`."""
        self.dropped_us: int | None = None
        """Monotonic: when that happened last."""

    def begin(self) -> None:
        """The watcher knows the format: go on at the next keyframe."""
        self.is_chosen = True
        self._has_gap = self._needs_keyframe = True
        self._time.restart()

    def end(self) -> None:
        """The watcher gets nothing of this stream any more."""
        self.is_chosen = False

    def on_format(self, stream_format: StreamFormat) -> None:
        """See `hub.ingest.fanout.Reader`."""
        if stream_format.video != self.video:
            self.video = stream_format.video
            self._on_change()

    def on_break(self, reason: BreakReason, wall_us: int) -> None:
        """See `hub.ingest.fanout.Reader`."""
        del wall_us
        self._has_gap = self._needs_keyframe = True
        self._time.restart()
        if reason in (BreakReason.CLOCK_JUMPED, BreakReason.FORMAT_CHANGED):
            return  # a format follows at once
        self.video = None
        self._on_change()

    def on_unit(self, unit: AccessUnit) -> None:
        """See `hub.ingest.fanout.Reader`."""
        if not self.is_chosen or not unit.is_video or self.video is None:
            return
        if not self._outlet.is_open:  # the watcher has just ended; nothing of this is its fault
            self._has_gap = self._needs_keyframe = True
            return
        if unit.is_after_loss:
            self._has_gap = True
        if self._needs_keyframe and not unit.is_keyframe:
            return
        if self._outlet.is_full or unit.size_bytes > UNIT_BYTES_MAX:
            self._drop(unit)
            return
        ticks = unit.media_ticks - unit.composition_ticks
        media_us = self._time.at(ticks, self.video.clock_rate, unit.monotonic_us)
        flags = FLAG_KEYFRAME * unit.is_keyframe | FLAG_AFTER_BREAK * self._has_gap
        parts = pack_unit(self._camera, flags, media_us, unit.wall_us, unit.parts, unit.size_bytes)
        if not self._outlet.write(*parts, size_bytes=unit.size_bytes):
            self._drop(unit)
            return
        self._has_gap = self._needs_keyframe = False
        self.sent += 1

    def _drop(self, unit: AccessUnit) -> None:
        self._has_gap = self._needs_keyframe = True
        self.dropped += 1
        self.dropped_us = unit.monotonic_us
