"""Pictures to H.264, sound to AAC, with whatever encoder this machine's FFmpeg brings.

Runs in the simulated camera's own process only; design/decisions/0002-demo-encoder.md says why an
encoder is looked up by name at run time and never linked by the product.
"""

import logging
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from keepsight.camera.media import VIDEO_CLOCK_RATE, AudioTrack, SourceError, VideoTrack
from keepsight.camera.nal import (
    is_keyframe,
    read_extradata,
    split_annex_b,
    with_parameter_sets,
)

log = logging.getLogger(__name__)

GOP_SECONDS: Final = 2
_TIME_BASE: Final = Fraction(1, VIDEO_CLOCK_RATE)
_LIBX264_OPTIONS: Final = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "forced-idr": "1",
    "x264-params": "scenecut=0:aud=0",
}
ENCODERS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("h264_videotoolbox", {"realtime": "1"}),
    ("h264_v4l2m2m", {}),
    ("libx264", _LIBX264_OPTIONS),
)
"""In order of preference: the machine's own silicon first, software last."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture."""

    media_ticks: int
    is_keyframe: bool
    units: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class VideoShape:
    """What an encoder is asked for. Width and height are even."""

    width: int
    height: int
    frames_per_second: int
    bits_per_second: int
    is_bt709: bool = False
    """Written into the stream, so that players need not guess the colours."""


def _open_context(name: str, options: dict[str, str], shape: VideoShape) -> VideoCodecContext:
    context = av.CodecContext.create(name, "w")
    if not isinstance(context, VideoCodecContext):
        raise SourceError(f"{name} is not a video encoder")
    context.width, context.height = shape.width, shape.height
    context.pix_fmt = "yuv420p"
    context.time_base = _TIME_BASE
    context.framerate = Fraction(shape.frames_per_second)
    context.gop_size = shape.frames_per_second * GOP_SECONDS
    context.max_b_frames = 0
    context.bit_rate = shape.bits_per_second
    # One thread a stream: a camera is a small thing, and several run side by side.
    context.thread_count = 1
    context.flags |= Flags.global_header
    if shape.is_bt709:
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
    limits = {"maxrate": str(shape.bits_per_second * 2), "bufsize": str(shape.bits_per_second * 2)}
    context.options = {**options, **limits}
    context.open()
    return context


def _works(name: str, options: dict[str, str], shape: VideoShape) -> bool:
    """Whether this encoder truly encodes here: being listed, even being opened, proves little."""
    try:
        context = _open_context(name, options, shape)
        grey = av.VideoFrame(shape.width, shape.height, "yuv420p")
        for plane in grey.planes:
            plane.update(b"\x80" * plane.buffer_size)
        grey.pts = 0
        grey.time_base = _TIME_BASE
        return bool([*context.encode(grey), *context.encode(None)])
    except (av.error.FFmpegError, OSError, ValueError) as error:
        log.debug("encoder %s does not work here: %s", name, error)
        return False


def choose_encoder(shape: VideoShape) -> tuple[str, dict[str, str]]:
    """The first of ENCODERS that encodes a picture on this machine.

    Raises:
        SourceError: none does.
    """
    for name, options in ENCODERS:
        if name in av.codecs_available and _works(name, options, shape):
            return name, options
    raise SourceError(
        "this FFmpeg has no working H.264 encoder; serve a file that holds H.264 (--clip)"
    )


class VideoEncoder:
    """Encodes one stream: GOPs of GOP_SECONDS, no B pictures, parameter sets in each keyframe."""

    def __init__(self, shape: VideoShape) -> None:
        name, options = choose_encoder(shape)
        log.info("encoding %dx%d with %s", shape.width, shape.height, name)
        self._context = _open_context(name, options, shape)
        sets, _ = read_extradata("h264", self._context.extradata or b"")
        self.track = VideoTrack(
            "h264", sets, shape.width, shape.height, float(shape.frames_per_second)
        )

    def encode(
        self, frame: av.VideoFrame, media_ticks: int, *, is_keyframe_wanted: bool = False
    ) -> list[Picture]:
        """Encode one yuv420p frame of the right size; the encoder keeps no reference to it."""
        frame.pts = media_ticks
        frame.time_base = _TIME_BASE
        frame.pict_type = PictureType.I if is_keyframe_wanted else PictureType.NONE
        pictures = []
        for packet in self._context.encode(frame):
            units = split_annex_b("h264", bytes(packet))
            is_key = is_keyframe("h264", units)
            if is_key:
                units = with_parameter_sets("h264", units, self.track.parameter_sets)
            ticks = media_ticks if packet.pts is None else packet.pts
            pictures.append(Picture(ticks, is_key, units))
        return pictures


class AacEncoder:
    """Mono AAC-LC by FFmpeg's own encoder."""

    frame_samples: Final = 1024

    def __init__(self, sample_rate: int, bits_per_second: int = 32_000) -> None:
        context: Any = av.CodecContext.create("aac", "w")
        context.sample_rate = sample_rate
        context.layout = "mono"
        context.format = "fltp"
        context.bit_rate = bits_per_second
        context.flags |= Flags.global_header
        context.open()
        self._context = context
        self.track = AudioTrack("aac", sample_rate, 1, bytes(context.extradata or b""))

    def encode(self, samples: NDArray[np.float32], media_ticks: int) -> list[tuple[int, bytes]]:
        """Encode 1024 samples (in -1..1) that begin at `media_ticks`: ticks and raw AAC frames."""
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, :], format="fltp", layout="mono")
        frame.sample_rate = self.track.sample_rate
        frame.time_base = Fraction(1, self.track.sample_rate)
        frame.pts = media_ticks
        return [(packet.pts, bytes(packet)) for packet in self._context.encode(frame)]
