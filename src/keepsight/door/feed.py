"""The door's end of the feed: asks the hub for streams, hands on what comes.

Bytes: design/wire.md, section 4. Connects again and again; what was asked for is asked for again by
the caller in `on_connected`, after it has checked that its viewers may still watch.
"""

import asyncio
import logging
from enum import IntEnum
from pathlib import Path
from typing import Final, Protocol, cast

log = logging.getLogger(__name__)

OPAQUE_BYTES: Final = 16
SESSION_HASH_BYTES: Final = 32
MESSAGE_BYTES_MAX: Final = 64 * 1024 * 1024 + 256
RECONNECT_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Pauses between attempts; the last one is repeated."""


class MessageType(IntEnum):
    """The fifth byte of a message."""

    WATCH = 1
    UNWATCH = 2
    FRAGMENT = 3
    STATE = 4
    END = 5
    RENEW = 6


class FeedListener(Protocol):
    """Takes what the hub sends, without waiting and without raising."""

    def on_connected(self) -> None:
        """The hub is there; it knows of no stream that we want."""
        ...

    def on_disconnected(self) -> None:
        """The hub is gone."""
        ...

    def on_fragment(self, opaque: bytes, sealed: bytes) -> None:
        """A sealed fragment of a stream."""
        ...

    def on_state(self, opaque: bytes, state_json: bytes) -> None:
        """What a stream is doing: a JSON object."""
        ...

    def on_end(self, session_hash: bytes) -> None:
        """A session ended."""
        ...

    def on_renew(self) -> None:
        """Every stream has another name now; what was asked for is asked for no more."""
        ...


class _Connection(asyncio.Protocol):
    def __init__(self, feed: "FeedClient") -> None:
        self._feed = feed
        self._received = bytearray()
        self.transport: asyncio.Transport | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        start, end = 0, len(received)
        while end - start >= 5:
            length = int.from_bytes(received[start : start + 4])
            if not 1 <= length <= MESSAGE_BYTES_MAX:
                self._abort(f"a message of {length} bytes")
                return
            after = start + 4 + length
            if after > end:
                break
            kind = received[start + 4]
            with memoryview(received) as view:
                body = bytes(view[start + 5 : after])
            if not self._hand_on(kind, body):
                return
            start = after
        if start:
            del received[:start]

    def _hand_on(self, kind: int, body: bytes) -> bool:
        listener = self._feed.listener
        if kind == MessageType.FRAGMENT and len(body) > OPAQUE_BYTES:
            listener.on_fragment(body[:OPAQUE_BYTES], body[OPAQUE_BYTES:])
        elif kind == MessageType.STATE and len(body) > OPAQUE_BYTES:
            listener.on_state(body[:OPAQUE_BYTES], body[OPAQUE_BYTES:])
        elif kind == MessageType.END and len(body) == SESSION_HASH_BYTES:
            listener.on_end(body)
        elif kind == MessageType.RENEW and not body:
            listener.on_renew()
        else:
            self._abort(f"a message of type {kind} with {len(body)} bytes")
            return False
        return True

    def _abort(self, what: str) -> None:
        log.error("the hub sent %s, which this version does not know; connecting anew", what)
        self._received.clear()
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.closed.done():
            self.closed.set_result(None)


class FeedClient:
    """Keeps one connection to `feed.sock`."""

    def __init__(self, path: Path, listener: FeedListener) -> None:
        self.listener = listener
        self._path = path
        self._transport: asyncio.Transport | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the hub is there."""
        return self._transport is not None

    def watch(self, opaque: bytes) -> None:
        """Ask for a stream; without a connection nothing happens."""
        self._tell(MessageType.WATCH, opaque)

    def unwatch(self, opaque: bytes) -> None:
        """Ask for no more of a stream."""
        self._tell(MessageType.UNWATCH, opaque)

    def _tell(self, kind: MessageType, opaque: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write((1 + len(opaque)).to_bytes(4) + bytes((kind,)) + opaque)

    async def run(self) -> None:
        """Connect, and connect again whenever the connection is lost, until cancelled."""
        attempts = 0
        loop = asyncio.get_running_loop()
        while True:
            try:
                _, connection = await loop.create_unix_connection(
                    lambda: _Connection(self), str(self._path)
                )
            except OSError as error:
                if attempts == 0:
                    log.info("the hub at %s does not answer yet: %s", self._path.parent.name, error)
                await asyncio.sleep(RECONNECT_SECONDS[min(attempts, len(RECONNECT_SECONDS) - 1)])
                attempts += 1
                continue
            attempts = 0
            await self._stay(connection)

    async def _stay(self, connection: _Connection) -> None:
        self._transport = connection.transport
        try:
            self.listener.on_connected()
            await connection.closed
        finally:
            if connection.transport is not None:
                connection.transport.abort()
            self._transport = None
            self.listener.on_disconnected()
        await asyncio.sleep(RECONNECT_SECONDS[0])
