"""The Dalvik instruction set as tables, and the layout of a method's code.

Source: Android's published "Dalvik bytecode" and "Dalvik executable instruction formats".
"""

from typing import Final

from keepsight.lab.read import leb128
from keepsight.lab.read.leb128 import Buffer
from keepsight.lab.read.limits import METHOD_UNITS_MAX, UnreadableArtefact

CODE_HEADER_BYTES: Final = 16
"""In front of a method's instructions: registers, arguments, tries, debug information, length."""


def _spread(rows: tuple[tuple[int, int, int], ...], default: int) -> bytes:
    table = bytearray([default] * 256)
    for first, last, value in rows:
        table[first : last + 1] = bytes([value]) * (last - first + 1)
    return bytes(table)


UNITS: Final = _spread(
    (
        (0x02, 0x02, 2), (0x03, 0x03, 3), (0x05, 0x05, 2), (0x06, 0x06, 3), (0x08, 0x08, 2),
        (0x09, 0x09, 3), (0x13, 0x13, 2), (0x14, 0x14, 3), (0x15, 0x16, 2), (0x17, 0x17, 3),
        (0x18, 0x18, 5), (0x19, 0x1A, 2), (0x1B, 0x1B, 3), (0x1C, 0x1C, 2), (0x1F, 0x20, 2),
        (0x22, 0x23, 2), (0x24, 0x26, 3), (0x29, 0x29, 2), (0x2A, 0x2C, 3), (0x2D, 0x3D, 2),
        (0x44, 0x6D, 2), (0x6E, 0x72, 3), (0x74, 0x78, 3), (0x90, 0xAF, 2), (0xD0, 0xE2, 2),
        (0xFA, 0xFB, 4), (0xFC, 0xFD, 3), (0xFE, 0xFF, 2),
    ),
    1,
)  # fmt: skip
"""Length in units of two bytes, by opcode. Payloads behind the code have their own lengths."""

NO_WRITE: Final = 0
NIBBLE: Final = 1
"""Writes the register in the low four bits of the second byte."""
BYTE: Final = 2
"""Writes the register in the second byte."""
UNIT: Final = 3
"""Writes the register in the second unit."""

WRITES: Final = _spread(
    (
        (0x01, 0x01, NIBBLE), (0x02, 0x02, BYTE), (0x03, 0x03, UNIT), (0x04, 0x04, NIBBLE),
        (0x05, 0x05, BYTE), (0x06, 0x06, UNIT), (0x07, 0x07, NIBBLE), (0x08, 0x08, BYTE),
        (0x09, 0x09, UNIT), (0x0A, 0x0D, BYTE), (0x12, 0x12, NIBBLE), (0x13, 0x1C, BYTE),
        (0x20, 0x21, NIBBLE), (0x22, 0x22, BYTE), (0x23, 0x23, NIBBLE), (0x2D, 0x31, BYTE),
        (0x44, 0x4A, BYTE), (0x52, 0x58, NIBBLE), (0x60, 0x66, BYTE), (0x7B, 0x8F, NIBBLE),
        (0x90, 0xAF, BYTE), (0xB0, 0xCF, NIBBLE), (0xD0, 0xD7, NIBBLE), (0xD8, 0xE2, BYTE),
        (0xFE, 0xFF, BYTE),
    ),
    NO_WRITE,
)  # fmt: skip

WIDE: Final = _spread(
    (
        (0x04, 0x06, 1), (0x0B, 0x0B, 1), (0x16, 0x19, 1), (0x45, 0x45, 1), (0x53, 0x53, 1),
        (0x61, 0x61, 1), (0x7D, 0x7E, 1), (0x80, 0x81, 1), (0x83, 0x83, 1), (0x86, 0x86, 1),
        (0x88, 0x89, 1), (0x8B, 0x8B, 1), (0x9B, 0xA5, 1), (0xAB, 0xAF, 1), (0xBB, 0xC5, 1),
        (0xCB, 0xCF, 1),
    ),
    0,
)  # fmt: skip
"""1 where the register after the written one is written as well."""


def signed(value: int, bits: int) -> int:
    """Return `value` read as a two's complement number of so many bits."""
    return value - (1 << bits) if value >> (bits - 1) else value


def payload_units(data: Buffer, at: int) -> int:
    """Return the length of the switch or array payload at `at`, 1 if it is a plain no-op."""
    kind = data[at + 1]
    size = int.from_bytes(data[at + 2 : at + 4], "little")
    if kind == 1:
        return 4 + 2 * size
    if kind == 2:
        return 2 + 4 * size
    if kind == 3:
        count = int.from_bytes(data[at + 4 : at + 8], "little")
        return 4 + (size * count + 1) // 2
    return 1


def branch_target(data: Buffer, at: int) -> int | None:
    """Return the byte offset that a goto or if at `at` may jump to, None for other instructions."""
    opcode = data[at]
    if opcode == 0x28:
        return at + 2 * signed(data[at + 1], 8)
    if opcode == 0x29 or 0x38 <= opcode <= 0x3D or 0x32 <= opcode <= 0x37:
        return at + 2 * signed(int.from_bytes(data[at + 2 : at + 4], "little"), 16)
    if opcode == 0x2A:
        return at + 2 * signed(int.from_bytes(data[at + 2 : at + 6], "little"), 32)
    return None


def switch_targets(data: Buffer, at: int, end: int) -> list[int]:
    """Return the byte offsets that the switch at `at` may jump to; empty if its table lies."""
    table = at + 2 * signed(int.from_bytes(data[at + 2 : at + 6], "little"), 32)
    if not 0 <= table < end - 4 or data[table] != 0:
        return []
    size = int.from_bytes(data[table + 2 : table + 4], "little")
    first = table + 8 if data[table + 1] == 1 else table + 4 + 4 * size
    if data[table + 1] not in (1, 2) or first + 4 * size > end:
        return []
    offsets = memoryview(data[first : first + 4 * size]).cast("i")
    return [at + 2 * offset for offset in offsets]


def exception_handlers(data: Buffer, code: int) -> tuple[list[int], int]:
    """Return the offsets of a method's exception handlers, and the end of its code item.

    Raises:
        UnreadableArtefact: the tables lie.
    """
    tries = int.from_bytes(data[code + 6 : code + 8], "little")
    start = code + CODE_HEADER_BYTES
    at = start + 2 * int.from_bytes(data[code + 12 : code + 16], "little")
    found: list[int] = []
    if not tries:
        return found, at
    at = ((at + 3) & ~3) + 8 * tries
    try:
        lists, at = leb128.unsigned(data, at)
        for _ in range(min(lists, tries)):
            count, at = leb128.signed(data, at)
            if abs(count) > METHOD_UNITS_MAX:
                raise UnreadableArtefact("a method with absurdly many exception handlers")
            for _ in range(abs(count)):
                _, at = leb128.unsigned(data, at)
                address, at = leb128.unsigned(data, at)
                found.append(start + 2 * address)
            if count <= 0:
                address, at = leb128.unsigned(data, at)
                found.append(start + 2 * address)
    except IndexError as error:
        raise UnreadableArtefact("exception handlers run past the dex file") from error
    return found, at
