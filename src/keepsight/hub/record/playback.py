"""Sealed fragments straight from the segment file, and the secret that a key release wraps.

Works for a segment that is still being written: its durable fragments are in the catalogue.
"""

import os
from pathlib import Path
from typing import Final

from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.segment import (
    SegmentError,
    open_secret,
    read_head,
    segment_path,
)
from keepsight.hub.recording import SEGMENT_HEADER_BYTES, Segment

FRAGMENTS_MAX: Final = 256
"""In one answer; design/wire.md, section 6."""
BYTES_MAX: Final = 64 * 1024 * 1024


class GoneError(LookupError):
    """The segment or these fragments of it are not there any more."""


class Playback:
    """Reads segment files. Stateless besides remembered day keys; any thread."""

    def __init__(self, root: Path, household: bytes, day_keys: DayKeys) -> None:
        self._root = root
        self._household = household
        self._day_keys = day_keys

    def read(self, segment: Segment, first: int, last: int) -> bytes:
        """Sealed fragments first..last inclusive, back to back, byte for byte as in the file.

        Args:
            segment: from the catalogue.
            first: sequence number.
            last: sequence number, at least `first`.

        Raises:
            GoneError: deleted meanwhile, or not (yet) recorded.
            ValueError: more than FRAGMENTS_MAX or BYTES_MAX asked for.
            OSError: the disk refused.
        """
        if not 0 <= first <= last < len(segment.fragments):
            raise GoneError(f"this recording has the fragments 0 to {len(segment.fragments) - 1}")
        offsets = segment.offsets()
        size = offsets[last + 1] - offsets[first]
        if last - first >= FRAGMENTS_MAX or size > BYTES_MAX:
            raise ValueError(f"ask for at most {FRAGMENTS_MAX} fragments and {BYTES_MAX} bytes")
        descriptor = self._open(segment)
        try:
            data = os.pread(descriptor, size, offsets[first])
        finally:
            os.close(descriptor)
        if len(data) != size:
            raise GoneError("the recording's file is shorter than the index says")
        return data

    def secret(self, segment: Segment) -> bytes:
        """SK: what opens the segment's fragments. For a key release, after its ledger line.

        Raises:
            GoneError: deleted meanwhile.
            SegmentError: the file is not the one the index means.
            keepsight.seal.keys.UnwrapError: the key was erased or does not belong here.
            OSError: the disk refused.
        """
        descriptor = self._open(segment)
        try:
            head = read_head(os.pread(descriptor, SEGMENT_HEADER_BYTES, 0))
        finally:
            os.close(descriptor)
        if head.context != segment.context(self._household) or head.start_us != segment.start_us:
            raise SegmentError("the file holds another segment than the index says")
        if head.is_erased:
            raise GoneError("the recording was deleted")
        key = self._day_keys.for_reading(segment.camera, segment.stream, segment.day, segment.epoch)
        return open_secret(head, key)

    def _open(self, segment: Segment) -> int:
        path = segment_path(self._root, segment)
        other = path.with_name(path.name.removesuffix(".part"))
        # A growing segment gets its final name at any moment.
        for candidate in (path, other, other.with_name(other.name + ".part")):
            try:
                return os.open(candidate, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
        raise GoneError("the recording was deleted")
