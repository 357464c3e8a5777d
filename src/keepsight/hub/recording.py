"""What was recorded, and what was not: segments, their fragments, spans and gaps. Nouns only."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple, Protocol

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.seal.header import Context, Kind, Stream

SEGMENT_HEADER_BYTES: Final = 128
"""design/wire.md, section 3: the first sealed fragment starts here."""
JOINT_US: Final = 2_500_000
"""Segments closer than this are one span on the timeline: a joint, not a gap."""


class RecordingKeys(Protocol):
    """Where the recorder gets its day keys: the household's keyring."""

    @property
    def household(self) -> bytes:
        """16 bytes."""
        ...

    @property
    def epoch(self) -> int:
        """Number of the newest master key."""
        ...

    def day_key(
        self, camera: bytes, stream: Stream, day: str, wrapped: bytes | None
    ) -> tuple[bytes, bytes]:
        """RK of one camera, stream and UTC day, and its wrapped form with the epoch (u32) in front.

        Makes a new one of the newest epoch when `wrapped` is None.

        Raises:
            keepsight.seal.keys.UnwrapError: `wrapped` is damaged or belongs elsewhere.
        """
        ...


class FragmentRef(NamedTuple):
    """Where one sealed fragment lies in its segment's order."""

    sequence: int
    kind: Kind
    start_us: int
    """Wall time of its first picture."""
    size_bytes: int
    """Sealed, with its header."""


@dataclass(frozen=True, slots=True)
class Segment:
    """About a minute of one stream: one file, one key window, one row of the index."""

    camera: bytes
    """16 bytes."""
    stream: Stream
    writer: bytes
    """Writer id, 16 bytes: the segment's name."""
    epoch: int
    start_us: int
    end_us: int
    codec: str
    """RFC 6381 strings of the tracks, joined by a comma."""
    width: int
    height: int
    fragments: tuple[FragmentRef, ...]
    """In order; the first is INIT with sequence 0."""
    is_growing: bool = False
    """Still being written; only durable fragments are listed."""

    @property
    def day(self) -> str:
        """The UTC day of its folder."""
        return day_of(self.start_us)

    @property
    def size_bytes(self) -> int:
        """Of the file."""
        return SEGMENT_HEADER_BYTES + sum(ref.size_bytes for ref in self.fragments)

    def offsets(self) -> list[int]:
        """Where each fragment starts in the file, and where the last one ends."""
        sizes = (ref.size_bytes for ref in self.fragments)
        return list(accumulate(sizes, initial=SEGMENT_HEADER_BYTES))

    def context(self, household: bytes) -> Context:
        """The key window of its fragments."""
        return Context(household, self.camera, self.stream, self.epoch, self.writer)


class Span(NamedTuple):
    """An unbroken stretch of recording, wall time."""

    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that should have been recorded and was not, and why."""

    start_us: int
    end_us: int | None
    """None while it lasts."""
    reason: BreakReason


@dataclass(frozen=True, slots=True)
class Timeline:
    """One stream's spans and gaps, in order of time."""

    camera: bytes
    stream: Stream
    spans: Sequence[Span]
    gaps: Sequence[Gap]


def day_of(wall_us: int) -> str:
    """The UTC day, YYYY-MM-DD."""
    return time.strftime("%Y-%m-%d", time.gmtime(wall_us // 1_000_000))
