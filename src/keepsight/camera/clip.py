"""A file as a camera: copied where its codecs are ours, else encoded; looped forever.

Any file that FFmpeg reads. Timestamps go on over the joint of two rounds, as if the film were
endless.
"""

import heapq
import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av

from keepsight.camera.encode import VideoEncoder, VideoShape
from keepsight.camera.media import (
    MAIN,
    SUB,
    VIDEO_CLOCK_RATE,
    AudioCodec,
    AudioTrack,
    Demand,
    Emit,
    Sample,
    SourceError,
    Tracks,
    VideoCodec,
    VideoTrack,
)
from keepsight.camera.nal import (
    is_keyframe,
    is_parameter_set,
    read_extradata,
    split_annex_b,
    split_sample,
    with_parameter_sets,
)
from keepsight.camera.pace import Pace
from keepsight.core.clock import Clock

log = logging.getLogger(__name__)

VIDEO_CODECS: Final[dict[str, VideoCodec]] = {"h264": "h264", "hevc": "h265"}
AUDIO_CODECS: Final[dict[str, AudioCodec]] = {
    "aac": "aac",
    "opus": "opus",
    "pcm_alaw": "pcma",
    "pcm_mulaw": "pcmu",
}
LOOKAHEAD_PACKETS: Final = 128
"""Packets are sorted over this many: files may interleave sound and picture coarsely."""
PROBE_PACKETS_MAX: Final = 256
BEHIND_PACKETS_MAX: Final = 600
BEHIND_BYTES_MAX: Final = 32 << 20
"""Kept since the film's last keyframe, for the viewer who comes next: some films have one in half a
minute. Beyond that the viewer waits for the next."""
SUB_WIDTH: Final = 640
BITS_PER_PIXEL: Final = 0.12
"""Of what we encode ourselves."""
FRAMES_PER_SECOND_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class _Packet:
    """A demuxed packet in seconds from the beginning of the film."""

    is_video: bool
    show_seconds: Fraction
    decode_seconds: Fraction
    duration_seconds: Fraction
    av_packet: Any


@dataclass(frozen=True, slots=True)
class _Probed:
    """What was found in the file."""

    video: VideoTrack | None
    """None: the codec is not ours, the pictures are encoded anew."""
    length_bytes: int
    audio: AudioTrack | None
    width: int
    height: int
    frames_per_second: int
    first_seconds: Fraction
    """Presentation time of the first picture in the file."""


def _open(path: Path) -> Any:
    try:
        return av.open(str(path), "r")
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"{path.name} cannot be read as a film: {error}") from error


def _sets_in_band(container: Any, stream: Any, codec: VideoCodec) -> tuple[bytes, ...]:
    for number, packet in enumerate(container.demux(stream)):
        units = split_annex_b(codec, bytes(packet))
        sets = tuple(unit for unit in units if is_parameter_set(codec, unit))
        if sets or number >= PROBE_PACKETS_MAX:
            return sets
    return ()


def _probe_audio(container: Any) -> AudioTrack | None:
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        return None
    context = stream.codec_context
    codec, config = AUDIO_CODECS.get(context.name), bytes(context.extradata or b"")
    if codec is None or (codec == "aac" and not config):
        log.warning("the clip's sound (%s) is not carried and left out", context.name)
        return None
    return AudioTrack(
        codec, context.sample_rate, context.channels, config if codec == "aac" else b""
    )


def _probe(path: Path) -> _Probed:
    with _open(path) as container:
        stream = next(iter(container.streams.video), None)
        if stream is None:
            raise SourceError(f"{path.name} holds no video track")
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        shape = (stream.codec_context.width, stream.codec_context.height)
        frames = max(1, min(FRAMES_PER_SECOND_MAX, round(rate)))
        first = Fraction((stream.start_time or 0) * stream.time_base)
        audio = _probe_audio(container)
        codec = VIDEO_CODECS.get(stream.codec_context.name)
        if codec is None:
            return _Probed(None, 0, audio, *shape, frames, first)
        extradata = bytes(stream.codec_context.extradata or b"")
        sets, length_bytes = read_extradata(codec, extradata)
        sets = sets or _sets_in_band(container, stream, codec)
        if not sets:
            raise SourceError(f"{path.name}: no parameter sets found; remux it with ffmpeg -c copy")
        video = VideoTrack(codec, sets, *shape, float(rate))
        return _Probed(video, length_bytes, audio, *shape, frames, first)


