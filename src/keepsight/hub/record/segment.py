"""The segment file: one key window of one stream, about a minute. Layout: design/wire.md, 3.

Durable order: records and `fdatasync` -> rename away `.part` -> `fsync` of the folder -> index row.
After a failed sync the kernel has dropped the dirty pages, so a second sync would report success
for bytes that are lost: a failed file is never synced again, only its synced part counts.
"""

import errno
import fcntl
import os
import re
import struct
from pathlib import Path
from typing import Final, NamedTuple

from keepsight.hub.recording import SEGMENT_HEADER_BYTES, Segment, day_of
from keepsight.seal.header import Context, Stream
from keepsight.seal.keys import WRAPPED_BYTES, new_key, unwrap, wrap
from keepsight.seal.press import ALIGNMENT_BYTES, Press, SegmentSealer

MAGIC: Final = b"KSS1"
SUFFIX: Final = ".ksg"
PART_SUFFIX: Final = ".ksg.part"
BAD_SUFFIX: Final = ".bad"
_HEAD: Final = struct.Struct(">4s16s16sBI16sQ")
_NAME: Final = re.compile(r"(\d{1,19})-([0-9a-f]{32})\.ksg(\.part)?")


class SegmentError(ValueError):
    """Not a segment file of this version, of another window, or cut short."""


class SegmentHead(NamedTuple):
    """The first 128 bytes."""

    context: Context
    start_us: int
    wrapped_secret: bytes
    """SK under RK; all zeros once the segment is being deleted."""

    def pack(self) -> bytes:
        """As in the file."""
        place = _place(self.context, self.start_us)
        return (place + self.wrapped_secret).ljust(SEGMENT_HEADER_BYTES, b"\0")

    @property
    def is_erased(self) -> bool:
        """The key is gone, so nothing in the file can be opened any more."""
        return not any(self.wrapped_secret)


class SegmentName(NamedTuple):
    """What a file name says."""

    start_us: int
    writer: bytes
    is_part: bool


def _place(context: Context, start_us: int) -> bytes:
    household, camera, stream, epoch, writer = context
    return _HEAD.pack(MAGIC, household, camera, stream, epoch, writer, start_us)


def read_head(raw: bytes) -> SegmentHead:
    """Read a segment file's first 128 bytes.

    Raises:
        SegmentError: they are not such.
    """
    if len(raw) < SEGMENT_HEADER_BYTES:
        raise SegmentError("a segment file has at least 128 bytes")
    magic, household, camera, stream, epoch, writer, start_us = _HEAD.unpack_from(raw)
    if magic != MAGIC:
        raise SegmentError("not a segment file: the magic KSS1 is missing")
    try:
        context = Context(household, camera, Stream(stream), epoch, writer)
    except ValueError as error:
        raise SegmentError(f"a segment file of the unknown stream {stream}") from error
    return SegmentHead(context, start_us, raw[_HEAD.size : _HEAD.size + WRAPPED_BYTES])


def read_name(name: str) -> SegmentName | None:
    """The parts of a segment's file name; None for any other file."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return SegmentName(int(match[1]), bytes.fromhex(match[2]), match[3] is not None)


def day_folder(root: Path, camera: bytes, stream: Stream, day: str) -> Path:
    """Where a stream's segments of one UTC day lie. `root` is the household's `segments`."""
    return root / camera.hex() / stream.name.lower() / day


def segment_path(root: Path, segment: Segment) -> Path:
    """The segment's file, under the name it has now."""
    suffix = PART_SUFFIX if segment.is_growing else SUFFIX
    name = f"{segment.start_us}-{segment.writer.hex()}{suffix}"
    return day_folder(root, segment.camera, segment.stream, segment.day) / name


def open_secret(head: SegmentHead, day_key: bytes) -> bytes:
    """SK, the segment's secret.

    Raises:
        keepsight.seal.keys.UnwrapError: another day, another file's header, or deleted.
    """
    return unwrap(day_key, head.wrapped_secret, _place(head.context, head.start_us))


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, mode 0700, durably.

    Raises:
        OSError: the disk refused.
    """
    missing = [folder]
    while not missing[-1].exists():
        missing.append(missing[-1].parent)
    for each in reversed(missing[:-1]):
        each.mkdir(mode=0o700, exist_ok=True)
        sync_folder(each.parent)


def erase(path: Path) -> None:
    """Overwrite the segment's key, sync, unlink: what is left on the disk opens for nobody.

    A file that is not there is no error.

    Raises:
        OSError: the disk refused.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if os.fstat(descriptor).st_size >= SEGMENT_HEADER_BYTES:
            os.pwrite(descriptor, bytes(WRAPPED_BYTES), _HEAD.size)
            os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink(missing_ok=True)


