"""One RTP track (RFC 3550): header, sequence numbers, loss, reception statistics.

The common packet, one more piece of a fragmented NAL unit, never comes here: `receive.py` takes it
in its loop as long as it looks exactly as `FragmentRun` says. Everything else comes through
`RtpTrack.packet`.
"""

import struct
from typing import TYPE_CHECKING, Final, Protocol

from keepsight.lan.rtsp.chunk import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable

RTP_HEADER_BYTES: Final = 12
LATE_PACKETS_MAX: Final = 256
"""A sequence number so far back is a late duplicate; further back the sender started anew."""

_HEADER: Final = struct.Struct(">BBHII").unpack_from


class FragmentRun:
    """How the next packet must begin to be the next piece of the same fragmented NAL unit.

    `head` is `$`, channel and length as one number, -1 while there is no run; `expect` is the first
    four RTP bytes with the next sequence number; `stamp` is timestamp and SSRC; `fragment` is what
    precedes the data in the payload, as the upper bits of four bytes, shifted right by `shift`;
    the data begin `skip` bytes after the `$` and go to `fill` in the same chunk. `on_end` is
    called, with whether the end bit and the marker were set, when the run took a piece with either.
    """

    __slots__ = ("expect", "fill", "fragment", "head", "on_end", "shift", "skip", "stamp")

    def __init__(self) -> None:
        self.head = -1
        self.expect = 0
        self.stamp = 0
        self.fragment = 0
        self.shift = 0
        self.skip = 0
        self.fill = 0
        self.on_end: Callable[[int, int], None] = _nothing


def _nothing(_end: int, _marker: int) -> None:
    """No run was ever armed."""


class Depacketizer(Protocol):
    """Turns payloads into access units."""

    def payload(
        self,
        chunk: Chunk,
        begin: int,
        stop: int,
        stamp: int,
        *,
        is_marked: bool,
    ) -> bool:
        """Take the payload at [begin, stop), which is never empty.

        Returns:
            True if the depacketizer filled in `fragment`, `shift`, `skip` and `fill` of the run
            and the next packet may go there directly.
        """
        ...

    def lose(self) -> None:
        """Packets before the next payload are missing."""
        ...

    def on_chunk(self) -> None:
        """A new receive chunk begins: an unfinished unit now keeps one chunk more alive."""
        ...


class RtpTrack:
    """The receiving end of one track."""

    def __init__(self, payload_type: int, depacketizer: Depacketizer, run: FragmentRun) -> None:
        self._payload_type = payload_type
        self._depacketizer = depacketizer
        self._run = run
        self._run_began = 0
        self._next = -1
        self.ssrc = -1
        """Of the sender; -1 before its first packet."""
        self.received = 0
        """Packets, without those in the current run."""
        self.lost = 0
        """Packets, by sequence gaps."""
        self.strange = 0
        """Packets that were not ours to read: other payload type, other version, too short."""
        self._cycles = 0

    @property
    def highest_sequence(self) -> int:
        """Extended highest sequence number received (RFC 3550 A.1)."""
        return self._cycles | ((self._next - 1) & 0xFFFF)

    def settle(self) -> None:
        """Account for the packets that the run took since it was armed."""
        run = self._run
        taken = run.expect - self._run_began
        if taken:
            self.received += taken
            self._run_began = run.expect
            self._next = run.expect & 0xFFFF
            if not self._next:
                self._cycles += 0x10000

    def on_chunk(self) -> None:
        """Pass on that a new receive chunk begins."""
        self.settle()
        self._depacketizer.on_chunk()

    def packet(self, chunk: Chunk, start: int, stop: int) -> None:
        """Take the RTP packet at [start, stop); four bytes of framing lie before it."""
        run = self._run
        if run.expect != self._run_began:
            self.settle()
        run.head = -1
        if stop - start < RTP_HEADER_BYTES:
            self.strange += 1
            return
        first, second, sequence, stamp, ssrc = _HEADER(chunk.data, start)
        if first >> 6 != 2 or second & 0x7F != self._payload_type:
            self.strange += 1
            return
        begin = start + RTP_HEADER_BYTES
        if first != 0x80:
            begin, stop = self._trim(chunk, begin, stop, first)
        if (sequence != self._next or ssrc != self.ssrc) and not self._gap(sequence, ssrc):
            return
        self._next = (sequence + 1) & 0xFFFF
        if not self._next:
            self._cycles += 0x10000
        self.received += 1
        if begin >= stop:
            return
        may_run = self._depacketizer.payload(chunk, begin, stop, stamp, is_marked=second >= 0x80)
        if may_run and self._next and first == 0x80:
            run.head = int.from_bytes(chunk.data[start - 4 : start], "big")
            run.expect = self._run_began = first << 24 | second << 16 | self._next
            run.stamp = stamp << 32 | ssrc

    def _gap(self, sequence: int, ssrc: int) -> bool:
        """Judge an unexpected packet. Returns False to drop it."""
        if self._next < 0:
            self.ssrc = ssrc
            return True
        ahead = (sequence - self._next) & 0xFFFF
        if ssrc == self.ssrc:
            if ahead >= 0x10000 - LATE_PACKETS_MAX:
                return False
            if ahead < 0x8000:
                self.lost += ahead
        if sequence < self._next and ahead < 0x8000:
            self._cycles += 0x10000
        self.ssrc = ssrc
        self._depacketizer.lose()
        return True

    def _trim(self, chunk: Chunk, begin: int, stop: int, first: int) -> tuple[int, int]:
        """Leave out contributing sources, header extension and padding."""
        if first & 0x20:
            padding = chunk.data[stop - 1]
            stop -= padding
        begin += 4 * (first & 0x0F)
        if first & 0x10:
            if begin + 4 > stop:
                return stop, stop
            begin += 4 + 4 * int.from_bytes(chunk.data[begin + 2 : begin + 4], "big")
        return begin, stop
