"""The receiving loop: from the socket's bytes to tracks and messages.

Reads go straight into large chunks. One loop walks them; a packet that merely continues a
fragmented NAL unit costs one unpack, four comparisons and one move, which closes the gap that its
headers left: a picture becomes one piece of memory. To keep a view of each packet instead took a
third longer, because the garbage collector then looks after 12,000 more objects a second. 32
cameras of 4 Mbit/s send so many packets, and a microsecond here is one per cent of a core.
"""

import struct
from collections.abc import Callable
from typing import Final

from keepsight.lan.rtsp.chunk import CHUNK_BYTES, Chunk
from keepsight.lan.rtsp.message import DOLLAR, Request, Response, parse_message
from keepsight.lan.rtsp.rtp import FragmentRun, RtpTrack

READ_BYTES_MIN: Final = 8 * 1024
"""Less room than this at the end of a chunk begins a new one."""
FRAMING_BYTES: Final = 4
MARKER: Final = 0x00800000
"""The RTP marker in the first four bytes."""
FRAGMENT_END: Final = 0x40
"""In the last byte before a fragment's data: FU-A and FU agree."""

_LOOK: Final = struct.Struct(">IIQI").unpack_from


class Receiver:
    """Memory and position of one connection's incoming bytes."""

    def __init__(
        self,
        run: FragmentRun,
        on_message: Callable[[Request | Response], None],
    ) -> None:
        self._run = run
        self._on_message = on_message
        self.on_chunk: Callable[[], None] = lambda: None
        """Called when a new chunk begins."""
        self._chunk = Chunk()
        self._begin = 0
        self._end = 0
        self._tracks: dict[int, RtpTrack] = {}
        self._controls: dict[int, Callable[[bytes], None]] = {}
        self.chunks = 0
        """Begun so far; each is CHUNK_BYTES of received data."""
        self.strays = 0
        """Interleaved packets on channels nobody set up."""

    def add_track(self, channel: int, track: RtpTrack) -> None:
        """Packets on this channel are this track's."""
        self._tracks[channel] = track

    def add_control(self, channel: int, on_rtcp: Callable[[bytes], None]) -> None:
        """Packets on this channel are RTCP."""
        self._controls[channel] = on_rtcp

    def room(self) -> memoryview:
        """Where to receive next; at least READ_BYTES_MIN long."""
        if CHUNK_BYTES - self._end < READ_BYTES_MIN:
            self._turn()
        return self._chunk.view[self._end : CHUNK_BYTES]

    def _turn(self) -> None:
        """Begin a new chunk with the unfinished item of the old one."""
        for track in self._tracks.values():
            track.on_chunk()
        self.on_chunk()
        self.chunks += 1
        fresh = Chunk()
        rest = self._end - self._begin
        fresh.data[:rest] = self._chunk.view[self._begin : self._end]
        self._chunk, self._begin, self._end = fresh, 0, rest

    def received(self, count: int) -> None:
        """`count` bytes were written into `room()`.

        Raises:
            MessageError: the bytes are not RTSP.
            ParameterSetError: the camera announces pictures it cannot mean.
        """
        self._end += count
        self._walk()

    def packet(self, channel: int, data: bytes) -> None:
        """Take one datagram as if it had come interleaved. Raises like `received`."""
        size = len(data) + FRAMING_BYTES
        if CHUNK_BYTES - self._end < size:
            self._turn()
        start = self._end
        framing = DOLLAR << 24 | channel << 16 | len(data)
        self._chunk.data[start : start + FRAMING_BYTES] = framing.to_bytes(4, "big")
        self._chunk.data[start + FRAMING_BYTES : start + size] = data
        self.received(size)

    def _walk(self) -> None:
        run = self._run
        data, view = self._chunk.data, self._chunk.view
        position, end = self._begin, self._end
        head, expect, stamp, fragment = run.head, run.expect, run.stamp, run.fragment
        shift, skip, step, fill = run.shift, run.skip, (head & 0xFFFF) + 4, run.fill
        while True:
            this_head, this_expect, this_stamp, this_fragment = _LOOK(data, position)
            # Bytes behind `end` are zero, so that a cut header is never taken for a whole one.
            if (
                this_expect == expect
                and this_head == head
                and this_stamp == stamp
                and this_fragment >> shift == fragment
            ):
                stop = position + step
                if stop > end:
                    break
                position += skip
                view[fill : fill + stop - position] = view[position:stop]
                fill += stop - position
                expect += 1
                position = stop
                continue
            if (
                this_expect | MARKER == expect | MARKER
                and this_stamp == stamp
                and (this_fragment >> shift) & ~FRAGMENT_END == fragment
                and this_head >> 16 == head >> 16
                and (this_head & 0xFFFF) + FRAMING_BYTES > skip
            ):
                # The last piece of the unit, or one of another length.
                stop = position + (this_head & 0xFFFF) + FRAMING_BYTES
                if stop > end:
                    break
                position += skip
                view[fill : fill + stop - position] = view[position:stop]
                fill += stop - position
                expect += 1
                position = stop
                if (this_fragment >> shift) & FRAGMENT_END or this_expect & MARKER:
                    run.expect, run.fill = expect, fill
                    run.on_end((this_fragment >> shift) & FRAGMENT_END, this_expect & MARKER)
                    head = -1
                continue
            run.expect, run.fill = expect, fill
            stop = self._item(position, end)
            if stop == position:
                break
            position = stop
            head, expect, stamp, fragment = run.head, run.expect, run.stamp, run.fragment
            shift, skip, step, fill = run.shift, run.skip, (head & 0xFFFF) + 4, run.fill
        run.expect, run.fill = expect, fill
        self._begin = position

    def _item(self, position: int, end: int) -> int:
        """Take the item at `position`; returns its end, or `position` if it is unfinished."""
        if end - position < FRAMING_BYTES:
            return position
        data = self._chunk.data
        if data[position] == DOLLAR:
            start = position + FRAMING_BYTES
            stop = start + (data[position + 2] << 8 | data[position + 3])
            if stop > end:
                return position
            channel = data[position + 1]
            track = self._tracks.get(channel)
            if track is not None:
                track.packet(self._chunk, start, stop)
            elif (control := self._controls.get(channel)) is not None:
                control(bytes(data[start:stop]))
            else:
                self.strays += 1
            return stop
        parsed = parse_message(data, position, end)
        if parsed is None:
            return position
        self._on_message(parsed[0])
        return parsed[1]