def _even(number: float) -> int:
    return max(2, round(number / 2) * 2)


def _encoder(probed: _Probed, width: int) -> VideoEncoder:
    width = _even(min(width, probed.width))
    height = _even(probed.height * width / probed.width)
    frames = probed.frames_per_second
    bits_per_second = max(200_000, round(width * height * frames * BITS_PER_PIXEL))
    return VideoEncoder(VideoShape(width, height, frames, bits_per_second))


def _in_decoding_order(packets: Iterable[_Packet]) -> Iterator[_Packet]:
    heap: list[tuple[Fraction, int, _Packet]] = []
    for number, packet in enumerate(packets):
        heapq.heappush(heap, (packet.decode_seconds, number, packet))
        if len(heap) > LOOKAHEAD_PACKETS:
            yield heapq.heappop(heap)[2]
    while heap:
        yield heapq.heappop(heap)[2]


class Clip:
    """A source that plays a file round after round."""

    def __init__(
        self, path: Path, clock: Clock, *, speed: float = 1.0, has_sub: bool = False
    ) -> None:
        """Look into the file.

        Raises:
            SourceError: not a film, no video track, or no encoder for what would need one.
        """
        if not 0.01 <= speed <= 1000:
            raise SourceError("the speed must lie between 0.01 and 1000")
        self._path = path
        self._clock = clock
        self._speed = speed
        self._probed = _probe(path)
        self._main = None if self._probed.video else _encoder(self._probed, self._probed.width)
        self._sub = _encoder(self._probed, SUB_WIDTH) if has_sub else None
        video = self._probed.video or (self._main.track if self._main else None)
        if video is None:
            raise SourceError(f"{path.name} cannot be served")
        self.streams = {MAIN: Tracks(video, self._probed.audio)}
        if self._sub is not None:
            self.streams[SUB] = Tracks(self._sub.track)

    def run(self, emit: Emit, demand: Demand, stop: threading.Event) -> None:
        """Play until stopped."""
        pace = Pace(self._clock, stop, self._speed)
        round_ = _Round(self, emit, demand, pace)
        while not stop.is_set():
            if not round_.play():
                return

    def packets(self) -> Iterator[_Packet]:
        """One round, from 0, in decoding order.

        Raises:
            SourceError: the file went away.
        """
        with _open(self._path) as container:
            video = container.streams.video[0]
            chosen = [video]
            if self._probed.audio is not None:
                chosen.append(container.streams.audio[0])
            yield from _in_decoding_order(self._demux(container, chosen))

    def _demux(self, container: Any, chosen: list[Any]) -> Iterator[_Packet]:
        frame, first = Fraction(1, self._probed.frames_per_second), self._probed.first_seconds
        untimed = 0
        for packet in container.demux(chosen):
            if packet.size == 0:
                continue
            is_video, base = packet.stream.type == "video", packet.time_base
            if packet.pts is None:
                # A bare elementary stream has no times: its frame rate is all there is.
                shown = frame * untimed
                untimed += 1
                yield _Packet(is_video, shown, shown, frame, packet)
                continue
            duration = packet.duration * base if packet.duration else frame * is_video
            dts = packet.pts if packet.dts is None else packet.dts
            yield _Packet(
                is_video, packet.pts * base - first, dts * base - first, Fraction(duration), packet
            )

    def units(self, packet: Any) -> tuple[bytes, ...]:
        """NAL units of a copied picture, parameter sets in front of a keyframe."""
        track = self._probed.video
        if track is None:
            return ()
        if self._probed.length_bytes:
            units = split_sample(track.codec, bytes(packet), self._probed.length_bytes)
        else:
            units = split_annex_b(track.codec, bytes(packet))
        if is_keyframe(track.codec, units):
            units = with_parameter_sets(track.codec, units, track.parameter_sets)
        return units

    @property
    def encoders(self) -> dict[str, VideoEncoder]:
        """What has to be encoded, by stream."""
        pairs = ((MAIN, self._main), (SUB, self._sub))
        return {name: encoder for name, encoder in pairs if encoder is not None}

    @property
    def copied(self) -> VideoTrack | None:
        """The track whose pictures go out as they are."""
        return self._probed.video

    @property
    def first_seconds(self) -> Fraction:
        """Presentation time of the first picture in the file."""
        return self._probed.first_seconds

    @property
    def audio(self) -> AudioTrack | None:
        """The sound that goes out as it is."""
        return self._probed.audio


