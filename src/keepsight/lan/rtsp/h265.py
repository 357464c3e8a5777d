"""H.265 over RTP (RFC 7798 without DONL): single NAL units, aggregation packets, FUs."""

from typing import Final

from keepsight.lan.rtsp.chunk import Chunk
from keepsight.lan.rtsp.picture import PictureAssembler

AGGREGATION: Final = 48
FRAGMENTATION: Final = 49
START: Final = 0x80
END: Final = 0x40


class H265Depacketizer(PictureAssembler):
    """Payloads to pictures."""

    codec = "h265"
    header_bytes = 2
    set_kinds = (32, 33, 34)
    sps_kind = 33
    keyframe_kinds = frozenset(range(16, 22))
    """Intra random access points; a CRA picture is one, what leads it may be undecodable."""
    picture_kinds = frozenset(range(32))
    dropped_kinds = frozenset({35, 36, 37, 38, *range(41, 64)})

    def kind_of(self, first_byte: int) -> int:
        """Bits 1 to 6."""
        return first_byte >> 1 & 0x3F

    def payload(
        self,
        chunk: Chunk,
        begin: int,
        stop: int,
        stamp: int,
        *,
        is_marked: bool,
    ) -> bool:
        """See `rtp.Depacketizer`."""
        if stamp != self._stamp:
            self._begin(stamp)
        kind = chunk.data[begin] >> 1 & 0x3F
        may_run = False
        if stop - begin < 3:
            self._is_broken = True
        elif kind == FRAGMENTATION:
            may_run = self._piece(chunk, begin, stop)
        elif kind == AGGREGATION:
            self._split(chunk, begin + 2, stop)
        elif kind < AGGREGATION:
            self._nal(chunk, begin, stop)
        if is_marked and not self._ends_by_stamp:
            self._finish()
            return False
        return may_run

    def _piece(self, chunk: Chunk, begin: int, stop: int) -> bool:
        if stop - begin < 4:
            self._is_broken = True
            return False
        first, second, flags = chunk.data[begin], chunk.data[begin + 1], chunk.data[begin + 2]
        header = b""
        if flags & START:
            header = bytes(((first & 0x81) | (flags & 0x3F) << 1, second))
        if not self._fragment(chunk, begin + 3, stop, header):
            return False
        if flags & END:
            self._end_fragment()
            return False
        run = self._run
        run.fragment = first << 16 | second << 8 | (flags & 0x3F)
        run.shift = 8
        run.skip = 19
        return True

    def _split(self, chunk: Chunk, begin: int, stop: int) -> None:
        while begin + 2 < stop:
            size = chunk.data[begin] << 8 | chunk.data[begin + 1]
            begin += 2
            if size > stop - begin:
                self._is_broken = True
                return
            self._nal(chunk, begin, begin + size)
            begin += size
