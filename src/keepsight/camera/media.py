"""What a source gives to the server: tracks once, samples forever. Nouns only."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

VideoCodec = Literal["h264", "h265"]
AudioCodec = Literal["aac", "pcma", "pcmu", "opus"]

VIDEO_CLOCK_RATE: Final = 90_000
"""RTP ticks a second of every video track (RFC 6184, RFC 7798)."""
MAIN: Final = "main"
SUB: Final = "sub"


class SourceError(ValueError):
    """A file or scene that cannot be served, with what to do about it."""


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """What a receiver must know before the first picture."""

    codec: VideoCodec
    parameter_sets: tuple[bytes, ...]
    """NAL units without start codes: SPS, PPS for H.264; VPS, SPS, PPS for H.265."""
    width: int
    height: int
    frames_per_second: float


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """What a receiver must know before the first sound."""

    codec: AudioCodec
    sample_rate: int
    channels: int
    config: bytes = b""
    """AudioSpecificConfig (ISO 14496-3) for AAC; empty otherwise."""

    @property
    def clock_rate(self) -> int:
        """RTP ticks a second: Opus always counts in 48 kHz (RFC 7587)."""
        return 48_000 if self.codec == "opus" else self.sample_rate


@dataclass(frozen=True, slots=True)
class Tracks:
    """One stream: a picture, and perhaps its sound."""

    video: VideoTrack
    audio: AudioTrack | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture, or one frame of sound, at the moment it leaves the camera."""

    stream: str
    """MAIN or SUB."""
    is_video: bool
    media_ticks: int
    """Presentation time in the track's clock rate, from 0, never reset."""
    wall_us: int
    """When it was taken."""
    is_keyframe: bool
    parts: tuple[bytes, ...]
    """NAL units without start codes, parameter sets in front of a keyframe; or one audio frame."""


Emit = Callable[[Sample], None]


class Demand:
    """Which streams somebody watches, so that nothing is encoded for nobody. Shared by threads."""

    def __init__(self) -> None:
        self._watched: frozenset[str] = frozenset()
        self._keyframes: set[str] = set()
        self._lock = threading.Lock()

    def watch(self, stream: str) -> None:
        """A viewer came: it needs a keyframe to begin with."""
        with self._lock:
            self._watched |= {stream}
            self._keyframes.add(stream)

    def leave(self, stream: str) -> None:
        """The last viewer left."""
        with self._lock:
            self._watched -= {stream}

    def is_watched(self, stream: str) -> bool:
        """Whether to make samples of this stream at all."""
        return stream in self._watched

    def take_keyframe(self, stream: str) -> bool:
        """Whether the next picture must be a keyframe; asking answers it."""
        with self._lock:
            is_wanted = stream in self._keyframes
            self._keyframes.discard(stream)
            return is_wanted


class Source(Protocol):
    """Where samples come from. Runs in a thread of its own."""

    @property
    def streams(self) -> dict[str, Tracks]:
        """By name: MAIN, and SUB if there is one."""
        ...

    def run(self, emit: Emit, demand: Demand, stop: threading.Event) -> None:
        """Emit samples in decoding order at the pace of the real clock until `stop` is set."""
        ...
