"""What comes out of a camera: formats once, access units forever. Nouns only."""

from dataclasses import dataclass, field
from typing import Literal

VideoCodec = Literal["h264", "h265"]
AudioCodec = Literal["aac", "pcma", "pcmu", "opus"]
Buffer = bytes | memoryview


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """Everything needed to decode the pictures that follow. A change of it starts a new segment."""

    codec: VideoCodec
    width: int
    """Pixels, after cropping."""
    height: int
    parameter_sets: tuple[bytes, ...]
    """NAL units without start codes: SPS, PPS for H.264; VPS, SPS, PPS for H.265."""
    codec_string: str
    """RFC 6381, e.g. avc1.640028 or hvc1.1.6.L120.90."""
    clock_rate: int = 90_000
    """RTP ticks a second."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Everything needed to decode the sound that follows."""

    codec: AudioCodec
    sample_rate: int
    channels: int
    config: bytes
    """AudioSpecificConfig for AAC; empty otherwise."""
    codec_string: str
    """mp4a.40.2, alaw, ulaw or opus."""
    clock_rate: int
    """RTP ticks a second."""


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """The tracks of one RTSP stream."""

    video: VideoFormat
    audio: AudioFormat | None = None


@dataclass(slots=True)
class AccessUnit:
    """One picture, or one frame of sound.

    Video `parts` joined are an MP4 sample: NAL units, each behind its 4-byte big-endian length,
    without parameter sets and access unit delimiters. Audio parts joined are one raw AAC frame, one
    Opus packet, or G.711 bytes. Parts may be views into receive buffers: join them before keeping
    them longer than a few GOPs.
    """

    is_video: bool
    media_ticks: int
    """RTP timestamp, extended to 64 bits and never reset within a session; in clock_rate ticks."""
    wall_us: int
    """When it was taken, by the stream's timebase (design/time.md)."""
    monotonic_us: int
    """When its last packet arrived."""
    is_keyframe: bool
    parts: list[Buffer]
    size_bytes: int
    """Sum of the parts' lengths."""
    is_sender_time: bool = False
    """wall_us follows the camera's RTCP sender reports."""
    is_after_loss: bool = False
    """Packets were lost since the unit before; frames up to the next keyframe may be broken."""
    composition_ticks: int = field(default=0)
    """Presentation minus decoding time; 0 unless the camera sends B pictures."""

    def join(self) -> bytes:
        """The whole sample as one bytes object."""
        return b"".join(self.parts)