class SegmentWriter:
    """One growing file. Runs in the disk thread only.

    Written with O_DIRECT where the file system can: past the page cache, which would cost more CPU
    than everything else the recorder does and would push out what the machine needs. Direct writes
    are whole blocks, so the file's last, unfinished block is written again with what follows it,
    and zeros pad it until then; `sync(is_last=True)` cuts them off.
    """

    def __init__(self, root: Path, context: Context, start_us: int, day_key: bytes) -> None:
        """Create the file; nothing is durable yet.

        Raises:
            OSError: the disk refused.
        """
        secret = new_key()
        self.sealer = SegmentSealer(secret, context)
        self.written_bytes = 0
        """Also what is not durable yet; without padding."""
        self._folder = day_folder(root, context.camera, context.stream, day_of(start_us))
        stem = f"{start_us}-{context.writer.hex()}"
        self._part = self._folder / (stem + PART_SUFFIX)
        self._path = self._folder / (stem + SUFFIX)
        wrapped = wrap(day_key, secret, _place(context, start_us))
        self._tail = SegmentHead(context, start_us, wrapped).pack()
        self._tail_at = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(self._part, flags, 0o600)
        self._alignment = ALIGNMENT_BYTES if _set_direct(self._descriptor, is_on=True) else 1
        self._is_named = False

    def begin(self, press: Press) -> None:
        """Prepare the buffer for this file's next records."""
        press.begin(self._tail)

    def write(self, press: Press) -> None:
        """Append the buffer's records.

        Raises:
            OSError: the disk refused; call `abandon`.
        """
        try:
            self._write_at(press, self._alignment)
        except OSError as error:
            if error.errno != errno.EINVAL or self._alignment == 1:
                raise
            # Some file systems take the flag and refuse the write.
            _set_direct(self._descriptor, is_on=False)
            self._alignment = 1
            self._write_at(press, 1)
        self.written_bytes = self._tail_at + press.size_bytes
        unfinished = self.written_bytes % self._alignment
        with press.padded(1) as view:
            self._tail = bytes(view[press.size_bytes - unfinished :])
        self._tail_at = self.written_bytes - unfinished

    def _write_at(self, press: Press, alignment: int) -> None:
        with press.padded(alignment) as view:
            done = 0
            while done < len(view):
                done += os.pwrite(self._descriptor, view[done:], self._tail_at + done)

    def sync(self, *, is_last: bool = False) -> None:
        """Make what was written durable; at the end also cut off padding and torn writes.

        Raises:
            OSError: the disk refused; never call it again, call `abandon`.
        """
        if is_last:
            os.ftruncate(self._descriptor, self.written_bytes)
        os.fdatasync(self._descriptor)
        if not self._is_named:
            sync_folder(self._folder)
            self._is_named = True

    def finish(self) -> None:
        """Close and give the file its final name. The caller synced before.

        Raises:
            OSError: the disk refused; the file stays a `.part` and is recovered at the next start.
        """
        self._close()
        self._part.rename(self._path)
        sync_folder(self._folder)

    def abandon(self, durable_bytes: int) -> bool:
        """After an error: keep only what was durable before. Never raises.

        Returns:
            Whether the file now has its final name.
        """
        try:
            if durable_bytes == 0:
                self._close()
                self._part.unlink(missing_ok=True)
                return False
            os.ftruncate(self._descriptor, durable_bytes)
            self.finish()
        except OSError:
            return False
        finally:
            self._close()
        return True

    def _close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


def _set_direct(descriptor: int, *, is_on: bool) -> bool:
    """Switch O_DIRECT; False where the file system does not know it."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    flags = flags | os.O_DIRECT if is_on else flags & ~os.O_DIRECT
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)
    except OSError:
        return False
    return True
