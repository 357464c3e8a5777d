"""The best picture of a visit, as the only decoded picture that leaves the process: a small JPEG.

Privacy masks are black in it before it is coded. FFmpeg's own MJPEG encoder makes it; x264 and its
licence are not involved.
"""

from fractions import Fraction
from typing import Any, Final, cast

import av
import numpy as np

from keepsight.detect.decoder import Colour, Picture
from keepsight.detect.lowlight import lifted
from keepsight.detect.masks import mask_of
from keepsight.detect.zones import Point

SNAPSHOT_WIDTH_MAX: Final = 640
SNAPSHOT_BYTES_MAX: Final = 256 << 10
QUALITIES: Final = (4, 10, 24)
"""MJPEG quantisers, tried until the picture is small enough; 2 is best, 31 worst."""


def _jpeg(frame: Any, quality: int) -> bytes:
    encoder = cast("Any", av.CodecContext.create("mjpeg", "w"))
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1
    encoder.options = {"qmin": str(quality), "qmax": str(quality)}
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


def snapshot(
    picture: Picture, privacy_masks: tuple[tuple[Point, ...], ...], *, is_lifted: bool = True
) -> bytes:
    """A JPEG of at most SNAPSHOT_WIDTH_MAX pixels and SNAPSHOT_BYTES_MAX bytes; b"" if none can be.

    Args:
        picture: as decoded.
        privacy_masks: polygons to blacken.
        is_lifted: make a dark picture brighter.
    """
    colour = picture.colour()
    share = min(1.0, SNAPSHOT_WIDTH_MAX / colour.shape[1])
    width, height = (
        max(2, int(size * share) // 2 * 2) for size in (colour.shape[1], colour.shape[0])
    )
    small: Colour = np.array(
        av.VideoFrame.from_ndarray(np.ascontiguousarray(colour), format="rgb24")
        .reformat(width=width, height=height, interpolation="AREA", threads=1)
        .to_ndarray(),
        np.uint8,
    )
    small = lifted(small) if is_lifted else small
    if privacy_masks:
        small = small.copy()
        small[mask_of(privacy_masks, width, height)] = 0
    frame = av.VideoFrame.from_ndarray(small, format="rgb24").reformat(format="yuvj420p", threads=1)
    frame.pts = 0
    for quality in QUALITIES:
        coded = _jpeg(frame, quality)
        if len(coded) <= SNAPSHOT_BYTES_MAX:
            return coded
    return b""
