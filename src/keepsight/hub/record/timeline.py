"""Spans and gaps of a stream for a stretch of time.

Spans are merged across joints under 2.5 s. What lies between two spans is a gap even when nobody
wrote down why. After the clock went back, two recordings cover the same wall time: the timeline
shows one span over both, and playback offers both, by start.
"""

import itertools
from typing import Final, NamedTuple

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.catalogue import Catalogue
from keepsight.hub.recording import JOINT_US, Gap, Segment, Span, Timeline
from keepsight.hub.store.recordings import RecordedDay
from keepsight.seal.header import Stream

GAPS_MAX: Final = 10_000
"""On one timeline; a camera that flaps every few seconds for days is cut off here."""
_DAY_US: Final = 86_400_000_000


class DayDensity(NamedTuple):
    """How much of a UTC day is recorded."""

    day: int
    """Days since 1970-01-01."""
    share: float
    """0 to 1."""
    size_bytes: int


def merge_spans(segments: list[Segment]) -> list[Span]:
    """Segments by start, joined where less than JOINT_US lies between them."""
    spans: list[Span] = []
    for segment in segments:
        if spans and segment.start_us - spans[-1].end_us < JOINT_US:
            spans[-1] = Span(spans[-1].start_us, max(spans[-1].end_us, segment.end_us))
        else:
            spans.append(Span(segment.start_us, segment.end_us))
    return spans


def find_gaps(spans: list[Span], written: list[Gap], from_us: int, to_us: int) -> list[Gap]:
    """The gaps that were written down, and the holes between spans that nobody explained."""
    known = [
        Gap(max(gap.start_us, from_us), to_us if gap.end_us is None else min(gap.end_us, to_us),
            gap.reason)
        for gap in written
    ]  # fmt: skip
    holes: list[Gap] = []
    first = 0
    for before, after in itertools.pairwise(spans):
        at_us = before.end_us
        while first < len(known) and (known[first].end_us or 0) <= at_us:
            first += 1
        for gap in itertools.islice(known, first, None):
            if gap.start_us >= after.start_us:
                break
            if gap.start_us - at_us >= JOINT_US:
                holes.append(Gap(at_us, gap.start_us, BreakReason.UNKNOWN))
            at_us = max(at_us, gap.end_us or 0)
        if after.start_us - at_us >= JOINT_US:
            holes.append(Gap(at_us, after.start_us, BreakReason.UNKNOWN))
    return sorted(known + holes, key=lambda gap: gap.start_us)[:GAPS_MAX]


def timeline(
    catalogue: Catalogue, camera: bytes, stream: Stream, from_us: int, to_us: int
) -> Timeline:
    """Spans and gaps that reach into from_us..to_us; gaps are clipped to it.

    Raises:
        IndexFailedError: the index cannot be read.
    """
    spans = merge_spans(catalogue.brief(camera, stream, from_us, to_us))
    written = catalogue.gaps(camera, stream, from_us, to_us)
    return Timeline(camera, stream, spans, find_gaps(spans, written, from_us, to_us))


def densities(days: list[RecordedDay], camera: bytes, stream: Stream) -> list[DayDensity]:
    """For a calendar: how much of each day is kept."""
    return [
        DayDensity(d.day, min(1.0, d.kept_us / _DAY_US), d.kept_bytes)
        for d in days
        if d.camera == camera and d.stream is stream and d.kept_us > 0
    ]
