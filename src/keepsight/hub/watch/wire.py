"""What the hub and the watcher say to each other: design/wire.md, section 9. Bytes only.

The watcher has a copy of its own (`detect/wire.py`): it shares no code with what holds keys. What
comes from it is read here as if somebody else had taken it over: every length has a bound.
"""

import json
import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

from keepsight.lan.rtsp.unit import Buffer

ID_BYTES: Final = 16
UNIT_BYTES_MAX: Final = 8 << 20
"""Of one access unit; the watcher takes no longer message."""
FLAG_KEYFRAME: Final = 1
FLAG_AFTER_BREAK: Final = 2
_LENGTH: Final = struct.Struct(">I")
_HEAD: Final = struct.Struct(">IB16s")
_UNIT: Final = struct.Struct(">IB16sBqq")
_SOUND: Final = struct.Struct(">IB16sqq")
_STILLS: Final = struct.Struct(">BI")


class ToWatcher(IntEnum):
    """Message types, hub to watcher."""

    CAMERA = 1
    UNIT = 2
    FORGET = 3
    BOXES = 4
    SOUND = 5
    STILLS = 6


class FromWatcher(IntEnum):
    """Message types, watcher to hub."""

    STATE = 1
    EVENT = 2
    PICTURE = 3
    ACTIVITY = 4
    BOXES = 5
    STILL = 6
    PREVIEW = 7


BODY_BYTES_MAX: Final = {
    FromWatcher.STATE: 8 << 10,
    FromWatcher.EVENT: 64 << 10,
    FromWatcher.PICTURE: ID_BYTES + (256 << 10),
    FromWatcher.ACTIVITY: 4 << 10,
    FromWatcher.BOXES: 32 << 10,
    FromWatcher.STILL: 12 + (256 << 10),
    FromWatcher.PREVIEW: ID_BYTES + 3 + (256 << 10),
}
"""What each type may carry; a type that is not here is none."""


class ProtocolError(Exception):
    """The watcher does not keep to the protocol: nothing more that it says can be used."""


class Message(NamedTuple):
    """One message from the watcher."""

    kind: FromWatcher
    camera: bytes
    """Id, 16 bytes; every message is about a camera."""
    body: bytes


def pack(kind: ToWatcher, camera: bytes, body: bytes = b"") -> bytes:
    """A message as bytes."""
    return _HEAD.pack(1 + ID_BYTES + len(body), kind, camera) + body


def pack_json(kind: ToWatcher, camera: bytes, document: Any) -> bytes:
    """A message whose body is JSON."""
    return pack(kind, camera, json.dumps(document, separators=(",", ":")).encode())


def pack_stills(camera: bytes, number: int | None) -> bytes:
    """A STILLS message: the number that stills are to carry; None for none."""
    return pack(ToWatcher.STILLS, camera, _STILLS.pack(number is not None, number or 0))


def pack_unit(  # noqa: PLR0913, PLR0917 - the fields of the message
    camera: bytes, flags: int, media_us: int, wall_us: int, parts: Sequence[Buffer], size_bytes: int
) -> list[Buffer]:
    """A UNIT message as buffers to be written one after the other: pictures are not copied."""
    length = _UNIT.size - _LENGTH.size + size_bytes
    return [_UNIT.pack(length, ToWatcher.UNIT, camera, flags, media_us, wall_us), *parts]


def pack_sound(
    camera: bytes, media_us: int, wall_us: int, parts: Sequence[Buffer], size_bytes: int
) -> list[Buffer]:
    """A SOUND message, as buffers to be written one after the other."""
    length = _SOUND.size - _LENGTH.size + size_bytes
    return [_SOUND.pack(length, ToWatcher.SOUND, camera, media_us, wall_us), *parts]


class Framer:
    """Cuts what the watcher writes into messages; whatever pieces it comes in."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Messages that these bytes complete. Never keeps more than one message of the longest.

        Raises:
            ProtocolError: a type that there is not, or a length that it may not have.
        """
        self._buffer += data
        position = 0
        try:
            while len(self._buffer) - position >= _HEAD.size:
                length, number, camera = _HEAD.unpack_from(self._buffer, position)
                kind, body_bytes = _kind_of(number), length - 1 - ID_BYTES
                if not 0 <= body_bytes <= BODY_BYTES_MAX[kind]:
                    raise ProtocolError(f"a {kind.name} message of {length} bytes")
                begin = position + _HEAD.size
                if len(self._buffer) < begin + body_bytes:
                    return
                position = begin + body_bytes
                yield Message(kind, camera, bytes(self._buffer[begin:position]))
        finally:
            del self._buffer[:position]


def _kind_of(number: int) -> FromWatcher:
    try:
        return FromWatcher(number)
    except ValueError as error:
        raise ProtocolError(f"a message of unknown type {number}") from error
