"""From NAL units to pictures; what H.264 and H.265 have in common.

A part of a picture is a view into the receive chunk. The 4-byte length that MP4 wants before each
NAL unit is written over the RTP header that lay there, so that nothing is copied and most packets
are one part. Parameter sets, delimiters and filler are taken out.

A picture ends with the marker bit, or where the timestamp changes. A picture that misses packets is
dropped whole: a decoder shows grey or smeared blocks from it, and a recording of it would look like
tampering. The next one carries is_after_loss.
"""

from collections.abc import Callable
from typing import Final, Protocol

from keepsight.lan.rtsp.chunk import Chunk
from keepsight.lan.rtsp.rtp import FragmentRun
from keepsight.lan.rtsp.sps import ParameterSetError, parameter_set_key, parse_sps
from keepsight.lan.rtsp.unit import Buffer, VideoCodec, VideoFormat

PICTURE_BYTES_MAX: Final = 4 * 1024 * 1024
PICTURE_PARTS_MAX: Final = 8192
PICTURE_CHUNKS_MAX: Final = 32
"""Receive chunks that an unfinished picture may keep alive."""
PARAMETER_SETS_MAX: Final = 16


class PictureSink(Protocol):
    """Takes finished pictures; a picture's stamp is its 32-bit RTP timestamp."""

    def on_video_format(self, video: VideoFormat, reorder_pictures: int) -> None:
        """The pictures that follow need this to be decoded."""
        ...

    def on_picture(
        self,
        stamp: int,
        parts: list[Buffer],
        size_bytes: int,
        *,
        is_keyframe: bool,
        is_after_loss: bool,
    ) -> None:
        """One picture, in decoding order."""
        ...


