"""A segment's fragments as a compact blob: 7 bytes each, so that a year of index stays small."""

from collections.abc import Sequence
from typing import Final

from keepsight.hub.recording import FragmentRef
from keepsight.seal.header import Kind

_KINDS: Final = (Kind.INIT, Kind.STILL, Kind.GOP, Kind.INIT)
"""By number; 0 is never written."""


def pack_fragments(fragments: Sequence[FragmentRef], start_us: int) -> bytes:
    """About 7 bytes a fragment: LEB128 of (size << 2 | kind) and of the step in time (zigzag).

    Sequence numbers count from the first; they are not stored.
    """
    out = bytearray()
    before_us = start_us
    for number, (sequence, kind, at_us, size_bytes) in enumerate(fragments):
        if sequence != number or not 1 <= kind <= 3:
            raise ValueError("a segment's fragments are INIT, STILL or GOP, numbered from 0")
        step = at_us - before_us
        before_us = at_us
        for value in (size_bytes << 2 | kind, step << 1 if step >= 0 else (-step << 1) - 1):
            rest = value
            while rest > 0x7F:
                out.append(rest & 0x7F | 0x80)
                rest >>= 7
            out.append(rest)
    return bytes(out)


def unpack_fragments(blob: bytes, start_us: int) -> tuple[FragmentRef, ...]:
    """What pack_fragments was given. A day has 90,000 fragments, so this loop is a plain one."""
    out: list[FragmentRef] = []
    value = shift = sized = 0
    at_us = start_us
    is_size = True
    for byte in blob:
        if byte > 0x7F:
            value |= (byte & 0x7F) << shift
            shift += 7
            continue
        value |= byte << shift
        if is_size:
            sized = value
        else:
            at_us += -((value + 1) >> 1) if value & 1 else value >> 1
            out.append(FragmentRef(len(out), _KINDS[sized & 3], at_us, sized >> 2))
        is_size = not is_size
        value = shift = 0
    return tuple(out)
