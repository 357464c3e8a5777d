"""What the hub and the watcher say to each other: design/wire.md section 9. Bytes only."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from keepsight.detect.sound import SoundPacket
from keepsight.detect.unit import Unit

MESSAGE_BYTES_MAX: Final = (8 << 20) + 64
ID_BYTES: Final = 16
_LENGTH: Final = struct.Struct(">I")
_UNIT: Final = struct.Struct(">16sBqq")
_STILLS: Final = struct.Struct(">BI")
_SOUND: Final = struct.Struct(">qq")
_KEYFRAME, _AFTER_BREAK = 1, 2


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


class WireError(ValueError):
    """The other side does not keep to the protocol; the connection is of no use any more."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    kind: int
    camera: bytes
    """Id, 16 bytes; every message is about a camera."""
    body: bytes
    """What follows the camera's id."""


def pack(kind: int, camera: bytes, body: bytes = b"") -> bytes:
    """A message as bytes."""
    return b"".join((_LENGTH.pack(1 + ID_BYTES + len(body)), bytes((kind,)), camera, body))


def pack_json(kind: int, camera: bytes, document: Any) -> bytes:
    """A message whose body is JSON."""
    return pack(kind, camera, json.dumps(document, separators=(",", ":")).encode())


def pack_unit(camera: bytes, unit: Unit) -> bytes:
    """A UNIT message."""
    flags = _KEYFRAME * unit.is_keyframe | _AFTER_BREAK * unit.is_after_break
    head = _UNIT.pack(camera, flags, unit.media_us, unit.wall_us)
    length = _LENGTH.pack(1 + len(head) + len(unit.data))
    return b"".join((length, bytes((ToWatcher.UNIT,)), head, unit.data))


def read_unit(message: Message) -> Unit:
    """The unit of a UNIT message.

    Raises:
        WireError: it is too short.
    """
    if len(message.body) < _UNIT.size - ID_BYTES:
        raise WireError("a UNIT message is too short")
    flags, media_us, wall_us = struct.unpack_from(">Bqq", message.body)
    data = message.body[_UNIT.size - ID_BYTES :]
    return Unit(media_us, wall_us, bool(flags & _KEYFRAME), bool(flags & _AFTER_BREAK), data)


def read_stills(message: Message) -> int | None:
    """The number that stills are to carry; None: nobody wants stills.

    Raises:
        WireError: it is too short.
    """
    if len(message.body) < _STILLS.size:
        raise WireError("a STILLS message is too short")
    is_on, number = _STILLS.unpack_from(message.body)
    return number if is_on else None


def pack_sound(camera: bytes, packet: SoundPacket) -> bytes:
    """A SOUND message."""
    return pack(ToWatcher.SOUND, camera, _SOUND.pack(packet.media_us, packet.wall_us) + packet.data)


def read_sound(message: Message) -> SoundPacket:
    """The packet of a SOUND message.

    Raises:
        WireError: it is too short.
    """
    if len(message.body) < _SOUND.size:
        raise WireError("a SOUND message is too short")
    media_us, wall_us = _SOUND.unpack_from(message.body)
    return SoundPacket(media_us, wall_us, message.body[_SOUND.size :])


def read_json(message: Message) -> dict[str, Any]:
    """The object in a message's body.

    Raises:
        WireError: it is none.
    """
    try:
        document = json.loads(message.body)
    except (ValueError, RecursionError) as error:
        raise WireError("a message's JSON cannot be read") from error
    if not isinstance(document, dict):
        raise WireError("a message's JSON is no object")
    return document


class Reader:
    """Cuts a stream of bytes into messages; whatever pieces it comes in."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Messages that these bytes complete.

        Raises:
            WireError: a length is impossible.
        """
        self._buffer += data
        position = 0
        try:
            while len(self._buffer) - position >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._buffer, position)
                if not 1 + ID_BYTES <= length <= MESSAGE_BYTES_MAX:
                    raise WireError(f"a message of {length} bytes")
                end = position + _LENGTH.size + length
                if len(self._buffer) < end:
                    return
                body = bytes(self._buffer[position + _LENGTH.size : end])
                position = end
                yield Message(body[0], body[1 : 1 + ID_BYTES], body[1 + ID_BYTES :])
        finally:
            del self._buffer[:position]
