"""Goal: the fast way of sealing gives the very bytes of `seal.frame`. Method: seal the same with
both, for sizes around every block, and open the result."""

import os

import pytest

from keepsight.seal.frame import Sealer, WindowKey
from keepsight.seal.header import FRAGMENT_BYTES_MAX, Context, Kind, Stream
from keepsight.seal.press import ALIGNMENT_BYTES, Press, SegmentSealer

CONTEXT = Context(b"\1" * 16, b"\2" * 16, Stream.MAIN, 7, b"\3" * 16)
SECRET = b"\5" * 32
TIMES = {"wall_us": 1_780_000_000_000_000, "monotonic_us": 99, "flags": 3}


def test_the_bytes_are_those_of_the_trust_core():
    trusted, press, fast = (
        Sealer(WindowKey(SECRET, CONTEXT)),
        Press(),
        SegmentSealer(SECRET, CONTEXT),
    )
    press.begin(b"")
    expected = b""
    # Sequence numbers 0 to 299 pass every length of the SFrame header below two bytes.
    for number in range(300):
        payload = os.urandom(number * 7)
        pieces = [payload[: number * 3], memoryview(payload)[number * 3 :]]
        expected += trusted.seal(Kind.GOP, payload, **TIMES)
        press.add(fast, Kind.GOP, pieces, **TIMES)
    with press.padded(1) as view:
        assert bytes(view) == expected
    with press.padded(ALIGNMENT_BYTES) as view:
        assert len(view) % ALIGNMENT_BYTES == 0
        assert bytes(view[: len(expected)]) == expected
        assert not any(view[len(expected) :])


def test_the_buffer_grows_and_keeps_what_is_in_it():
    trusted, press, fast = (
        Sealer(WindowKey(SECRET, CONTEXT)),
        Press(),
        SegmentSealer(SECRET, CONTEXT),
    )
    small, large = os.urandom(100), os.urandom(5_000_000)
    press.begin(b"tail")
    for payload in (small, large, small):
        press.add(fast, Kind.GOP, [payload], **TIMES)
    expected = b"tail" + b"".join(
        trusted.seal(Kind.GOP, payload, **TIMES) for payload in (small, large, small)
    )
    with press.padded(1) as view:
        assert bytes(view) == expected
    # Nothing of the large one is left in the next, small use.
    press.begin(b"")
    press.add(fast, Kind.GOP, [small], **TIMES)
    with press.padded(1) as view:
        assert bytes(view) == trusted.seal(Kind.GOP, small, **TIMES)


def test_memory_of_a_huge_group_is_given_back():
    trusted, fast = Sealer(WindowKey(SECRET, CONTEXT)), SegmentSealer(SECRET, CONTEXT)
    press = Press()
    huge = bytes(40 << 20)
    press.begin(b"")
    press.add(fast, Kind.GOP, [huge], **TIMES)
    assert len(press._out) > 40 << 20
    press.begin(b"tail")
    assert len(press._out) < 4 << 20
    press.add(fast, Kind.GOP, [b"next"], **TIMES)
    trusted.sequence = 1
    with press.padded(1) as view:
        assert bytes(view) == b"tail" + trusted.seal(Kind.GOP, b"next", **TIMES)


def test_more_than_a_fragment_may_hold_is_refused():
    press, fast = Press(), SegmentSealer(SECRET, CONTEXT)
    press.begin(b"")
    with pytest.raises(ValueError, match="at most"):
        press.add(fast, Kind.GOP, [bytes(FRAGMENT_BYTES_MAX)], **TIMES)
    press.add(fast, Kind.GOP, [b"small"], **TIMES)
