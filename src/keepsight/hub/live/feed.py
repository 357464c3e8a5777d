"""The feed: sealed live fragments, states and ended sessions for the door, over a Unix socket.

Bytes: design/wire.md, section 4. The door asks for streams by their opaque ids; nothing is sealed
for a stream that nobody asks for. A door that reads too slowly loses whole groups of pictures and
never stops the hub: everything here runs in the event loop and only ever writes to a transport.
"""

import asyncio
import json
import logging
from enum import IntEnum
from pathlib import Path
from typing import Final, cast

from keepsight.hub import sockets
from keepsight.hub.camera import StreamState
from keepsight.hub.live.stream import LiveStream
from keepsight.seal.header import Kind, Sealed, Stream

log = logging.getLogger(__name__)

OPAQUE_BYTES: Final = 16
SESSION_HASH_BYTES: Final = 32
DOORS_MAX: Final = 4
"""One is the rule; a second while the first is being replaced."""
WATCHED_MAX: Final = 4096
"""Streams that one door may ask for."""
QUEUE_BYTES_SOFT: Final = 8 * 1024 * 1024
"""With more than this unsent, the next group of pictures is dropped whole."""
QUEUE_BYTES_MAX: Final = 32 * 1024 * 1024
"""With more than this unsent, the group being sent ends here."""
_KIND_AT: Final = 4
_STREAM_AT: Final = 5


class MessageType(IntEnum):
    """The fifth byte of a message."""

    WATCH = 1
    UNWATCH = 2
    FRAGMENT = 3
    STATE = 4
    END = 5
    RENEW = 6


def message(kind: MessageType, *parts: Sealed) -> tuple[Sealed, ...]:
    """Length, type and body as buffers to be written one after the other."""
    length = 1 + sum(len(part) for part in parts)
    return (length.to_bytes(4) + bytes((kind,)), *parts)


class Lane:
    """One stream on its way to one door."""

    def __init__(self, opaque: bytes, transport: asyncio.WriteTransport) -> None:
        self._opaque = opaque
        self._transport = transport
        self._init: Sealed | None = None
        self._is_dropping = False
        self.dropped = 0
        """Fragments that the door did not get, because it read too slowly."""

    def give(self, sealed: Sealed) -> None:
        """Send a fragment, or drop the group of pictures that it belongs to."""
        kind, unsent_bytes = sealed[_KIND_AT], self._transport.get_write_buffer_size()
        if kind == Kind.INIT:
            self._init = sealed  # goes out with the first fragment that is not dropped
            return
        if kind in (Kind.STILL, Kind.THUMB) or sealed[_STREAM_AT] == Stream.AUDIO:
            self._is_dropping = unsent_bytes > QUEUE_BYTES_SOFT
        elif unsent_bytes > QUEUE_BYTES_MAX:
            self._is_dropping = True
        if self._is_dropping:
            self.dropped += 1
            return
        if self._init is not None:
            self._write(self._init)
            self._init = None
        self._write(sealed)

    def _write(self, sealed: Sealed) -> None:
        # Writing to a closed connection raises, which would detach this stream's reader for good.
        if not self._transport.is_closing():
            self._transport.writelines(message(MessageType.FRAGMENT, self._opaque, sealed))


class _Door(asyncio.Protocol):
    """One connection of the door."""

    def __init__(self, feed: "Feed") -> None:
        self._feed = feed
        self._received = bytearray()
        self.transport: asyncio.WriteTransport | None = None
        self.lanes: dict[bytes, Lane] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)  # uvloop's is not a subclass
        self._feed._admit(self)  # noqa: SLF001 - two halves of one thing

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= 4 and self.transport is not None:
            length = int.from_bytes(self._received[:4])
            if length != 1 + OPAQUE_BYTES:
                log.error("the door sent a message of %d bytes; closing the feed to it", length)
                self.transport.abort()
                return
            if len(self._received) < 4 + length:
                return
            kind, opaque = self._received[4], bytes(self._received[5 : 4 + length])
            del self._received[: 4 + length]
            if kind == MessageType.WATCH:
                self._feed._watch(self, opaque)  # noqa: SLF001
            elif kind == MessageType.UNWATCH:
                self._feed._unwatch(self, opaque)  # noqa: SLF001

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._feed._dismiss(self)  # noqa: SLF001
        self.transport = None

    def tell(self, kind: MessageType, *parts: Sealed) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.writelines(message(kind, *parts))


