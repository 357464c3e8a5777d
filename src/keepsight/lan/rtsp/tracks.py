"""From a session description to the tracks we receive, and from their output to access units."""

from typing import Protocol

from keepsight.core.clock import Clock
from keepsight.lan.rtsp.dialogue import UnsupportedError
from keepsight.lan.rtsp.h264 import H264Depacketizer
from keepsight.lan.rtsp.h265 import H265Depacketizer
from keepsight.lan.rtsp.rtp import Depacketizer, FragmentRun, RtpTrack
from keepsight.lan.rtsp.sdp import Sdp, Track
from keepsight.lan.rtsp.sound import AacDepacketizer, PlainDepacketizer, audio_format
from keepsight.lan.rtsp.sps import ParameterSetError
from keepsight.lan.rtsp.timebase import JumpReason, Timebase
from keepsight.lan.rtsp.unit import AccessUnit, AudioFormat, Buffer, StreamFormat, VideoFormat


class StreamSink(Protocol):
    """Takes what one stream carries. Never waits and never raises."""

    def on_format(self, stream_format: StreamFormat) -> None:
        """Called before the first unit, and again when the pictures' format changed."""
        ...

    def on_unit(self, unit: AccessUnit) -> None:
        """One picture or frame of sound; nothing comes before the first keyframe."""
        ...

    def on_jump(self, reason: JumpReason) -> None:
        """Wall time or media time of what follows does not continue what came before."""
        ...


class Tracks:
    """The video track and, if there is one we can carry, the audio track."""

    def __init__(
        self, sdp: Sdp, clock: Clock, sink: StreamSink, run: FragmentRun, *, has_sound: bool
    ) -> None:
        video = sdp.video()
        if video is None:
            raise _nothing_to_carry(sdp)
        if video.fmtp.get("packetization-mode") == "2" or (
            video.fmtp.get("sprop-max-don-diff", "0").strip("0")
        ):
            raise UnsupportedError("the camera interleaves its packets", video.codec_name)
        self.video_track: Track = video
        self._clock = clock
        self._sink = sink
        self.timebase = Timebase()
        make = H264Depacketizer if video.video_codec == "h264" else H265Depacketizer
        self._pictures = make(run, self, video.parameter_sets())
        try:
            announced = self._pictures.announced_format()
        except ParameterSetError as error:
            raise UnsupportedError(str(error), video.codec_name) from error
        self.video_rtp = RtpTrack(video.payload_type, self._pictures, run)
        self._video_time = self.timebase.track(90_000, is_video=True)
        self._prepare_sound(sdp.audio() if has_sound else None)
        others = [track.codec_name for track in sdp.tracks if track.kind == "audio"]
        self.sound_ignored = "" if self.audio or not has_sound else ", ".join(others)
        """Codecs of sound tracks that we cannot carry."""
        self.format = StreamFormat(announced, self.audio) if announced else None
        """As announced, then as sent; None until the camera sent its parameter sets."""
        self._is_started = False
        self.unit_monotonic_us = clock.monotonic_us()
        """When the last picture came."""
        self.units = 0
        """Pictures and frames of sound, all in all."""
        self.unit_bytes = 0

    def _prepare_sound(self, track: Track | None) -> None:
        self.audio: AudioFormat | None = audio_format(track) if track else None
        self.audio_track = track if self.audio else None
        self.audio_rtp: RtpTrack | None = None
        if track is None or self.audio is None:
            return
        sound: Depacketizer
        if self.audio.codec == "aac":
            sound = AacDepacketizer(self, self.audio, track.fmtp)
        else:
            sound = PlainDepacketizer(self)
        self.audio_rtp = RtpTrack(track.payload_type, sound, FragmentRun())
        self._audio_time = self.timebase.track(self.audio.clock_rate, is_video=False)

    def on_sender_report(self, *, is_video: bool, camera_wall_us: int, stamp: int) -> None:
        """Pass a sender report on to the timeline."""
        time = self._video_time if is_video else self._audio_time
        time.on_sender_report(stamp, camera_wall_us, self._clock.wall_us())

    def on_video_format(self, video: VideoFormat, reorder_pictures: int) -> None:
        """See `picture.PictureSink`."""
        self.format = StreamFormat(video, self.audio)
        self._video_time.order.set_depth(reorder_pictures)
        self._is_started = True
        self._sink.on_format(self.format)

    def on_picture(
        self,
        stamp: int,
        parts: list[Buffer],
        size_bytes: int,
        *,
        is_keyframe: bool,
        is_after_loss: bool,
    ) -> None:
        """See `picture.PictureSink`."""
        wall_us, monotonic_us = self._clock.wall_us(), self._clock.monotonic_us()
        self.unit_monotonic_us = monotonic_us
        if not self._is_started:
            return
        at = self._video_time.stamp(stamp, wall_us, monotonic_us)
        if self.timebase.jumped is not None:
            self._tell_jump(self.timebase.jumped)
        self.units += 1
        self.unit_bytes += size_bytes
        self._sink.on_unit(
            AccessUnit(
                True,
                at.media_ticks,
                at.wall_us,
                monotonic_us,
                is_keyframe,
                parts,
                size_bytes,
                at.is_sender_time,
                is_after_loss,
                at.composition_ticks,
            )
        )

    def on_sound(
        self, stamp: int, parts: list[Buffer], size_bytes: int, *, is_after_loss: bool
    ) -> None:
        """See `sound.SoundSink`."""
        if not self._is_started:
            return
        wall_us, monotonic_us = self._clock.wall_us(), self._clock.monotonic_us()
        at = self._audio_time.stamp(stamp, wall_us, monotonic_us)
        if self.timebase.jumped is not None:
            self._tell_jump(self.timebase.jumped)
        self.units += 1
        self.unit_bytes += size_bytes
        self._sink.on_unit(
            AccessUnit(
                False,
                at.media_ticks,
                at.wall_us,
                monotonic_us,
                False,
                parts,
                size_bytes,
                at.is_sender_time,
                is_after_loss,
            )
        )

    def _tell_jump(self, reason: JumpReason) -> None:
        self.timebase.jumped = None
        self._sink.on_jump(reason)


def _nothing_to_carry(sdp: Sdp) -> UnsupportedError:
    videos = [track for track in sdp.tracks if track.kind == "video"]
    if not videos:
        return UnsupportedError("the stream has no video track")
    codec = videos[0].codec_name or f"payload type {videos[0].payload_type}"
    return UnsupportedError(
        f"the camera sends {codec}; set its stream to H.264 or H.265", codec=codec
    )
