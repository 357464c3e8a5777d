"""Goal: a segment's arithmetic is right. Method: small examples."""

from keepsight.hub.recording import FragmentRef, Segment, day_of
from keepsight.seal.header import Kind, Stream


def test_offsets_and_size_follow_from_the_fragments():
    refs = (
        FragmentRef(0, Kind.INIT, 5, 100),
        FragmentRef(1, Kind.STILL, 5, 10),
        FragmentRef(2, Kind.GOP, 7, 1000),
    )
    segment = Segment(b"c" * 16, Stream.MAIN, b"w" * 16, 3, 5, 9, "avc1", 1, 1, refs)
    assert segment.offsets() == [128, 228, 238, 1238]
    assert segment.size_bytes == 1238
    assert segment.context(b"h" * 16) == (b"h" * 16, b"c" * 16, Stream.MAIN, 3, b"w" * 16)


def test_days_are_utc():
    assert day_of(0) == "1970-01-01"
    assert day_of(86_400_000_000 - 1) == "1970-01-01"
    assert day_of(86_400_000_000) == "1970-01-02"
    assert day_of(1_780_000_000_000_000) == "2026-05-28"
