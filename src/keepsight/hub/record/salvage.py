"""Reads a segment file whose index entry is missing, up to its last good record.

Headers are walked from the front; only the tail is opened, because only what was written after the
last sync can be torn. The file's own header is believed no more than a fragment's: everything is
compared with the folder it lies in and proven by the key.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepsight.hub.mp4_reading import MovieError, read_duration_us, read_tracks
from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.segment import (
    PART_SUFFIX,
    SegmentError,
    SegmentHead,
    open_secret,
    read_head,
    read_name,
)
from keepsight.hub.recording import SEGMENT_HEADER_BYTES, FragmentRef, Segment
from keepsight.seal.frame import Expectation, Refusal, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import (
    HEADER_BYTES,
    Context,
    Header,
    HeaderError,
    Kind,
    Stream,
    read_header,
)

TAIL_US: Final = 6_000_000
"""A record this much older than the newest was synced long before; it is not opened."""
TAIL_RECORDS_MIN: Final = 4
RECORDS_MAX: Final = 100_000
_KINDS: Final = (Kind.INIT, Kind.STILL, Kind.GOP)


class SalvageError(Exception):
    """Nothing in the file can be used, and why."""


class UnbegunError(SalvageError):
    """A `.part` whose first picture never arrived whole: what any crash may leave."""


@dataclass(frozen=True, slots=True)
class Salvage:
    """A segment read back from its file."""

    segment: Segment
    good_bytes: int
    """The file's length up to the end of the last good record."""


def salvage(
    path: Path, household: bytes, camera: bytes, stream: Stream, day_keys: DayKeys
) -> Salvage:
    """Read a segment file.

    Args:
        path: a `.ksg` or `.ksg.part`.
        household: whose folder it lies in.
        camera: whose folder it lies in.
        stream: whose folder it lies in.
        day_keys: open the file's secret.

    Raises:
        SalvageError: no picture in it can be opened.
        SegmentError: it is no segment file, or lies in a folder it does not belong to.
        keepsight.seal.keys.UnwrapError: its key does not open.
        OSError: the disk refused.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _Reader(descriptor, path).read(household, camera, stream, day_keys)
    finally:
        os.close(descriptor)


class _Reader:
    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        self._size = os.fstat(descriptor).st_size
        self._is_part = path.name.endswith(PART_SUFFIX)

    def read(self, household: bytes, camera: bytes, stream: Stream, day_keys: DayKeys) -> Salvage:
        if self._is_part and self._size < SEGMENT_HEADER_BYTES:
            raise UnbegunError("nothing had been written yet")
        head = read_head(os.pread(self._descriptor, SEGMENT_HEADER_BYTES, 0))
        self._check(head, household, camera, stream)
        if head.is_erased:
            raise SalvageError("the recording was deleted: its key is erased")
        rk = day_keys.for_reading(camera, stream, self._path.parent.name, head.context.epoch)
        key = WindowKey(open_secret(head, rk), head.context)
        records = self._walk(head.context, key.commitment)
        if self._is_part:
            records, last = self._prove(key, records)
        elif len(records) > 1:
            # Once named, everything was durable: a record that does not open is damage, which is
            # named when it is played, and no reason to leave out what follows.
            last = self._open(key, *records[-1]) or b""
        else:
            raise SalvageError("no whole picture in it")
        return self._describe(head, key, records, last)

    def _check(self, head: SegmentHead, household: bytes, camera: bytes, stream: Stream) -> None:
        name = read_name(self._path.name)
        context = head.context
        found = (context.household, context.camera, context.stream, context.writer, head.start_us)
        if name is None or found != (household, camera, stream, name.writer, name.start_us):
            raise SegmentError("the file belongs to another household, camera, stream or name")

    def _walk(self, context: Context, commitment: bytes) -> list[tuple[int, Header]]:
        """(offset, header) of every record that is whole and in order."""
        out: list[tuple[int, Header]] = []
        at = SEGMENT_HEADER_BYTES
        while at < self._size and len(out) < RECORDS_MAX:
            try:
                header = read_header(os.pread(self._descriptor, HEADER_BYTES, at))
            except HeaderError:
                break
            end = at + HEADER_BYTES + header.length
            claimed = Context(
                header.household, header.camera, context.stream, header.epoch, header.writer
            )
            if (
                claimed != context
                or header.stream != context.stream
                or header.commitment != commitment
                or header.sequence != len(out)
                or header.kind not in _KINDS
                or end > self._size
            ):
                break
            out.append((at, header))
            at = end
        return out

    def _open(self, key: WindowKey, offset: int, header: Header) -> bytes | None:
        sealed = os.pread(self._descriptor, HEADER_BYTES + header.length, offset)
        expected = Expectation((Kind(header.kind),), header.sequence, header.sequence)
        try:
            return open_sealed(key, expected, sealed).payload
        except Refusal:
            return None

    def _prove(
        self, key: WindowKey, records: list[tuple[int, Header]]
    ) -> tuple[list[tuple[int, Header]], bytes]:
        """The records up to the first in the tail that does not open, and the last payload."""
        if len(records) < 2:
            raise UnbegunError("its first picture had not been written whole")
        tail_us = records[-1][1].wall_us - TAIL_US
        first = max(0, len(records) - TAIL_RECORDS_MIN)
        while first > 0 and records[first][1].wall_us > tail_us:
            first -= 1
        for index in range(first, len(records)):
            if self._open(key, *records[index]) is None:
                records = records[:index]
                break
        while len(records) > 1:
            last = self._open(key, *records[-1])
            if last is not None:
                return records, last
            records = records[:-1]
        raise SalvageError("no picture in it opens")

    def _describe(
        self, head: SegmentHead, key: WindowKey, records: list[tuple[int, Header]], last: bytes
    ) -> Salvage:
        init = self._open(key, *records[0])
        if init is None or records[0][1].kind != Kind.INIT:
            raise SalvageError("its first record does not open")
        try:
            tracks = read_tracks(init)
            lasts_us = read_duration_us(last, tracks)
        except MovieError as error:
            raise SalvageError(f"its content is not what this version writes: {error}") from error
        context = head.context
        segment = Segment(
            camera=context.camera, stream=context.stream, writer=context.writer,
            epoch=context.epoch, start_us=head.start_us,
            end_us=records[-1][1].wall_us + lasts_us,
            codec=",".join(track.codec_string for track in tracks),
            width=tracks[0].width, height=tracks[0].height,
            fragments=tuple(
                FragmentRef(h.sequence, Kind(h.kind), h.wall_us, HEADER_BYTES + h.length)
                for _, h in records
            ),
        )  # fmt: skip
        offset, header = records[-1]
        return Salvage(segment, offset + HEADER_BYTES + header.length)