class Feed:
    """Listens on `feed.sock` and connects the household's live streams with the door."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._doors: list[_Door] = []
        self._streams: dict[bytes, LiveStream] = {}
        self._states: dict[bytes, StreamState] = {}
        self._without_stills: set[bytes] = set()
        """Streams whose keyframes are not for single looks: something in them has to be hidden."""

    async def start(self) -> None:
        """Bind the socket, readable by this user only, and listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Door(self), sock=sockets.listen(self._path)
        )

    async def stop(self) -> None:
        """Close the socket and every connection."""
        if self._server is not None:
            self._server.close()
        for door in tuple(self._doors):
            if door.transport is not None:
                door.transport.abort()
        self._path.unlink(missing_ok=True)

    @property
    def watched_count(self) -> int:
        """How many streams the door asks for at the moment."""
        return sum(stream.is_watched for stream in self._streams.values())

    def add_stream(
        self, opaque: bytes, live: LiveStream, state: StreamState, *, has_stills: bool = True
    ) -> None:
        """Offer a stream under the id that the door knows; doors that wait for it get it."""
        self.remove_stream(opaque)
        self._streams[opaque] = live
        self.set_state(opaque, state, has_stills=has_stills)
        for door in self._doors:
            if opaque in door.lanes:
                live.watch(door.lanes[opaque].give)

    def remove_stream(self, opaque: bytes) -> None:
        """Withdraw a stream; an unknown one is no error."""
        live = self._streams.pop(opaque, None)
        self._states.pop(opaque, None)
        self._without_stills.discard(opaque)
        if live is None:
            return
        for door in self._doors:
            if opaque in door.lanes:
                live.unwatch(door.lanes[opaque].give)
                self._tell_state(door, opaque)

    def renew(self) -> None:
        """The names of all streams change now: the door forgets the old ones and asks anew.

        Rename the streams before anything else runs in this loop.
        """
        for door in self._doors:
            for opaque in tuple(door.lanes):
                self._unwatch(door, opaque)
            door.tell(MessageType.RENEW)

    def rename_stream(self, before: bytes, after: bytes) -> None:
        """Offer a stream under another name; nobody watches it (`renew`)."""
        live, state = self._streams.pop(before), self._states.pop(before)
        self._streams[after], self._states[after] = live, state
        if before in self._without_stills:
            self._without_stills.remove(before)
            self._without_stills.add(after)

    def set_state(self, opaque: bytes, state: StreamState, *, has_stills: bool = True) -> None:
        """Tell doors that watch the stream what it is doing now."""
        if self._states.get(opaque) is state and has_stills is (opaque not in self._without_stills):
            return
        self._states[opaque] = state
        (self._without_stills.discard if has_stills else self._without_stills.add)(opaque)
        for door in self._doors:
            if opaque in door.lanes:
                self._tell_state(door, opaque)

    def end_session(self, session_hash: bytes) -> None:
        """Have the door close every WebSocket of a session now.

        Raises:
            ValueError: not a hash of 32 bytes.
        """
        if len(session_hash) != SESSION_HASH_BYTES:
            raise ValueError(f"a session hash has {SESSION_HASH_BYTES} bytes")
        for door in self._doors:
            door.tell(MessageType.END, session_hash)

    def _tell_state(self, door: _Door, opaque: bytes) -> None:
        state = self._states.get(opaque, StreamState.STOPPED)
        content: dict[str, object] = {"state": state.value}
        if opaque in self._without_stills:
            content["stills"] = False
        door.tell(MessageType.STATE, opaque, json.dumps(content).encode())

    def _admit(self, door: _Door) -> None:
        self._doors.append(door)
        while len(self._doors) > DOORS_MAX:
            oldest = self._doors.pop(0)
            if oldest.transport is not None:
                oldest.transport.abort()

    def _dismiss(self, door: _Door) -> None:
        if door in self._doors:
            self._doors.remove(door)
        for opaque in tuple(door.lanes):
            self._unwatch(door, opaque)

    def _watch(self, door: _Door, opaque: bytes) -> None:
        if door.transport is None or len(door.lanes) >= WATCHED_MAX:
            return
        self._unwatch(door, opaque)
        lane = door.lanes[opaque] = Lane(opaque, door.transport)
        self._tell_state(door, opaque)
        if opaque in self._streams:
            self._streams[opaque].watch(lane.give)

    def _unwatch(self, door: _Door, opaque: bytes) -> None:
        lane = door.lanes.pop(opaque, None)
        if lane is None:
            return
        if lane.dropped:
            log.warning("the door was too slow for %d live fragments", lane.dropped)
        if opaque in self._streams:
            self._streams[opaque].unwatch(lane.give)
