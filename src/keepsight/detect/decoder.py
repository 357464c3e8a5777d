"""Coded pictures to luma for the gate and colour for the detector; nothing is decoded unasked.

The deblocking filter is left out (a sixth of the cost, reference measurement 6.8 to 5.7 ms a second
at 640x360 and 10 frames/s); the detector does not miss it. A corrupt picture is counted, not fatal.
A decoded picture never leaves the process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from keepsight.detect.sight import Box
from keepsight.detect.unit import Unit

Luma = NDArray[np.uint8]
Colour = NDArray[np.uint8]

PICTURE_PIXELS_MAX: Final = 64 << 20
COLOUR_WIDTH_MAX: Final = 1280
"""Larger pictures are scaled down before the detector's windows are cut: its input is 384 wide."""
UNIT_BYTES_MAX: Final = 8 << 20
DELAYED_MAX: Final = 64
"""Pictures whose wall time is kept while the decoder puts them in order."""
_CODECS: Final = {"h264": "h264", "h265": "hevc"}
_TIME_BASE: Final = Fraction(1, 1_000_000)
_START_CODE: Final = b"\x00\x00\x00\x01"


class DecoderError(Exception):
    """The stream's codec cannot be decoded here."""


@dataclass(slots=True)
class DecodeCounts:
    """What the decoder did."""

    decoded: int = 0
    corrupt: int = 0
    resized: int = 0


def annex_b(data: bytes) -> bytes:
    """NAL units behind start codes, from those behind 4-byte lengths; Annex B stays as it is.

    Annex B is known by a start code of four bytes: one of three looks like a length of 256 to 511.
    A length that points past the end gives what there is: the decoder counts it as corrupt.
    """
    if data.startswith(_START_CODE):
        return data
    pieces, position = [], 0
    while position + 4 < len(data):
        begin = position + 4
        position = begin + int.from_bytes(data[position:begin])
        pieces += [_START_CODE, data[begin:position]]
    return b"".join(pieces)


class Picture:
    """One decoded picture; made small or coloured only when asked."""

    __slots__ = ("_colour", "_frame", "_scaler", "media_us", "wall_us")

    def __init__(self, frame: Any, scaler: VideoReformatter, media_us: int, wall_us: int) -> None:
        """Wrap a PyAV frame."""
        self._frame = frame
        self._scaler = scaler
        self._colour: Colour | None = None
        self.media_us = media_us
        self.wall_us = wall_us

    @property
    def frame(self) -> Any:
        """As PyAV gave it; whoever changes it changes a copy."""
        return self._frame

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self._frame.width)

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self._frame.height)

    def luma(self, width: int, height: int) -> Luma:
        """Brightness, scaled down by averaging."""
        small = self._scaler.reformat(
            self._frame, width=width, height=height, format="gray", interpolation="AREA", threads=1
        )
        luma: Luma = np.asarray(small.to_ndarray(), np.uint8)
        return luma

    def colour(self) -> Colour:
        """RGB, at most COLOUR_WIDTH_MAX wide; made once."""
        if self._colour is None:
            share = min(1.0, COLOUR_WIDTH_MAX / max(self.width, 1))
            size = (round(self.width * share), round(self.height * share))
            self._colour = self._frame.reformat(
                width=size[0], height=size[1], format="rgb24", interpolation="AREA", threads=1
            ).to_ndarray()
        return self._colour


def cut(colour: Colour, window: Box, width: int, height: int) -> Colour:
    """A window of a colour picture, stretched to width x height."""
    rows, columns = colour.shape[:2]
    left, right = round(window.left * columns), round(window.right * columns)
    top, bottom = round(window.top * rows), round(window.bottom * rows)
    top, left = min(top, max(rows - 2, 0)), min(left, max(columns - 2, 0))
    part = np.ascontiguousarray(colour[top : max(bottom, top + 2), left : max(right, left + 2)])
    frame = av.VideoFrame.from_ndarray(part, format="rgb24")
    made = frame.reformat(width=width, height=height, interpolation="AREA", threads=1)
    return np.asarray(made.to_ndarray(), np.uint8)


