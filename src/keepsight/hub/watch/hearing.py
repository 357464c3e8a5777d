"""The sound of one camera on its way to the watcher, where its owner wants it listened to.

A reader on main's fan-out beside those of the pictures. It keeps nothing: what cannot be written at
once is left out, and the watcher sees by the times that something is missing.
"""

import base64
from collections.abc import Callable
from typing import Any, Final

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.watch.outlet import Outlet
from keepsight.hub.watch.reader import MediaTime
from keepsight.hub.watch.wire import pack_sound
from keepsight.hub.watching import Watching
from keepsight.lan.rtsp.unit import AccessUnit, AudioFormat, StreamFormat

SOUND_BYTES_MAX: Final = 16 << 10
"""Of one packet; the watcher takes no larger one."""


def sound_config(audio: AudioFormat | None, watching: Watching) -> dict[str, Any] | None:
    """The `sound` of a CAMERA message; None where nobody listens, or there is no sound."""
    if audio is None or not watching.sounds:
        return None
    return {
        "codec": audio.codec,
        "config": base64.b64encode(audio.config).decode(),
        "rate": audio.sample_rate,
        "channels": audio.channels,
        "kinds": list(watching.sounds),
    }


class SoundReader:
    """Takes the sound of main. `on_change` is called when there is another format, or none."""

    def __init__(self, camera: bytes, outlet: Outlet, on_change: Callable[[], None]) -> None:
        self._camera = camera
        self._outlet = outlet
        self._on_change = on_change
        self._time = MediaTime()
        self.is_wanted = False
        """Whether the watcher was told this format, and listens."""
        self.audio: AudioFormat | None = None
        """None while there is no sound."""
        self.sent = 0
        self.dropped = 0

    def on_format(self, stream_format: StreamFormat) -> None:
        """See `hub.ingest.fanout.Reader`."""
        if stream_format.audio != self.audio:
            self.is_wanted = False
            self.audio = stream_format.audio
            self._on_change()

    def on_break(self, reason: BreakReason, wall_us: int) -> None:
        """See `hub.ingest.fanout.Reader`. The format stays: the next one says if it is another."""
        del reason, wall_us
        self._time.restart()

    def on_unit(self, unit: AccessUnit) -> None:
        """See `hub.ingest.fanout.Reader`."""
        if unit.is_video or not self.is_wanted or self.audio is None:
            return
        if not self._outlet.is_open:
            return
        if self._outlet.is_full or unit.size_bytes > SOUND_BYTES_MAX:
            self.dropped += 1
            return
        media_us = self._time.at(unit.media_ticks, self.audio.clock_rate, unit.monotonic_us)
        parts = pack_sound(self._camera, media_us, unit.wall_us, unit.parts, unit.size_bytes)
        if self._outlet.write(*parts, size_bytes=unit.size_bytes):
            self.sent += 1
        else:
            self.dropped += 1
