"""From the hub's feed to the viewers: watched streams, their newest GOP, and who is too slow.

Everything here runs in the event loop and only writes to transports; nothing waits for a viewer.
Each WebSocket frame is built once, however many viewers get it, and is the same bytes for all of
them (a server does not mask, RFC 6455, section 5.1). A viewer whose unsent bytes grow above its
limit is given nothing of a stream before that stream's next keyframe, and is told how much it
missed.
"""

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from keepsight.seal.header import HEADER_BYTES, HeaderError, Kind, Stream, read_header

log = logging.getLogger(__name__)

GOP_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of a stream's newest GOP only INIT and STILL are kept beyond this size."""
UNSENT_BYTES_MIN: Final = 512 * 1024
UNSENT_BYTES_MAX: Final = 4 * 1024 * 1024
"""A viewer's limit of unsent bytes is one second of what it watches, between these two."""
WATCH_MAX: Final = 64
"""Streams that one viewer may watch."""
VIEWERS_MAX: Final = 256
"""Viewers of one household."""
LINGER_SECONDS: Final = 30.0
"""How long a stream is still asked for after its last viewer left."""
STATE_BYTES_MAX: Final = 1024
RUNNING: Final = "running"
STARTING: Final = "starting"


class Upstream(Protocol):
    """Who is asked for streams: `door.feed.FeedClient`."""

    def watch(self, opaque: bytes) -> None:
        """Ask for a stream."""
        ...

    def unwatch(self, opaque: bytes) -> None:
        """Ask for no more of it."""
        ...


class Outlet(Protocol):
    """A viewer's connection: an asyncio transport."""

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        ...

    def get_write_buffer_size(self) -> int:
        """Bytes queued and not yet with the system."""
        ...

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        ...


def frame(opcode: int, *parts: bytes) -> bytes:
    """One final, unmasked WebSocket frame (RFC 6455, section 5.2). 1 is text, 2 is binary."""
    length = sum(len(part) for part in parts)
    first = bytes((0x80 | opcode,))
    if length < 126:
        head = first + bytes((length,))
    elif length < 1 << 16:
        head = first + b"\x7e" + length.to_bytes(2)
    else:
        head = first + b"\x7f" + length.to_bytes(8)
    return b"".join((head, *parts))


def text_frame(content: dict[str, object]) -> bytes:
    """A JSON object as a text frame."""
    return frame(1, json.dumps(content, separators=(",", ":")).encode())


@dataclass(slots=True)
class Position:
    """How far one viewer is in one stream."""

    is_sending: bool = False
    """False: it waits for a keyframe."""
    writer: bytes = b""
    """Window whose INIT it was given last."""
    skipped: int = 0
    """Fragments it did not get since."""


