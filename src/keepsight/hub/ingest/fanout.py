"""From one stream to its readers: recorder, live, later the detector.

Everything here runs in the event loop's thread. A reader takes what it is given at once and keeps
its own bounded queue; what overflow means is the reader's to say: the recorder's is a recorded gap,
a viewer's drops to the next keyframe, the detector's keeps only the newest GOP.
"""

import logging
from enum import StrEnum
from typing import Final, Protocol

from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat

log = logging.getLogger(__name__)
FAILED: Final = "%s: a reader failed and was detached, the others go on: %r"


class BreakReason(StrEnum):
    """Why a stream stopped. Becomes the reason of the gap on the timeline."""

    CONNECTION_LOST = "connection_lost"
    SILENT = "silent"
    STOPPED = "stopped"
    IDENTITY_CHANGED = "identity_changed"
    FORMAT_CHANGED = "format_changed"
    """No gap: the next unit belongs to a new segment."""
    CLOCK_JUMPED = "clock_jumped"
    """No gap in media: wall time jumped, a new segment starts."""
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason's name
    UNREACHABLE = "unreachable"
    DISK_FULL = "disk_full"
    DISK_ERROR = "disk_error"
    RECORDER_BEHIND = "recorder_behind"
    HUB_STOPPED = "hub_stopped"
    NOT_KEPT = "not_kept"
    """Recorded, and deleted because nothing happened, as the camera's recording rule says."""
    UNKNOWN = "unknown"


class Reader(Protocol):
    """Takes packets without waiting and without raising."""

    def on_format(self, stream_format: StreamFormat) -> None:
        """Called before the first unit and whenever the format changed."""
        ...

    def on_unit(self, unit: AccessUnit) -> None:
        """Called for each access unit, in decoding order."""
        ...

    def on_break(self, reason: BreakReason, wall_us: int) -> None:
        """The stream stopped, or what follows does not continue what came before."""
        ...


class Fanout:
    """One stream's readers. A reader that raises is detached and named in the log."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._readers: tuple[Reader, ...] = ()
        self.format: StreamFormat | None = None
        """Of the running stream; None while there is none."""

    def attach(self, reader: Reader) -> None:
        """Add a reader; it gets the current format at once, if there is one."""
        self._readers = (*self._readers, reader)
        if self.format is not None:
            reader.on_format(self.format)

    def detach(self, reader: Reader) -> None:
        """Remove a reader; unknown ones are no error."""
        self._readers = tuple(r for r in self._readers if r is not reader)

    def publish_format(self, stream_format: StreamFormat) -> None:
        """Tell every reader what follows."""
        self.format = stream_format
        for reader in self._readers:
            try:
                reader.on_format(stream_format)
            except Exception:
                log.exception(FAILED, self._name, reader)
                self.detach(reader)

    def publish(self, unit: AccessUnit) -> None:
        """Give one unit to every reader."""
        for reader in self._readers:
            try:
                reader.on_unit(unit)
            except Exception:
                log.exception(FAILED, self._name, reader)
                self.detach(reader)

    def publish_break(self, reason: BreakReason, wall_us: int) -> None:
        """Tell every reader that the stream stopped."""
        self.format = None
        for reader in self._readers:
            try:
                reader.on_break(reason, wall_us)
            except Exception:
                log.exception(FAILED, self._name, reader)
                self.detach(reader)
