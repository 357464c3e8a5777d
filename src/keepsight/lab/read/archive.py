"""Reads zip archives from their central directory, the way Android does, within limits.

Only what is asked for is inflated. Names that occur twice, entries that lie on top of each other
and sizes that lie make an entry unreadable; the rest of the archive stays readable.

Source: PKWARE APPNOTE 4.3 (local header, central directory, end record). Zip64 is refused, as
Android refuses it.
"""

import mmap
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Protocol, Self

from keepsight.lab.read.limits import (
    ARCHIVE_ENTRIES_MAX,
    ENTRY_BYTES_MAX,
    ENTRY_STREAM_BYTES_MAX,
    FILE_BYTES_MAX,
    INFLATE_RATIO_MAX,
    INFLATED_BYTES_MAX,
    UnreadableArtefact,
)

_END: Final = struct.Struct("<4s4H2IH")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_END_MAGIC: Final = b"PK\x05\x06"
_CENTRAL_MAGIC: Final = b"PK\x01\x02"
_LOCAL_MAGIC: Final = b"PK\x03\x04"
_STORED: Final = 0
_DEFLATED: Final = 8
_COMMENT_BYTES_MAX: Final = 0xFFFF
_RATIO_FREE_BYTES: Final = 1024 * 1024
"""Small entries may shrink as much as they like: they cannot hurt."""
CHUNK_BYTES: Final = 128 * 1024


class Source(Protocol):
    """Bytes that can be read at any offset."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end, none outside."""

    def part(self, offset: int, size: int) -> "Source":
        """Return a range of it."""


class FileSource:
    """A file, or a range of one, read with `pread`: nothing is mapped or kept."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        self._descriptor = descriptor
        self._start = start
        self._size = size

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a plain file.

        Raises:
            UnreadableArtefact: it does not exist, is no plain file, or is too large.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise UnreadableArtefact(f"cannot be opened: {error.strerror}") from error
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > FILE_BYTES_MAX:
            os.close(descriptor)
            raise UnreadableArtefact(f"no plain file of at most {FILE_BYTES_MAX} bytes")
        return cls(descriptor, 0, status.st_size)

    def close(self) -> None:
        """Close the file; ranges of it must not be read afterwards."""
        os.close(self._descriptor)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._size

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end, none outside."""
        length = min(length, self._size - offset)
        if offset < 0 or length <= 0:
            return b""
        return os.pread(self._descriptor, length, self._start + offset)

    def part(self, offset: int, size: int) -> "FileSource":
        """Return a range of it."""
        return FileSource(self._descriptor, self._start + offset, size)


class MemorySource:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer at the end, none outside."""
        return self._data[offset : offset + max(0, length)] if offset >= 0 else b""

    def part(self, offset: int, size: int) -> "MemorySource":
        """Return a range of it."""
        return MemorySource(self._data[offset : offset + size])


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the central directory."""

    name: str
    method: int
    crc: int
    packed_bytes: int
    size_bytes: int
    header_offset: int