class Viewer:
    """One WebSocket."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet
        self.streams: dict[bytes, WatchedStream] = {}
        self.unsent_bytes_max = UNSENT_BYTES_MIN
        self.burst_bytes = 0
        """Of the newest GOP given at once; on top of the limit until it is sent."""

    def tell(self, content: dict[str, object]) -> None:
        """Send a JSON text."""
        self.send(text_frame(content))

    def send(self, framed: bytes) -> None:
        """Send a frame; to one who is gone nothing.

        Writing to a closed connection raises, which would cost everybody the feed from the hub.
        """
        if not self.outlet.is_closing():
            self.outlet.write(framed)

    def has_room(self) -> bool:
        """Whether it keeps up; also forgets the burst once that is through."""
        unsent_bytes = self.outlet.get_write_buffer_size()
        if unsent_bytes <= self.unsent_bytes_max:
            self.burst_bytes = 0
            return True
        return unsent_bytes <= self.unsent_bytes_max + self.burst_bytes

    def has_much_room(self) -> bool:
        """Whether one that fell behind may begin again."""
        return self.outlet.get_write_buffer_size() <= self.unsent_bytes_max // 2

    def measure(self) -> None:
        """Set the limit from what the watched streams carry a second."""
        rate = sum(stream.bytes_per_second for stream in self.streams.values())
        self.unsent_bytes_max = min(max(rate, UNSENT_BYTES_MIN), UNSENT_BYTES_MAX)


class WatchedStream:
    """One stream with its newest GOP and its viewers."""

    def __init__(self, opaque: bytes) -> None:
        self.opaque = opaque
        self.state: str | None = None
        self.has_stills = True
        """False: the hub gives no single pictures of it, so nobody gets one from here either."""
        self.positions: dict[Viewer, Position] = {}
        self.leaving: asyncio.TimerHandle | None = None
        """Set while nobody watches: when it fires, the hub is told."""
        self.bytes_per_second = 0
        self.clear()

    def clear(self) -> None:
        """Forget the pictures: the hub is gone or begins anew."""
        self._writer = b""
        self._init = b""
        self._sealed_init = b""
        self._gop_bytes = 0
        self._gop_started_us = 0
        self.forget_pictures()
        for position in self.positions.values():
            position.is_sending = False

    def forget_pictures(self) -> None:
        """An old picture must not stand for a camera that is gone."""
        self._gop: list[bytes] = []
        self._is_gop_whole = False
        self._sealed_still = b""

    @property
    def still(self) -> bytes | None:
        """Sealed INIT and newest STILL, back to back."""
        is_there = self._sealed_still and self.has_stills
        return self._sealed_init + self._sealed_still if is_there else None

    def add(self, viewer: Viewer) -> None:
        """Give a viewer the state and the newest GOP at once."""
        position = self.positions[viewer] = Position()
        if self.state is not None:
            viewer.tell({"stream": self.opaque.hex(), "state": self.state})
        if not self._gop:
            return
        for framed in (self._init, *self._gop):
            viewer.send(framed)
            viewer.burst_bytes += len(framed)
        position.writer = self._writer
        position.is_sending = self._is_gop_whole

    def on_fragment(self, sealed: bytes) -> None:
        """Keep a fragment and pass it on.

        Raises:
            HeaderError: this is not one sealed fragment.
        """
        header = read_header(sealed)
        if header.length != len(sealed) - HEADER_BYTES:
            raise HeaderError("the length in the header is not that of the fragment")
        framed = frame(2, self.opaque, sealed)
        if header.kind == Kind.INIT:
            self._begin_window(header.writer, framed, sealed)
            return
        if header.writer != self._writer:
            raise HeaderError("a fragment of a window whose INIT was never sent")
        is_picture = header.kind in (Kind.STILL, Kind.THUMB)
        is_entry = is_picture or header.stream == Stream.AUDIO
        if is_picture:
            self._begin_gop(header.monotonic_us, framed, sealed)
        elif header.stream != Stream.AUDIO:
            self._continue_gop(framed)
        self._deliver(framed, is_entry=is_entry)

    def _begin_window(self, writer: bytes, framed: bytes, sealed: bytes) -> None:
        # INIT reaches a viewer together with the STILL that follows it, never alone.
        self._writer, self._init, self._sealed_init = writer, framed, sealed
        self.forget_pictures()

    def _begin_gop(self, monotonic_us: int, framed: bytes, sealed: bytes) -> None:
        duration_us = monotonic_us - self._gop_started_us
        if self._gop_started_us and duration_us > 0:
            self.bytes_per_second = self._gop_bytes * 1_000_000 // duration_us
        self._gop_started_us = monotonic_us
        self._gop, self._gop_bytes, self._is_gop_whole = [framed], len(framed), True
        self._sealed_still = sealed

    def _continue_gop(self, framed: bytes) -> None:
        self._gop_bytes += len(framed)
        if self._gop_bytes > GOP_BYTES_MAX:
            self._is_gop_whole = False
            del self._gop[1:]
        elif self._is_gop_whole:
            self._gop.append(framed)

    def _deliver(self, framed: bytes, *, is_entry: bool) -> None:
        for viewer, position in self.positions.items():
            if not viewer.has_room():
                position.is_sending = False
            elif not position.is_sending and is_entry and viewer.has_much_room():
                self._resume(viewer, position)
            if not position.is_sending:
                position.skipped += 1
                continue
            if position.writer != self._writer:
                viewer.send(self._init)
                position.writer = self._writer
            viewer.send(framed)

    def _resume(self, viewer: Viewer, position: Position) -> None:
        skipped, position.skipped = position.skipped, 0
        position.is_sending = True
        if skipped and position.writer:
            viewer.tell({"stream": self.opaque.hex(), "skipped": skipped})


class Fanout:
    """One household's watched streams. Is told what to do by the feed and by the WebSockets."""

    def __init__(self) -> None:
        self._streams: dict[bytes, WatchedStream] = {}
        self._upstream: Upstream | None = None

    def still(self, opaque: bytes) -> bytes | None:
        """INIT and newest STILL of a watched stream; None if it is not watched or has none."""
        stream = self._streams.get(opaque)
        return stream.still if stream is not None else None

    # --- from the WebSockets ----------------------------------------------------------------

    def set_watched(self, viewer: Viewer, wanted: Iterable[bytes]) -> None:
        """Replace the set that a viewer watches. Whether it may was decided before."""
        after = set(wanted)
        for opaque in [opaque for opaque in viewer.streams if opaque not in after]:
            self._leave(viewer, opaque)
        for opaque in after - viewer.streams.keys():
            self._join(viewer, opaque)

    def _join(self, viewer: Viewer, opaque: bytes) -> None:
        stream = self._streams.get(opaque)
        is_new = stream is None
        if stream is None:
            stream = self._streams[opaque] = WatchedStream(opaque)
        if stream.leaving is not None:
            stream.leaving.cancel()
            stream.leaving = None
        viewer.streams[opaque] = stream
        stream.add(viewer)
        if is_new and self._upstream is not None:
            self._upstream.watch(opaque)

    def _leave(self, viewer: Viewer, opaque: bytes) -> None:
        stream = viewer.streams.pop(opaque)
        stream.positions.pop(viewer, None)
        if not stream.positions:
            loop = asyncio.get_running_loop()
            stream.leaving = loop.call_later(LINGER_SECONDS, self._forget, opaque)

    def _forget(self, opaque: bytes) -> None:
        del self._streams[opaque]
        if self._upstream is not None:
            self._upstream.unwatch(opaque)

    def forget_all(self) -> None:
        """Every stream has another name: what is kept under the old ones is of no use."""
        for stream in self._streams.values():
            if stream.leaving is not None:
                stream.leaving.cancel()
            for viewer in tuple(stream.positions):
                viewer.streams.pop(stream.opaque, None)
        self._streams.clear()

    # --- from the feed ----------------------------------------------------------------------

    def connect(self, upstream: Upstream) -> None:
        """The hub is there: ask for everything that is watched."""
        self._upstream = upstream
        for opaque in self._streams:
            upstream.watch(opaque)

    def disconnect(self) -> None:
        """The hub is gone: viewers see their streams starting."""
        self._upstream = None
        for stream in self._streams.values():
            stream.clear()
            self._set_state(stream, STARTING)

    def on_fragment(self, opaque: bytes, sealed: bytes) -> None:
        """A sealed fragment; one of a stream that nobody asked for is dropped."""
        stream = self._streams.get(opaque)
        if stream is None:
            return
        try:
            stream.on_fragment(sealed)
        except HeaderError as error:
            log.warning("dropped a live fragment: %s", error)

    def on_state(self, opaque: bytes, state_json: bytes) -> None:
        """What a stream is doing."""
        stream = self._streams.get(opaque)
        if stream is None or len(state_json) > STATE_BYTES_MAX:
            return
        try:
            content = json.loads(state_json)
            state = content["state"]
        except (ValueError, KeyError, TypeError):
            log.warning("dropped a state that cannot be read")
            return
        stream.has_stills = content.get("stills", True) is True
        self._set_state(stream, str(state))

    def _set_state(self, stream: WatchedStream, state: str) -> None:
        if state == stream.state:
            return
        stream.state = state
        if state != RUNNING:
            stream.forget_pictures()
        for viewer in stream.positions:
            viewer.tell({"stream": stream.opaque.hex(), "state": state})
