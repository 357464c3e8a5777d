"""A small picture as JPEG, by FFmpeg's own MJPEG encoder: x264 and its licence are not involved."""

from fractions import Fraction
from typing import Any, Final, cast

import av
import numpy as np

from keepsight.detect.decoder import Colour

JPEG_BYTES_MAX: Final = 256 << 10
"""As the hub takes it: design/wire.md, section 9."""
QUALITIES: Final = (4, 10, 24)
"""MJPEG quantisers, tried until the picture is small enough; 2 is best, 31 worst."""


def _coded(frame: Any, quality: int) -> bytes:
    encoder = cast("Any", av.CodecContext.create("mjpeg", "w"))
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1
    encoder.options = {"qmin": str(quality), "qmax": str(quality)}
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


def jpeg_of(picture: Colour) -> bytes:
    """RGB of even width and height as JPEG of at most JPEG_BYTES_MAX; b"" if that cannot be."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    frame = frame.reformat(format="yuvj420p", threads=1)
    frame.pts = 0
    for quality in QUALITIES:
        coded = _coded(frame, quality)
        if len(coded) <= JPEG_BYTES_MAX:
            return coded
    return b""
