"""The 122 bytes in front of every sealed fragment. Readable without a key, trusted by nobody.

The header is the associated data of the encryption (`seal.frame`). Whoever only forwards fragments,
the door above all, may read it here to sort and to drop; only `seal.frame.open` believes it, and
only after comparing it with what the caller asked for.
"""

import struct
from enum import IntEnum
from typing import Final, NamedTuple

MAGIC: Final = b"KSF1"
_LAYOUT: Final = struct.Struct(">4sBB16s16sI16s32sQQQII")
HEADER_BYTES: Final = _LAYOUT.size
FRAGMENT_BYTES_MAX: Final = 64 * 1024 * 1024
"""No single fragment is larger: bounds what a forged length field can make a reader allocate."""

Sealed = bytes | bytearray
"""A sealed fragment, or several back to back. Nobody changes one."""

FLAG_KEYFRAME: Final = 1
"""The payload begins with a picture that needs no other."""
FLAG_DISCONTINUITY: Final = 2
"""Something was lost or the time jumped between the fragment before and this one."""
FLAG_SENDER_TIME: Final = 4
"""Wall time comes from the camera's RTCP sender reports rather than from arrival."""


class Kind(IntEnum):
    """What a fragment holds."""

    STILL = 1
    """One keyframe as an fMP4 fragment (moof and mdat)."""
    GOP = 2
    """The frames that follow it, as an fMP4 fragment, up to a whole group of pictures."""
    INIT = 3
    """fMP4 initialisation segment (ftyp and moov)."""
    THUMB = 4
    """A small picture."""
    EVENT = 5
    """What was noticed, as JSON."""
    EXPORT = 6
    """A piece of an exported file."""


class Stream(IntEnum):
    """Which of a camera's streams."""

    MAIN = 1
    SUB = 2
    AUDIO = 3
    STILL = 4
    """The newest keyframe, at most one a second, under a key of its own: for those who may see
    stills and no moving pictures."""
    EVENT = 5
    """Pictures of events, each under a key of its own."""


class HeaderError(ValueError):
    """Not a sealed fragment of this version, or cut short."""


class Context(NamedTuple):
    """Whose fragment this is: fixed for one key window."""

    household: bytes
    """16 bytes."""
    camera: bytes
    """16 bytes."""
    stream: Stream
    epoch: int
    """Number of the household's master key, from 1."""
    writer: bytes
    """Writer id: 16 random bytes, new in each window and at each process start."""


class Header(NamedTuple):
    """The fields in wire order, after the magic."""

    kind: int
    stream: int
    household: bytes
    camera: bytes
    epoch: int
    writer: bytes
    commitment: bytes
    sequence: int
    wall_us: int
    monotonic_us: int
    length: int
    flags: int

    def pack(self) -> bytes:
        """The 122 bytes."""
        return _LAYOUT.pack(MAGIC, *self)


def read_header(sealed: bytes | bytearray | memoryview, offset: int = 0) -> Header:
    """Read the header at `offset`, checking only its form.

    Raises:
        HeaderError: too short, another magic, or a length above FRAGMENT_BYTES_MAX.
    """
    if len(sealed) - offset < HEADER_BYTES:
        raise HeaderError(f"a sealed fragment has at least {HEADER_BYTES} bytes")
    magic, *fields = _LAYOUT.unpack_from(sealed, offset)
    if magic != MAGIC:
        raise HeaderError("not a sealed fragment: the magic KSF1 is missing")
    header = Header(*fields)
    if header.length > FRAGMENT_BYTES_MAX:
        raise HeaderError(f"length {header.length} is above the limit of {FRAGMENT_BYTES_MAX}")
    return header
