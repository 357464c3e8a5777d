"""The mark in the picture: whose household, which camera, which frame, readable by a machine.

It proves on a screen, through sealing, door, browser and decoder, whose picture is shown.

Layout, in cells of 1/128 of the picture's width (10 pixels of 1280): a strip of 32 columns and 4
rows, its right edge 2 cells from the picture's right, its lower edge 2 cells from the bottom, on a
dark plate that reaches one cell further. 128 bits, row by row from the upper left, the highest bit
first, light is 1:

    household mark 48, camera mark 16, frame counter 32, CRC-32 of those 12 bytes 32

all exclusive-ored with a fixed pattern, so that any content has light and dark cells to set the
threshold by. A reader needs the whole picture (no cropping), at 320 pixels of width or more.
"""

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

COLUMNS: Final = 32
ROWS: Final = 4
CELLS_ACROSS: Final = 128
"""Of the picture's width."""
MARGIN_CELLS: Final = 2
LUMA_DARK: Final = 52
LUMA_LIGHT: Final = 166
PLATE_LUMA: Final = 40
WIDTH_MIN: Final = 320
CONTRAST_MIN: Final = 24.0
"""Between the mean of light and dark cells; below it there is no strip."""
_WHITENING: Final = bytes.fromhex("a5c396691e87d22d5ab43c78c34b96e1")
HOUSEHOLD_MARK_BYTES: Final = 6
CAMERA_MARK_MAX: Final = 0xFFFF
_CAMERA_BYTES, _COUNTER_BYTES = 2, 4
_SHIFTS: Final = (0.0, -0.25, 0.25, -0.5, 0.5)
"""In cells: tried until the checksum fits."""

Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mark:
    """What the strip says."""

    household: bytes
    """6 bytes: the first of the household's id, or any text a test chose."""
    camera: int
    """0..65535."""
    frame: int
    """Counts pictures; wraps at 2^32."""


def encode(mark: Mark) -> NDArray[np.bool_]:
    """The cells, shape (ROWS, COLUMNS); True is light.

    Raises:
        ValueError: the household mark does not have 6 bytes or the camera does not fit 16 bits.
    """
    if len(mark.household) != HOUSEHOLD_MARK_BYTES or not 0 <= mark.camera <= CAMERA_MARK_MAX:
        raise ValueError("a mark has 6 bytes of household and a camera below 65536")
    frame = mark.frame & 0xFFFFFFFF
    data = mark.household + mark.camera.to_bytes(_CAMERA_BYTES) + frame.to_bytes(_COUNTER_BYTES)
    data += zlib.crc32(data).to_bytes(4)
    whitened = bytes(a ^ b for a, b in zip(data, _WHITENING, strict=True))
    bits = np.unpackbits(np.frombuffer(whitened, np.uint8))
    return bits.reshape(ROWS, COLUMNS).astype(np.bool_)


def _read(cells: NDArray[np.bool_]) -> Mark | None:
    whitened = np.packbits(cells.reshape(-1)).tobytes()
    data = bytes(a ^ b for a, b in zip(whitened, _WHITENING, strict=True))
    body, check = data[:-4], data[-4:]
    if zlib.crc32(body).to_bytes(4) != check:
        return None
    return Mark(
        body[:HOUSEHOLD_MARK_BYTES],
        int.from_bytes(body[HOUSEHOLD_MARK_BYTES : HOUSEHOLD_MARK_BYTES + _CAMERA_BYTES]),
        int.from_bytes(body[-_COUNTER_BYTES:]),
    )


def _corner(width: int, height: int) -> tuple[float, float, float]:
    """Upper left corner of the strip, and the cell's size, in pixels."""
    cell = width / CELLS_ACROSS
    left = width - (MARGIN_CELLS + COLUMNS) * cell
    return left, height - (MARGIN_CELLS + ROWS) * cell, cell


def draw(luma: Luma, mark: Mark) -> None:
    """Draw the strip and its plate into a luma plane of shape (height, width)."""
    height, width = luma.shape
    left, top, cell = _corner(width, height)
    columns = np.round(left + np.arange(-1, COLUMNS + 2) * cell).astype(int)
    rows = np.round(top + np.arange(-1, ROWS + 2) * cell).astype(int)
    luma[rows[0] : rows[-1], columns[0] : columns[-1]] = PLATE_LUMA
    values = np.where(encode(mark), LUMA_LIGHT, LUMA_DARK).astype(np.uint8)
    grown = np.repeat(values, np.diff(rows[1:-1]), axis=0)
    grown = np.repeat(grown, np.diff(columns[1:-1]), axis=1)
    luma[rows[1] : rows[-2], columns[1] : columns[-2]] = grown


def plate(width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what `draw` covers, in pixels."""
    left, top, cell = _corner(width, height)
    return (
        round(left - cell),
        round(top - cell),
        round(left + (COLUMNS + 1) * cell),
        round(top + (ROWS + 1) * cell),
    )


def _cell_means(luma: NDArray[np.float32], shift: tuple[float, float]) -> NDArray[np.float32]:
    """Brightness of each cell's middle, by a few samples between pixels."""
    height, width = luma.shape
    left, top, cell = _corner(width, height)
    inner = (np.arange(3, dtype=np.float32) - 1) * 0.2 + 0.5
    across = left + (np.arange(COLUMNS)[:, None] + inner + shift[0]).reshape(-1) * cell - 0.5
    down = top + (np.arange(ROWS)[:, None] + inner + shift[1]).reshape(-1) * cell - 0.5
    x0 = np.clip(np.floor(across).astype(int), 0, width - 2)
    y0 = np.clip(np.floor(down).astype(int), 0, height - 2)
    wx, wy = np.clip(across - x0, 0, 1), np.clip(down - y0, 0, 1)[:, None]
    upper = luma[np.ix_(y0, x0)] * (1 - wx) + luma[np.ix_(y0, x0 + 1)] * wx
    lower = luma[np.ix_(y0 + 1, x0)] * (1 - wx) + luma[np.ix_(y0 + 1, x0 + 1)] * wx
    samples = upper * (1 - wy) + lower * wy
    means: NDArray[np.float32] = samples.reshape(ROWS, 3, COLUMNS, 3).mean(
        axis=(1, 3), dtype=np.float32
    )
    return means


def decode(picture: NDArray[np.uint8]) -> Mark | None:
    """Read the strip from a whole picture: luma (height, width) or RGB (height, width, 3 or 4).

    Returns:
        The mark, or None when there is none whose checksum fits.
    """
    grey = picture.astype(np.float32)
    if grey.ndim == 3:
        grey = grey[:, :, :3] @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    if grey.shape[1] < WIDTH_MIN or grey.shape[0] < WIDTH_MIN // 4:
        return None
    for down in _SHIFTS:
        for across in _SHIFTS:
            means = _cell_means(grey, (across, down))
            middle = (np.percentile(means, 15) + np.percentile(means, 85)) / 2
            cells = means > middle
            if cells.all() or not cells.any():
                continue
            if means[cells].mean() - means[~cells].mean() < CONTRAST_MIN:
                continue
            mark = _read(cells)
            if mark is not None:
                return mark
    return None