class Decoder:
    """Decodes one stream from a keyframe on. Not for several threads at once."""

    def __init__(
        self,
        codec: str,
        parameter_sets: Sequence[bytes] = (),
        *,
        file_context: Any = None,
        is_exact: bool = False,
    ) -> None:
        """Nothing is opened before the first picture.

        Args:
            codec: h264 or h265; with file_context FFmpeg's name for it.
            parameter_sets: NAL units without start codes, put before each keyframe.
            file_context: of a file: its own decoder; its packets are taken as they are.
            is_exact: keep the deblocking filter.

        Raises:
            DecoderError: this codec cannot be decoded here.
        """
        self.counts = DecodeCounts()
        self._name = _CODECS.get(codec, codec)
        self._is_nal = file_context is None
        self._head = b"".join(_START_CODE + each for each in parameter_sets)
        self._context = self._open() if file_context is None else file_context
        self._context.thread_count = 1
        if not is_exact:
            self._context.options = {"skip_loop_filter": "all"}
        self._size: tuple[int, int] | None = None
        self._scaler = VideoReformatter()
        self._wall_us: dict[int, int] = {}

    def _open(self) -> Any:
        try:
            return av.CodecContext.create(self._name, "r")
        except (ValueError, av.FFmpegError) as error:
            raise DecoderError(f"pictures coded as {self._name} cannot be decoded here") from error

    def restart(self) -> None:
        """Forget what was decoded: a keyframe, or the first picture after a break, comes next."""
        self._wall_us.clear()
        if self._context.is_open:
            self._context.flush_buffers()

    def decode(self, unit: Unit) -> Picture | None:
        """Decode one unit; the newest picture that it completes, in screen order, if any."""
        return self._newest(self._feed(unit))

    def decode_all(self, unit: Unit) -> list[Picture]:
        """Decode one unit; every picture that it completes, in screen order."""
        return [self._picture(frame) for frame in self._feed(unit)]

    def finish(self) -> Picture | None:
        """The newest picture that the decoder still holds back; then a keyframe must come."""
        found = self._newest(self._frames(None))
        self.restart()
        return found

    def finish_all(self) -> list[Picture]:
        """Every picture that the decoder still holds back; then a keyframe must come."""
        found = [self._picture(frame) for frame in self._frames(None)]
        self.restart()
        return found

    def _newest(self, frames: list[Any]) -> Picture | None:
        return self._picture(frames[-1]) if frames else None

    def _feed(self, unit: Unit) -> list[Any]:
        data = unit.data
        if not data or len(data) > UNIT_BYTES_MAX:
            self.counts.corrupt += 1
            return []
        if self._is_nal:
            data = (self._head if unit.is_keyframe else b"") + annex_b(data)
        packet = av.Packet(data)
        packet.pts = packet.dts = unit.media_us
        packet.time_base = _TIME_BASE
        self._wall_us[unit.media_us] = unit.wall_us
        while len(self._wall_us) > DELAYED_MAX:
            del self._wall_us[next(iter(self._wall_us))]
        return self._frames(packet)

    def _frames(self, packet: Any) -> list[Any]:
        try:
            frames = self._context.decode(packet)
        except (av.FFmpegError, ValueError):
            self.counts.corrupt += 1
            return []
        good = []
        for frame in frames:
            self.counts.decoded += 1
            if frame.is_corrupt or frame.width * frame.height > PICTURE_PIXELS_MAX:
                self.counts.corrupt += 1
            else:
                good.append(frame)
        return good

    def _picture(self, frame: Any) -> Picture:
        size = (frame.width, frame.height)
        if self._size is not None and size != self._size:
            self.counts.resized += 1
        self._size = size
        media_us = int(frame.pts or 0)
        return Picture(frame, self._scaler, media_us, self._wall_us.get(media_us, media_us))