class _Round:
    """Plays one round after the other on one endless timeline."""

    def __init__(self, clip: Clip, emit: Emit, demand: Demand, pace: Pace) -> None:
        self._clip = clip
        self._emit = emit
        self._demand = demand
        self._pace = pace
        self._origin = Fraction(0)
        """Where this round begins on the endless timeline, in seconds."""
        self._sound_end = Fraction(0)
        self._is_decoding = False
        self._behind: list[Any] = []
        """Packets since the last keyframe, decoded or not."""
        self._behind_bytes = 0

    def play(self) -> bool:
        """One round; False when the source shall stop."""
        end = Fraction(0)
        self._behind.clear()
        for packet in self._clip.packets():
            due = self._origin + max(Fraction(0), packet.decode_seconds)
            wall_us = self._pace.wait(round(due * 1_000_000))
            if wall_us is None:
                return False
            show = self._origin + packet.show_seconds
            wall_us += round((show - due) * 1_000_000)
            if packet.is_video:
                end = max(end, packet.show_seconds + packet.duration_seconds)
                self._picture(packet, show, wall_us)
            else:
                self._sound(packet, show, wall_us)
        if end <= 0:
            raise SourceError("the clip holds no pictures")
        self._origin += end
        return True

    def _picture(self, packet: _Packet, show: Fraction, wall_us: int) -> None:
        ticks = round(show * VIDEO_CLOCK_RATE)
        track = self._clip.copied
        if track is not None and self._demand.is_watched(MAIN):
            units = self._clip.units(packet.av_packet)
            if units:
                is_key = is_keyframe(track.codec, units)
                self._emit(Sample(MAIN, True, ticks, wall_us, is_key, units))
        if not any(self._demand.is_watched(name) for name in self._clip.encoders):
            self._is_decoding = False
        elif self._is_decoding or self._catch_up(packet.av_packet):
            for frame in packet.av_packet.decode():
                # The decoder may return pictures later than it was fed: their own time is kept.
                seconds = Fraction(frame.pts * frame.time_base) - self._clip.first_seconds
                taken = self._origin + seconds
                self._encode(frame, taken, wall_us + round((taken - show) * 1_000_000))
        self._keep(packet.av_packet)

    def _keep(self, packet: Any) -> None:
        """Keep what the first picture of the next viewer builds on."""
        if packet.is_keyframe:
            self._behind, self._behind_bytes = [packet], packet.size
        elif self._behind:
            self._behind.append(packet)
            self._behind_bytes += packet.size
            if len(self._behind) > BEHIND_PACKETS_MAX or self._behind_bytes > BEHIND_BYTES_MAX:
                self._behind.clear()

    def _catch_up(self, packet: Any) -> bool:
        """Decode up to here; False while there is no keyframe to begin with."""
        if not packet.is_keyframe:
            for behind in self._behind:
                behind.decode()
        self._is_decoding = packet.is_keyframe or bool(self._behind)
        return self._is_decoding

    def _encode(self, frame: av.VideoFrame, show: Fraction, wall_us: int) -> None:
        ticks = round(show * VIDEO_CLOCK_RATE)
        for name, encoder in self._clip.encoders.items():
            if not self._demand.is_watched(name):
                continue
            scaled = frame.reformat(encoder.track.width, encoder.track.height, "yuv420p")
            is_wanted = self._demand.take_keyframe(name)
            for picture in encoder.encode(scaled, ticks, is_keyframe_wanted=is_wanted):
                is_key, units = picture.is_keyframe, picture.units
                self._emit(Sample(name, True, picture.media_ticks, wall_us, is_key, units))

    def _sound(self, packet: _Packet, show: Fraction, wall_us: int) -> None:
        track = self._clip.audio
        # At the joint a frame of sound may overlap the round before by a part of its length.
        is_overlapping = show + packet.duration_seconds / 2 < self._sound_end
        if track is None or is_overlapping or not self._demand.is_watched(MAIN):
            return
        self._sound_end = show + packet.duration_seconds
        ticks = round(show * track.clock_rate)
        self._emit(Sample(MAIN, False, ticks, wall_us, False, (bytes(packet.av_packet),)))
