"""H.264 over RTP (RFC 6184, packetization modes 0 and 1): single NAL units, STAP-A, FU-A."""

from typing import Final

from keepsight.lan.rtsp.chunk import Chunk
from keepsight.lan.rtsp.picture import PictureAssembler

STAP_A: Final = 24
FU_A: Final = 28
START: Final = 0x80
END: Final = 0x40


class H264Depacketizer(PictureAssembler):
    """Payloads to pictures."""

    codec = "h264"
    header_bytes = 1
    set_kinds = (7, 8)
    sps_kind = 7
    keyframe_kinds = frozenset({5})
    picture_kinds = frozenset({1, 2, 3, 4, 5})
    dropped_kinds = frozenset({0, 9, 10, 11, 12, *range(22, 32)})

    def kind_of(self, first_byte: int) -> int:
        """The lower five bits."""
        return first_byte & 0x1F

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
        kind = chunk.data[begin] & 0x1F
        may_run = False
        if kind == FU_A:
            may_run = self._piece(chunk, begin, stop)
        elif kind == STAP_A:
            self._split(chunk, begin + 1, stop)
        elif 0 < kind < STAP_A:
            self._nal(chunk, begin, stop)
        else:
            # STAP-B, MTAP and FU-B belong to interleaved mode, which SDP offers and we never take.
            self._is_broken = True
        if is_marked and not self._ends_by_stamp:
            self._finish()
            return False
        return may_run

    def _piece(self, chunk: Chunk, begin: int, stop: int) -> bool:
        if stop - begin < 3:
            self._is_broken = True
            return False
        indicator, flags = chunk.data[begin], chunk.data[begin + 1]
        header = bytes(((indicator & 0xE0) | (flags & 0x1F),)) if flags & START else b""
        if not self._fragment(chunk, begin + 2, stop, header):
            return False
        if flags & END:
            self._end_fragment()
            return False
        run = self._run
        run.fragment = indicator << 8 | (flags & 0x1F)
        run.shift = 16
        run.skip = 18
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
