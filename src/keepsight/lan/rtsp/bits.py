"""Reads bits from a parameter set, which may be hostile: it ends with an error, never a loop."""

from typing import Final

EXP_GOLOMB_BITS_MAX: Final = 32
"""Longest prefix of zeros in an Exp-Golomb code that H.264 and H.265 allow."""


class BitsError(ValueError):
    """More bits were asked for than there are, or a code is longer than allowed."""


def unescape(nal: bytes) -> bytes:
    """Remove the emulation prevention bytes (00 00 03) of a NAL unit."""
    if b"\x00\x00\x03" not in nal:
        return nal
    pieces: list[bytes] = []
    start = 0
    while (found := nal.find(b"\x00\x00\x03", start)) >= 0:
        pieces.append(nal[start : found + 2])
        start = found + 3
    pieces.append(nal[start:])
    return b"".join(pieces)


class BitReader:
    """Most significant bit first."""

    __slots__ = ("_bits", "_left")

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def bits(self, count: int) -> int:
        """The next `count` bits as an unsigned number.

        Raises:
            BitsError: the data ends before.
        """
        if count > self._left:
            raise BitsError("the parameter set ends in the middle of a field")
        self._left -= count
        return (self._bits >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return self.bits(1) == 1

    def unsigned(self) -> int:
        """An unsigned Exp-Golomb code.

        Raises:
            BitsError: the data ends before, or the code is longer than 32 bits of prefix.
        """
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > EXP_GOLOMB_BITS_MAX:
                raise BitsError("an Exp-Golomb code is longer than allowed")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """A signed Exp-Golomb code. Raises like `unsigned`."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)
