"""A piece of receive memory that parts of access units point into."""

from typing import Final

CHUNK_BYTES: Final = 128 * 1024
"""Must hold the largest message or interleaved packet (80 KiB) and some more to read into."""
READ_AHEAD_BYTES: Final = 32
"""Behind the last received byte, so that a fixed number of bytes can be looked at anywhere."""


class Chunk:
    """Filled once from front to back; alive as long as a view into it is.

    Bytes behind what was received are zero. 128 KiB: a frame of a 4 Mbit/s camera seldom meets a
    boundary, and the last, half-filled chunk of a quiet stream costs little.
    """

    __slots__ = ("data", "view")

    def __init__(self) -> None:
        self.data = bytearray(CHUNK_BYTES + READ_AHEAD_BYTES)
        self.view = memoryview(self.data)
