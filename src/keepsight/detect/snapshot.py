"""The best picture of a visit, and stills of a camera that has privacy masks: small JPEGs.

With the preview strip (preview.py) the only decoded pictures that leave the process. Privacy masks
are black in them before they are coded.
"""

from typing import Final

import av
import numpy as np

from keepsight.detect.decoder import Colour, Picture
from keepsight.detect.jpeg import jpeg_of
from keepsight.detect.lowlight import lifted
from keepsight.detect.masks import Veil

SNAPSHOT_WIDTH_MAX: Final = 640
SNAPSHOT_HEIGHT_MAX: Final = 1280


def shrunk(picture: Picture, width_max: int, height_max: int) -> Colour:
    """The picture's colours, scaled down to fit; both sizes even, as coders want them."""
    colour = picture.colour()
    rows, columns = colour.shape[:2]
    share = min(1.0, width_max / columns, height_max / rows)
    width, height = (max(2, int(size * share) // 2 * 2) for size in (columns, rows))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(colour), format="rgb24")
    small = frame.reformat(width=width, height=height, interpolation="AREA", threads=1)
    return np.asarray(small.to_ndarray(), np.uint8)


def hidden(
    picture: Picture, veil: Veil, width_max: int, height_max: int, *, is_lifted: bool
) -> Colour:
    """The picture, small, its masks black; brighter where it is dark and `is_lifted`."""
    small = veil.over(shrunk(picture, width_max, height_max))
    # Before, so that nothing hidden sets how much its surroundings are lifted; and after, because
    # lifting smears those into the black.
    return veil.over(lifted(small)) if is_lifted else small


def snapshot(picture: Picture, veil: Veil, *, is_lifted: bool = True) -> bytes:
    """A JPEG of at most SNAPSHOT_WIDTH_MAX pixels' width and JPEG_BYTES_MAX; b"" if none can be.

    Args:
        picture: as decoded.
        veil: what is blackened.
        is_lifted: make a dark picture brighter.
    """
    return jpeg_of(
        hidden(picture, veil, SNAPSHOT_WIDTH_MAX, SNAPSHOT_HEIGHT_MAX, is_lifted=is_lifted)
    )
