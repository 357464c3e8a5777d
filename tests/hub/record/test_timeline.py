"""Goal: the timeline is honest: joined at joints, a gap where something is missing. Method:
hand-made segments and gaps, and a property test against a brute-force painter."""

from hypothesis import given
from hypothesis import strategies as st

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.timeline import densities, find_gaps, merge_spans
from keepsight.hub.recording import JOINT_US, Gap, Segment, Span
from keepsight.hub.store.recordings import RecordedDay
from keepsight.seal.header import Stream

CAMERA = b"\2" * 16
SECOND = 1_000_000


def segments(*spans):
    return [
        Segment(CAMERA, Stream.MAIN, bytes(16), 1, a * SECOND, b * SECOND, "avc1", 1, 1, ())
        for a, b in spans
    ]


def test_joints_are_merged_and_holes_are_not():
    merged = merge_spans(segments((0, 60), (60, 120), (122, 180), (183, 200)))
    assert merged == [Span(0, 180 * SECOND), Span(183 * SECOND, 200 * SECOND)]


def test_overlaps_after_a_clock_jump_are_one_span():
    merged = merge_spans(segments((0, 60), (10, 30), (20, 70)))
    assert merged == [Span(0, 70 * SECOND)]


def test_holes_nobody_explained_are_unknown():
    spans = merge_spans(segments((0, 10), (100, 110), (200, 210)))
    written = [Gap(10 * SECOND, 100 * SECOND, BreakReason.SILENT)]
    assert find_gaps(spans, written, 0, 300 * SECOND) == [
        *written,
        Gap(110 * SECOND, 200 * SECOND, BreakReason.UNKNOWN),
    ]


def test_a_hole_explained_in_part_is_unknown_in_the_rest():
    spans = merge_spans(segments((0, 10), (100, 110)))
    written = [Gap(30 * SECOND, 60 * SECOND, BreakReason.DISK_FULL)]
    assert find_gaps(spans, written, 0, 300 * SECOND) == [
        Gap(10 * SECOND, 30 * SECOND, BreakReason.UNKNOWN),
        *written,
        Gap(60 * SECOND, 100 * SECOND, BreakReason.UNKNOWN),
    ]


def test_a_lasting_gap_reaches_to_the_end_of_what_was_asked():
    written = [Gap(10 * SECOND, None, BreakReason.STOPPED)]
    assert find_gaps([], written, 20 * SECOND, 30 * SECOND) == [
        Gap(20 * SECOND, 30 * SECOND, BreakReason.STOPPED)
    ]


def test_short_losses_are_shown_although_the_span_goes_on():
    written = [Gap(10 * SECOND, 11 * SECOND, BreakReason.RECORDER_BEHIND)]
    spans = merge_spans(segments((0, 10), (11, 60)))
    assert len(spans) == 1
    assert find_gaps(spans, written, 0, 60 * SECOND) == written


_TIMES = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=12)


@given(_TIMES, _TIMES)
def test_every_hole_is_covered_by_gaps_and_no_span_gets_an_invented_one(recorded, broken):
    spans = merge_spans(segments(*sorted((a, a + n) for a, n in recorded)))
    written = [Gap(a * SECOND, (a + n) * SECOND, BreakReason.SILENT) for a, n in sorted(broken)]
    found = find_gaps(spans, written, 0, 400 * SECOND)
    covered = [any(g.start_us <= t * SECOND < g.end_us for g in found) for t in range(400)]
    in_span = [any(s.start_us <= t * SECOND < s.end_us for s in spans) for t in range(400)]
    if spans:
        first, last = spans[0].start_us // SECOND, spans[-1].end_us // SECOND
        bare = [t for t in range(first, last) if not covered[t] and not in_span[t]]
        # Only slivers shorter than a joint, beside a gap that was written down, stay unexplained.
        runs = "".join("x" if t in bare else " " for t in range(400)).split()
        assert all(len(run) * SECOND < JOINT_US for run in runs)
    for gap in found:
        if gap.reason is BreakReason.UNKNOWN:
            assert not any(in_span[gap.start_us // SECOND : gap.end_us // SECOND])


def test_density_is_a_share_of_the_day():
    days = [
        RecordedDay(CAMERA, Stream.MAIN, 5, 100, 50, 43_200 * SECOND),
        RecordedDay(CAMERA, Stream.MAIN, 6, 100, 0, 0),
        RecordedDay(CAMERA, Stream.SUB, 5, 100, 50, 1),
        RecordedDay(b"\3" * 16, Stream.MAIN, 5, 100, 50, 1),
    ]
    assert densities(days, CAMERA, Stream.MAIN) == [(5, 0.5, 50)]
