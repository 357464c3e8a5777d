"""A camera as the household knows it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from keepsight.core.destination import Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub.watching import Watching
from keepsight.seal.header import Stream

Transport = Literal["auto", "tcp", "udp"]
RecordingMode = Literal["continuous", "events", "both"]
PRE_ROLL_SECONDS_MIN: Final = 5
ROLL_SECONDS_MAX: Final = 120


class StreamState(StrEnum):
    """What one stream is doing right now. Each has a sentence in the UI's catalogue."""

    STARTING = "starting"
    """Connecting for the first time."""
    RUNNING = "running"
    SILENT = "silent"
    """Connected, but nothing arrives."""
    UNREACHABLE = "unreachable"
    """No connection: host, port or network."""
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a state's name
    """The camera refused the credentials; not tried again until they change or an hour passed."""
    NOT_FOUND = "not_found"
    """The camera answers, but not at this path."""
    UNSUPPORTED = "unsupported"
    """No video track, or a codec we cannot carry."""
    NOT_RTSP = "not_rtsp"
    """Something answers that does not speak RTSP."""
    REFUSED = "refused"
    """The camera answered with another RTSP error, e.g. too many sessions."""
    IDENTITY_CHANGED = "identity_changed"
    """Another device answers at this address: sealing is stopped until the owner decides."""
    STOPPED = "stopped"
    """Switched off by the owner."""
    HIDDEN = "hidden"
    """Of stills only: the privacy masks cannot be applied, so no picture is shown."""


@dataclass(frozen=True, slots=True)
class StreamSource:
    """Where one stream of a camera comes from. Credentials are kept apart, encrypted."""

    stream: Stream
    destination: Destination
    transport: Transport = "auto"


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """What is kept, and for how long.

    Everything is written first, because an event needs what was before it. What the mode does not
    want is deleted soon after.
    """

    is_recording: bool = True
    mode: RecordingMode = "continuous"
    """continuous: everything for retention_days. events: only what is around events, for
    event_retention_days. both: each for its own days."""
    retention_days: int | None = None
    """None: the household's default."""
    event_retention_days: int | None = None
    """None: as retention_days. With both, never fewer than those."""
    pre_roll_seconds: int = 10
    """Kept before an event, PRE_ROLL_SECONDS_MIN at least."""
    post_roll_seconds: int = 10
    bytes_max: int | None = None
    """None: no limit of its own."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A source; its main and sub streams."""

    camera_id: bytes
    """16 random bytes."""
    name: str
    room: str
    sources: tuple[StreamSource, ...]
    identity: DeviceFacts
    """Pinned when the camera was added."""
    rule: RecordingRule
    added_us: int
    is_trial: bool = False
    """Looked at in the add-camera wizard; not recorded, gone after ten minutes unless kept."""
    vendor: str = ""
    """Who makes it, as the owner wrote it or the camera said: suspensions go by it."""
    model: str = ""
    watching: Watching = field(default_factory=Watching)

    def source(self, stream: Stream) -> StreamSource | None:
        """The source of a stream, if the camera has it."""
        return next((s for s in self.sources if s.stream is stream), None)