class Archive:
    """The central directory of one archive, and its entries on demand."""

    def __init__(self, source: Source) -> None:
        """Read the central directory.

        Raises:
            UnreadableArtefact: no zip archive, or one whose directory contradicts itself.
        """
        self.source = source
        self.end_offset = _find_end(source)
        end = source.read(self.end_offset, _END.size)
        _, disk, start_disk, here, count, size, offset, _ = _END.unpack(end)
        if disk or start_disk or here != count or 0xFFFFFFFF in (size, offset):
            raise UnreadableArtefact("a zip archive in several parts, or zip64")
        if count > ARCHIVE_ENTRIES_MAX or offset + size > self.end_offset:
            raise UnreadableArtefact("the zip directory points outside of the file")
        self.central_offset: int = offset
        self.central_bytes: int = size
        self.entries: dict[str, Entry] = {}
        self.refused: dict[str, str] = {}
        """Entry name to the reason why it cannot be read."""
        self._inflated_bytes = 0
        self._read_directory(source.read(offset, size), count)
        self._refuse_overlaps()

    def _read_directory(self, data: bytes, count: int) -> None:
        at = 0
        for _ in range(count):
            if at + _CENTRAL.size > len(data):
                raise UnreadableArtefact("the zip directory is cut short")
            field = _CENTRAL.unpack_from(data, at)
            if field[0] != _CENTRAL_MAGIC:
                raise UnreadableArtefact("the zip directory is damaged")
            method, crc, packed, size = field[4], field[7], field[8], field[9]
            name_bytes, header_offset = field[10], field[16]
            raw = data[at + _CENTRAL.size : at + _CENTRAL.size + name_bytes]
            name = raw.decode("utf-8", "backslashreplace")
            if name in self.entries:
                self.refused[name] = "the archive holds this name twice"
            self.entries[name] = Entry(name, method, crc, packed, size, header_offset)
            at += _CENTRAL.size + name_bytes + field[11] + field[12]

    def _refuse_overlaps(self) -> None:
        """Refuse entries whose packed bytes reach into the next header: the compact zip bomb."""
        ordered = sorted(self.entries.values(), key=lambda entry: entry.header_offset)
        for entry, following in pairwise(ordered):
            least_end = entry.header_offset + _LOCAL.size + entry.packed_bytes
            if least_end > following.header_offset:
                self.refused[entry.name] = "its bytes overlap those of another entry"
                self.refused[following.name] = "its bytes overlap those of another entry"
        if ordered:
            last = ordered[-1]
            if last.header_offset + _LOCAL.size + last.packed_bytes > self.central_offset:
                self.refused[last.name] = "its bytes reach past the end of the entries"

    def part(self, name: str) -> Source | None:
        """Return the bytes of a stored (not deflated) entry as a range, None if it is deflated.

        Raises:
            UnreadableArtefact: refused, or its header lies.
        """
        entry = self._entry(name, FILE_BYTES_MAX)
        if entry.method != _STORED:
            return None
        return self.source.part(self._data_offset(entry), entry.size_bytes)

    def read(self, name: str, bytes_max: int = ENTRY_BYTES_MAX) -> bytes:
        """Return one entry, inflated, its checksum compared.

        Raises:
            KeyError: there is no such entry.
            UnreadableArtefact: too large, damaged, or refused; the text says which.
        """
        return b"".join(self._chunks(self._entry(name, bytes_max)))

    def read_large(self, name: str, bytes_max: int = ENTRY_BYTES_MAX) -> mmap.mmap:
        """Return one entry as `read` does, in pages of its own.

        Joining pieces, or letting zlib grow its buffer, would hold all of it twice, and the heap
        would keep the room: over five apps that was 5 MB of 47.
        """
        entry = self._entry(name, bytes_max)
        data = mmap.mmap(-1, max(1, entry.size_bytes))
        at = 0
        for piece in self._chunks(entry):
            if at + len(piece) <= len(data):
                data[at : at + len(piece)] = piece
            at += len(piece)
        return data

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield one entry in pieces, for hashing; raises as `read` does, its end included."""
        return self._chunks(self._entry(name, ENTRY_STREAM_BYTES_MAX))

    def _entry(self, name: str, bytes_max: int) -> Entry:
        entry = self.entries[name]
        if name in self.refused:
            raise UnreadableArtefact(self.refused[name])
        if entry.size_bytes > bytes_max:
            raise UnreadableArtefact(f"larger than {bytes_max} bytes when unpacked")
        if entry.method not in (_STORED, _DEFLATED):
            raise UnreadableArtefact(f"packed with method {entry.method}, unknown to Android")
        if (
            entry.size_bytes > _RATIO_FREE_BYTES
            and entry.size_bytes > entry.packed_bytes * INFLATE_RATIO_MAX
        ):
            raise UnreadableArtefact(f"unpacks to more than {INFLATE_RATIO_MAX} times its size")
        if entry.method == _STORED and entry.size_bytes != entry.packed_bytes:
            raise UnreadableArtefact("stored, but with two different sizes")
        return entry

    def _data_offset(self, entry: Entry) -> int:
        name_max = 4 * len(entry.name)
        header = self.source.read(entry.header_offset, _LOCAL.size + name_max)
        if len(header) < _LOCAL.size or header[:4] != _LOCAL_MAGIC:
            raise UnreadableArtefact("its own header is missing")
        field = _LOCAL.unpack_from(header)
        name_bytes, extra_bytes = field[9], field[10]
        raw = header[_LOCAL.size : _LOCAL.size + name_bytes]
        # Only the name has to agree: as in Android, the directory says how the entry is packed.
        if raw.decode("utf-8", "backslashreplace") != entry.name:
            raise UnreadableArtefact("its own header contradicts the directory")
        offset: int = entry.header_offset + _LOCAL.size + name_bytes + extra_bytes
        if offset + entry.packed_bytes > self.source.size:
            raise UnreadableArtefact("its bytes reach past the end of the file")
        return offset

    def _account(self, entry: Entry) -> None:
        self._inflated_bytes += entry.size_bytes
        if self._inflated_bytes > INFLATED_BYTES_MAX:
            raise UnreadableArtefact(f"more than {INFLATED_BYTES_MAX} bytes unpacked in all")

    def _chunks(self, entry: Entry) -> Iterator[bytes]:
        self._account(entry)
        offset = self._data_offset(entry)
        if entry.packed_bytes <= CHUNK_BYTES and entry.size_bytes <= _RATIO_FREE_BYTES:
            yield self._small(entry, offset)
            return
        pieces: Iterator[bytes] = (
            self.source.read(offset + at, min(CHUNK_BYTES, entry.packed_bytes - at))
            for at in range(0, entry.packed_bytes, CHUNK_BYTES)
        )
        if entry.method == _DEFLATED:
            pieces = _inflate(pieces, entry.size_bytes)
        crc = 0
        size = 0
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            yield piece
        if size != entry.size_bytes or crc != entry.crc:
            raise UnreadableArtefact("damaged: its checksum or size does not fit")

    def _small(self, entry: Entry, offset: int) -> bytes:
        """Return an entry in one piece; most are small, and packages have thousands of them."""
        data = self.source.read(offset, entry.packed_bytes)
        if entry.method == _DEFLATED:
            try:
                inflater = zlib.decompressobj(-zlib.MAX_WBITS)
                data = inflater.decompress(data, entry.size_bytes + 1)
            except zlib.error as error:
                raise UnreadableArtefact("damaged: cannot be inflated") from error
        if len(data) != entry.size_bytes or zlib.crc32(data) != entry.crc:
            raise UnreadableArtefact("damaged: its checksum or size does not fit")
        return data


def _inflate(pieces: Iterator[bytes], size_bytes: int) -> Iterator[bytes]:
    """Inflate, and stop one byte past what the directory promised."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    left = size_bytes + 1
    try:
        for piece in pieces:
            packed = piece
            while packed and left > 0:
                plain = inflater.decompress(packed, min(left, 8 * CHUNK_BYTES))
                left -= len(plain)
                packed = inflater.unconsumed_tail
                if plain:
                    yield plain
                if inflater.eof:
                    return
    except zlib.error as error:
        raise UnreadableArtefact("damaged: cannot be inflated") from error


def _find_end(source: Source) -> int:
    tail_bytes = min(source.size, _END.size + _COMMENT_BYTES_MAX)
    tail_offset = source.size - tail_bytes
    # Nearly every archive has no comment: look there before reading 64 KiB.
    last = source.read(source.size - _END.size, _END.size)
    if last[:4] == _END_MAGIC and last[-2:] == b"\0\0":
        return source.size - _END.size
    tail = source.read(tail_offset, tail_bytes)
    at = tail.rfind(_END_MAGIC)
    while at >= 0:
        whole = at + _END.size <= len(tail)
        if whole and at + _END.size + _END.unpack_from(tail, at)[7] == len(tail):
            return tail_offset + at
        at = tail.rfind(_END_MAGIC, 0, at)
    raise UnreadableArtefact("not a zip archive: it has no directory at its end")
