"""Reads the variable-length numbers of dex files (LEB128, at most five bytes)."""

import mmap

from keepsight.lab.read.limits import UnreadableArtefact

Buffer = bytes | mmap.mmap
"""A dex file in memory. Slices of either are bytes."""


def unsigned(data: Buffer, at: int) -> tuple[int, int]:
    """Return the number at `at` and the offset behind it.

    Raises:
        UnreadableArtefact: longer than five bytes.
        IndexError: the data ends first.
    """
    number = 0
    for shift in range(0, 35, 7):
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return number & 0xFFFFFFFF, at
    raise UnreadableArtefact("a number of more than five bytes")


def signed(data: Buffer, at: int) -> tuple[int, int]:
    """Return the signed number at `at` and the offset behind it; raises as `unsigned`."""
    number, end = unsigned(data, at)
    bits = min(32, 7 * (end - at))
    return (number - (1 << bits) if number >> (bits - 1) & 1 else number), end