class PictureAssembler:
    """Collects the NAL units of one picture; the codecs' depacketizers derive from it."""

    codec: VideoCodec
    header_bytes: int
    """Of a NAL unit."""
    set_kinds: tuple[int, ...]
    """NAL unit types of the parameter sets, in the order of VideoFormat.parameter_sets."""
    sps_kind: int
    keyframe_kinds: frozenset[int]
    dropped_kinds: frozenset[int]
    """Delimiters, ends, filler, reserved: nothing a decoder needs."""
    picture_kinds: frozenset[int]

    def __init__(self, run: FragmentRun, sink: PictureSink, sets: list[bytes]) -> None:
        self._run = run
        run.on_end = self._end_run
        self._sink = sink
        self._parts: list[Buffer] = []
        self._size = 0
        self._stamp = -1
        self._done_stamp = -1
        self._chunks = 0
        self._is_keyframe = False
        self._has_picture = False
        self._is_broken = False
        self._is_suspect = False
        self._is_after_loss = False
        self._ends_by_stamp = False
        self._fragment_kind = -1
        self._fragment_index = 0
        self._fragment_chunk = bytearray()
        self._fragment_begin = 0
        self._sets: dict[tuple[int, int], bytes] = {}
        self._set_values: frozenset[bytes] = frozenset()
        self._has_new_sets = False
        self.dropped = 0
        """Pictures dropped because they were broken."""
        for nal in sets:
            self.add_parameter_set(nal)

    def kind_of(self, first_byte: int) -> int:
        """The NAL unit type in the first byte of its header."""
        raise NotImplementedError

    def is_first_slice(self, after_header: int) -> bool:
        """Whether the byte after a slice's NAL header begins a picture's first slice."""
        # H.264: first_mb_in_slice is ue(0) = '1'; H.265: first_slice_segment_in_pic_flag.
        return after_header >= 0x80

    def announced_format(self) -> VideoFormat | None:
        """What the parameter sets so far describe; None while some are missing.

        Raises:
            ParameterSetError: they are broken or absurd.
        """
        described = self._describe()
        return described[0] if described else None

    def _describe(self) -> tuple[VideoFormat, int] | None:
        kinds = {kind for kind, _ in self._sets}
        if not kinds.issuperset(self.set_kinds):
            return None
        ordered = sorted(self._sets, key=lambda key: (self.set_kinds.index(key[0]), key[1]))
        first = next(self._sets[key] for key in ordered if key[0] == self.sps_kind)
        sps = parse_sps(self.codec, first)
        sets = tuple(self._sets[key] for key in ordered)
        video = VideoFormat(self.codec, sps.width, sps.height, sets, sps.codec_string)
        return video, sps.reorder_pictures

    def add_parameter_set(self, nal: bytes) -> None:
        """Remember one; a broken one is left out, as the picture that needs it will show."""
        if nal in self._set_values:
            return
        try:
            key = parameter_set_key(self.codec, nal)
        except ParameterSetError:
            return
        if key[0] not in self.set_kinds or self._sets.get(key) == nal:
            return
        if key not in self._sets and len(self._sets) >= PARAMETER_SETS_MAX:
            return
        self._sets[key] = nal
        self._set_values = frozenset(self._sets.values())
        self._has_new_sets = True

    def lose(self) -> None:
        """Packets are missing here: what is unfinished is broken, what begins is suspect."""
        self._is_suspect = True
        self._is_after_loss = True
        if self._parts or self._has_picture:
            self._is_broken = True

    def on_chunk(self) -> None:
        """Give up a picture that keeps too much memory alive."""
        if not self._parts:
            self._chunks = 0
            return
        self._chunks += 1
        if self._chunks > PICTURE_CHUNKS_MAX or len(self._parts) > PICTURE_PARTS_MAX:
            self._give_up()

    def _give_up(self) -> None:
        self._is_broken = self._is_after_loss = True
        self._fragment_kind = -1
        self._run.head = -1
        self._parts = []
        self._size = 0

    def _begin(self, stamp: int) -> None:
        """The timestamp changed: finish what is there, whether or not its marker came."""
        if self._has_picture or self._is_broken:
            self._finish()
        self._parts.clear()
        self._size = 0
        self._fragment_kind = -1
        self._stamp = stamp

    def _picture_nal(self, kind: int, after_header: int) -> None:
        """Note a slice. Called before its part is added."""
        if not self._has_picture:
            if not self.is_first_slice(after_header):
                if self._stamp == self._done_stamp:
                    # The camera marks every NAL unit: from now on only the timestamp counts.
                    self._ends_by_stamp = True
                    self._is_broken = self._is_after_loss = True
                elif self._is_suspect:
                    self._is_broken = True
            self._has_picture = True
        if kind in self.keyframe_kinds:
            self._is_keyframe = True

    def _single(self, chunk: Chunk, begin: int, stop: int) -> None:
        """A NAL unit of its own packet: the length goes over the end of the RTP header."""
        size = stop - begin
        kind = self.kind_of(chunk.data[begin])
        if not self._is_wanted(kind, chunk, begin, stop):
            return
        chunk.data[begin - 4 : begin] = size.to_bytes(4, "big")
        self._parts.append(chunk.view[begin - 4 : stop])
        self._size += size + 4

    def _aggregated(self, chunk: Chunk, begin: int, stop: int) -> None:
        """A NAL unit among others in a packet: its length is a part of its own."""
        size = stop - begin
        if size < self.header_bytes:
            self._is_broken = True
            return
        if self._is_wanted(self.kind_of(chunk.data[begin]), chunk, begin, stop):
            self._parts.append(size.to_bytes(4, "big"))
            self._parts.append(chunk.view[begin:stop])
            self._size += size + 4

    def _is_wanted(self, kind: int, chunk: Chunk, begin: int, stop: int) -> bool:
        if self._fragment_kind >= 0:
            self._drop_fragment()
        if kind in self.picture_kinds:
            header_end = begin + self.header_bytes
            self._picture_nal(kind, chunk.data[header_end] if header_end < stop else 0)
            return True
        if kind in self.set_kinds:
            self.add_parameter_set(bytes(chunk.data[begin:stop]))
            return False
        return kind not in self.dropped_kinds

    def _drop_fragment(self) -> None:
        """A fragmented NAL unit never ended."""
        self._is_broken = self._is_after_loss = True
        self._fragment_kind = -1

    def _fragment(self, chunk: Chunk, begin: int, stop: int, header: bytes) -> bool:
        """One piece of a fragmented NAL unit; `begin` is where its data begin.

        `header` is the NAL unit's header for the first piece and empty for the others. Returns True
        if the run may take the next piece.
        """
        if header:
            if self._fragment_kind >= 0:
                self._drop_fragment()
            kind = self.kind_of(header[0])
            if kind in self.picture_kinds:
                self._picture_nal(kind, chunk.data[begin] if begin < stop else 0)
            start = begin - len(header)
            chunk.data[start:begin] = header
            begin = start - 4
            self._fragment_kind = kind
            self._fragment_index = len(self._parts)
            self._fragment_chunk = chunk.data
            self._fragment_begin = begin
        elif self._fragment_kind < 0:
            self._is_broken = self._is_after_loss = True
            return False
        self._parts.append(chunk.view[begin:stop])
        return True

    def _end_run(self, is_ended: int, is_marked: int) -> None:
        """The run took a piece that ends the NAL unit, the picture, or both."""
        self._run.head = -1
        if is_ended:
            self._end_fragment()
        if is_marked and not self._ends_by_stamp:
            self._finish()

    def _end_fragment(self) -> None:
        """Write the length that is now known, and take out what does not belong in a sample."""
        parts, index, kind = self._parts, self._fragment_index, self._fragment_kind
        self._fragment_kind = -1
        size = sum(map(len, parts[index:]))
        begin = self._fragment_begin
        self._fragment_chunk[begin : begin + 4] = (size - 4).to_bytes(4, "big")
        self._fragment_chunk = _NOTHING
        self._size += size
        if self._size > PICTURE_BYTES_MAX or len(parts) > PICTURE_PARTS_MAX:
            self._give_up()
        elif kind in self.set_kinds or kind in self.dropped_kinds:
            self._size -= size
            if kind in self.set_kinds:
                self.add_parameter_set(b"".join(parts[index:])[4:])
            del parts[index:]

    def _finish(self) -> None:
        """The picture is complete, or as complete as it will be."""
        if self._fragment_kind >= 0:
            self._drop_fragment()
        if not self._has_picture and not self._is_broken:
            return
        parts, is_keyframe = self._parts, self._is_keyframe
        size, is_after_loss, is_broken = self._size, self._is_after_loss, self._is_broken
        self._parts = []
        self._size = self._chunks = 0
        self._is_keyframe = self._has_picture = self._is_broken = self._is_suspect = False
        self._done_stamp = self._stamp
        if is_broken:
            self.dropped += 1
            self._is_after_loss = True
            return
        self._is_after_loss = False
        if self._has_new_sets and is_keyframe:
            self._has_new_sets = False
            described = self._describe()
            if described:
                self._sink.on_video_format(*described)
        self._sink.on_picture(
            self._stamp, parts, size, is_keyframe=is_keyframe, is_after_loss=is_after_loss
        )


_NOTHING: Final = bytearray()

Assemble = Callable[[FragmentRun, PictureSink, list[bytes]], PictureAssembler]
