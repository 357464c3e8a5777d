"""One path of the server: samples in, RTP out to every viewer, each packet made once."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from keepsight.camera.media import VIDEO_CLOCK_RATE, Sample, Tracks
from keepsight.camera.packetize import (
    MTU_BYTES_DEFAULT,
    PAYLOAD_TYPE_VIDEO,
    Packetizer,
    RtpWriter,
    VideoPacketizer,
    audio_packetizer,
)
from keepsight.camera.rtcp import REPORT_SECONDS, SenderState, goodbye, sender_report
from keepsight.camera.sdp import AUDIO_CONTROL, VIDEO_CONTROL
from keepsight.core.clock import Clock

CONTROLS: Final = (VIDEO_CONTROL, AUDIO_CONTROL)
"""By track number: 0 is video, 1 is audio."""
CNAME: Final = "keepsight-camera"
SAMPLE_AGE_US_MAX: Final = 2_000_000
"""Older, or from the future: the source does not follow the real clock (a speed other than 1)."""


def interleave(channel: int, packet: bytes) -> bytes:
    """A packet on the control connection (RFC 2326, 10.12)."""
    return b"$" + bytes((channel,)) + len(packet).to_bytes(2) + packet


@dataclass(slots=True)
class Batch:
    """The packets of one sample, shared by all viewers."""

    track: int
    is_video: bool
    is_keyframe: bool
    packets: list[bytes]
    report: bytes | None = None
    """RTCP that goes in front, when one is due."""
    _by_channel: dict[int, bytes] = field(default_factory=dict)

    def interleaved(self, channel: int) -> bytes:
        """All of it for a TCP viewer whose RTP channel this is; RTCP on the next channel."""
        blob = self._by_channel.get(channel)
        if blob is None:
            head = interleave(channel + 1, self.report) if self.report else b""
            blob = head + b"".join(interleave(channel, packet) for packet in self.packets)
            self._by_channel[channel] = blob
        return blob


class Viewer(Protocol):
    """Somebody who plays a mount. Takes batches without waiting and without raising."""

    def send(self, batch: Batch) -> None:
        """One sample's packets."""
        ...

    def end(self, farewells: dict[int, bytes]) -> None:
        """The mount ends: RTCP BYE by track, then hang up."""
        ...


class _Track:
    """A track's packetizer and its sender report."""

    def __init__(self, packetizer: Packetizer, clock_rate: int) -> None:
        self._packetizer = packetizer
        self._clock_rate = clock_rate
        self._last: tuple[int, int] | None = None
        """Wall time in microseconds and media ticks of the newest sample."""
        self._report_due_us = 0

    @property
    def writer(self) -> RtpWriter:
        return self._packetizer.writer

    def packets(self, sample: Sample) -> list[bytes]:
        self._last = (sample.wall_us, sample.media_ticks)
        return self._packetizer.packets(sample.parts, sample.media_ticks)

    def report(self, now_us: int, clock_offset_us: int) -> bytes | None:
        """A sender report of this moment; None before the first sample.

        RFC 3550, 6.4.1: both times are those of sending, so the newest sample's are carried on.
        """
        if self._last is None:
            return None
        wall_us, media_ticks = self._last
        age_us = now_us - wall_us
        if not 0 <= age_us <= SAMPLE_AGE_US_MAX:
            age_us = 0
        writer = self.writer
        state = SenderState(
            writer.ssrc,
            wall_us + age_us + clock_offset_us,
            writer.rtp_ticks(media_ticks + age_us * self._clock_rate // 1_000_000),
            writer.packets,
            writer.payload_bytes,
        )
        return sender_report(state, CNAME)

    def is_report_due(self, monotonic_us: int) -> bool:
        """Whether REPORT_SECONDS passed since this last said yes."""
        is_due = monotonic_us >= self._report_due_us
        if is_due:
            self._report_due_us = monotonic_us + REPORT_SECONDS * 1_000_000
        return is_due


class Mount:
    """A stream that can be watched: its tracks, its viewers, and what they share."""

    def __init__(
        self,
        name: str,
        tracks: Tracks,
        *,
        mtu_bytes: int = MTU_BYTES_DEFAULT,
        is_aggregating: bool = False,
        clock_offset_us: int = 0,
    ) -> None:
        self.name = name
        self.tracks = tracks
        self._clock_offset_us = clock_offset_us
        video = VideoPacketizer(
            tracks.video,
            RtpWriter(PAYLOAD_TYPE_VIDEO),
            mtu_bytes=mtu_bytes,
            is_aggregating=is_aggregating,
        )
        self._tracks = [_Track(video, VIDEO_CLOCK_RATE)]
        if tracks.audio is not None:
            audio = audio_packetizer(tracks.audio, mtu_bytes=mtu_bytes)
            self._tracks.append(_Track(audio, tracks.audio.clock_rate))
        self._viewers: tuple[Viewer, ...] = ()

    @property
    def controls(self) -> tuple[str, ...]:
        """SDP control names of the tracks there are."""
        return CONTROLS[: len(self._tracks)]

    @property
    def viewers_count(self) -> int:
        """How many are playing."""
        return len(self._viewers)

    def attach(self, viewer: Viewer) -> None:
        """From now on `viewer` gets every batch."""
        if viewer not in self._viewers:
            self._viewers = (*self._viewers, viewer)

    def detach(self, viewer: Viewer) -> None:
        """No more; an unknown viewer is no error."""
        self._viewers = tuple(v for v in self._viewers if v is not viewer)

    def ssrc(self, track: int) -> int:
        """Of a track's packets."""
        return self._tracks[track].writer.ssrc

    def report(self, track: int, clock: Clock) -> bytes | None:
        """A sender report for somebody who just came; None before the first sample."""
        return self._tracks[track].report(clock.wall_us(), self._clock_offset_us)

    def publish(self, sample: Sample, clock: Clock) -> None:
        """Packetize once, give to every viewer."""
        number = 0 if sample.is_video else 1
        if number >= len(self._tracks):
            return
        track = self._tracks[number]
        packets = track.packets(sample)
        batch = Batch(number, sample.is_video, sample.is_keyframe, packets)
        if track.is_report_due(clock.monotonic_us()):
            batch.report = track.report(clock.wall_us(), self._clock_offset_us)
        for viewer in self._viewers:
            viewer.send(batch)

    def end(self) -> None:
        """Say goodbye to everybody."""
        farewells = {n: goodbye(track.writer.ssrc) for n, track in enumerate(self._tracks)}
        for viewer in self._viewers:
            viewer.end(farewells)
        self._viewers = ()
