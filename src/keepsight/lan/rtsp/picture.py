"""From NAL units to pictures; what H.264 and H.265 have in common.

A picture is put together where it was received: each piece moves over the headers between it and
the piece before, and the 4-byte length that MP4 wants before each NAL unit goes where an RTP header
was. So a picture is one part for each receive chunk that it touches. Parameter sets, delimiters and
filler are taken out.

A picture ends with the marker bit, or where the timestamp changes. A picture that misses packets is
dropped whole: a decoder shows grey or smeared blocks from it, and a recording of it would look like
tampering. The next one carries is_after_loss.
"""

from typing import Final, Protocol

from keepsight.lan.rtsp.chunk import CHUNK_BYTES, Chunk
from keepsight.lan.rtsp.rtp import FragmentRun
from keepsight.lan.rtsp.sps import ParameterSetError, parameter_set_key, parse_sps
from keepsight.lan.rtsp.unit import Buffer, VideoCodec, VideoFormat

PICTURE_BYTES_MAX: Final = 4 * 1024 * 1024
PICTURE_PARTS_MAX: Final = 8192
PICTURE_CHUNKS_MAX: Final = 32
"""Receive chunks that an unfinished picture may keep alive."""
PARAMETER_SETS_MAX: Final = 16
SPARSE_PART: Final = 8
"""Pictures are copied out of chunks of which they fill less than this part."""
NO_PART: Final = -1

_NOTHING: Final = bytearray()


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
        """Bytes in `_parts`; the open part, `_part_begin` to the run's `fill`, comes on top."""
        self._chunk: Chunk | None = None
        self._part_begin = NO_PART
        self._stamp = -1
        self._done_stamp = -1
        self._chunks = 0
        self._is_keyframe = False
        self._chunk_bytes = 0
        self._is_sparse = False
        """The chunk before held so little of pictures that views would keep mostly junk alive."""
        self._has_picture = False
        self._is_broken = False
        self._is_suspect = False
        self._is_after_loss = False
        self._ends_by_stamp = False
        self._fragment_kind = -1
        self._fragment_parts = 0
        self._fragment_size = 0
        self._fragment_chunk = _NOTHING
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
        # H.264: first_mb_in_slice 0 is a single bit 1; H.265: first_slice_segment_in_pic_flag.
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
        if self._has_picture or self._total():
            self._is_broken = True

    def _total(self) -> int:
        """Bytes of the picture so far."""
        if self._part_begin == NO_PART:
            return self._size
        return self._size + self._run.fill - self._part_begin

    def on_chunk(self) -> None:
        """The picture goes on in another chunk; give it up if it keeps too many alive."""
        self._close_part()
        self._chunk = None
        self._run.head = -1
        self._is_sparse = self._chunk_bytes < CHUNK_BYTES // SPARSE_PART
        self._chunk_bytes = 0
        if not self._parts:
            self._chunks = 0
            return
        self._chunks += 1
        if self._chunks > PICTURE_CHUNKS_MAX:
            self._give_up()

    def _close_part(self) -> None:
        if self._part_begin != NO_PART and self._chunk is not None:
            self._parts.append(self._chunk.view[self._part_begin : self._run.fill])
            size = self._run.fill - self._part_begin
            self._size += size
            self._chunk_bytes += size
        self._part_begin = NO_PART

    def _enter(self, chunk: Chunk) -> None:
        """Everything before `fill` in the chunk belongs to a picture; a new chunk is free."""
        if self._chunk is not chunk:
            self._close_part()
            self._chunk = chunk
            self._run.fill = 0

    def _discard(self) -> None:
        self._part_begin = NO_PART
        self._parts = []
        self._size = 0
        self._fragment_kind = -1

    def _give_up(self) -> None:
        self._is_broken = self._is_after_loss = True
        self._run.head = -1
        self._discard()

    def _begin(self, stamp: int) -> None:
        """The timestamp changed: finish what is there, whether or not its marker came."""
        if self._has_picture or self._is_broken:
            self._finish()
        self._discard()
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

    def _nal(self, chunk: Chunk, begin: int, stop: int) -> None:
        """A whole NAL unit, alone in its packet or among others."""
        size = stop - begin
        if size < self.header_bytes:
            self._is_broken = True
            return
        if not self._is_wanted(self.kind_of(chunk.data[begin]), chunk, begin, stop):
            return
        self._enter(chunk)
        run, length = self._run, size.to_bytes(4, "big")
        if run.fill + 4 > begin:
            # Right behind another one of an aggregate: no header to write the length over.
            self._close_part()
            self._parts += (length, chunk.view[begin:stop])
            self._size += size + 4
            run.fill = stop
            if len(self._parts) > PICTURE_PARTS_MAX:
                self._give_up()
            return
        if self._part_begin == NO_PART:
            self._part_begin = run.fill = begin - 4
        chunk.data[run.fill : run.fill + 4] = length
        self._move(chunk, run.fill + 4, begin, stop)

    def _move(self, chunk: Chunk, to: int, begin: int, stop: int) -> None:
        """Close the gap before [begin, stop): it goes to `to`, and the picture ends behind it."""
        self._run.fill = to + stop - begin
        if to != begin:
            chunk.view[to : self._run.fill] = chunk.view[begin:stop]

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
        self._enter(chunk)
        run = self._run
        if header:
            if self._fragment_kind >= 0:
                self._drop_fragment()
            kind = self.kind_of(header[0])
            if kind in self.picture_kinds:
                self._picture_nal(kind, chunk.data[begin] if begin < stop else 0)
            else:
                self._close_part()  # So that it can be taken out again.
            front = 4 + len(header)
            if self._part_begin == NO_PART:
                self._part_begin = run.fill = begin - front
            self._fragment_kind = kind
            self._fragment_parts = len(self._parts)
            self._fragment_size = self._total()
            self._fragment_chunk = chunk.data
            self._fragment_begin = run.fill
            chunk.data[run.fill + 4 : run.fill + front] = header
            run.fill += front
        elif self._fragment_kind < 0:
            self._is_broken = self._is_after_loss = True
            return False
        elif self._part_begin == NO_PART:
            self._part_begin = run.fill = begin
        self._move(chunk, run.fill, begin, stop)
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
        kind, begin = self._fragment_kind, self._fragment_begin
        self._fragment_kind = -1
        size = self._total() - self._fragment_size - 4
        self._fragment_chunk[begin : begin + 4] = size.to_bytes(4, "big")
        if self._total() > PICTURE_BYTES_MAX:
            self._give_up()
        elif kind in self.set_kinds or kind in self.dropped_kinds:
            self._close_part()
            index = self._fragment_parts
            if kind in self.set_kinds:
                self.add_parameter_set(b"".join(self._parts[index:])[4:])
            del self._parts[index:]
            self._size = self._fragment_size

    def _finish(self) -> None:
        """The picture is complete, or as complete as it will be."""
        if self._fragment_kind >= 0:
            self._drop_fragment()
        if not self._has_picture and not self._is_broken:
            return
        self._close_part()
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
        if self._is_sparse:
            parts = [b"".join(parts)]
        if self._has_new_sets and is_keyframe:
            self._has_new_sets = False
            described = self._describe()
            if described:
                self._sink.on_video_format(*described)
        self._sink.on_picture(
            self._stamp, parts, size, is_keyframe=is_keyframe, is_after_loss=is_after_loss
        )
