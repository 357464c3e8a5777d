"""Only the right fragment opens, and each wrong one is refused for its own reason.

Goal: every rule of `seal.frame.open` is shown by a fragment that breaks exactly that rule; random
changes are never accepted; a million cross-household opens give none.
"""

import random
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.seal.frame import (
    FUTURE_US_MAX,
    Expectation,
    Reason,
    Refusal,
    Sealer,
    WindowKey,
)
from keepsight.seal.frame import (
    open as open_sealed,
)
from keepsight.seal.header import HEADER_BYTES, Context, Kind, Stream, read_header

HOME = Context(b"H" * 16, b"C" * 16, Stream.MAIN, 3, b"W" * 16)
KEY = WindowKey(b"k" * 32, HOME)
ANY = Expectation((Kind.GOP,))
NOW_US = 1_800_000_000_000_000


def sealed_by(key, payload=b"picture", *, kind=Kind.GOP, sequence=5, wall_us=NOW_US):
    sealer = Sealer(key, sequence=sequence)
    return sealer.seal(kind, payload, wall_us=wall_us, monotonic_us=7, flags=1)


def reason_for(sealed, expected=ANY, key=KEY):
    with pytest.raises(Refusal) as caught:
        open_sealed(key, expected, sealed)
    return caught.value.reason


def test_what_was_sealed_opens_with_its_fields():
    opened = open_sealed(KEY, ANY, sealed_by(KEY))
    assert (opened.payload, opened.sequence, opened.wall_us) == (b"picture", 5, NOW_US)
    assert (opened.kind, opened.flags, opened.monotonic_us) == (Kind.GOP, 1, 7)
    assert opened.context == HOME


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"household": b"X" * 16}, Reason.FOREIGN_HOUSEHOLD),
        ({"camera": b"X" * 16}, Reason.FOREIGN_CAMERA),
        ({"stream": Stream.SUB}, Reason.WRONG_STREAM),
        ({"epoch": 4}, Reason.WRONG_EPOCH),
        ({"writer": b"X" * 16}, Reason.WRONG_WINDOW),
    ],
)
def test_another_context_is_refused_even_under_the_same_secret(change, reason):
    other = WindowKey(b"k" * 32, HOME._replace(**change))
    assert reason_for(sealed_by(other)) is reason


def test_another_secret_fails_at_the_commitment():
    assert reason_for(sealed_by(WindowKey(b"j" * 32, HOME))) is Reason.WRONG_COMMITMENT


def test_a_borrowed_commitment_does_not_help():
    sealed = bytearray(sealed_by(WindowKey(b"j" * 32, HOME)))
    sealed[58:90] = KEY.commitment
    assert reason_for(bytes(sealed)) is Reason.TAMPERED


def test_a_rewritten_header_does_not_carry_over():
    """The splice of the 2020 incident: foreign bytes under the right labels."""
    foreign = sealed_by(WindowKey(b"j" * 32, HOME._replace(household=b"X" * 16)))
    ours = sealed_by(KEY)
    assert reason_for(ours[:HEADER_BYTES] + foreign[HEADER_BYTES:]) is Reason.TAMPERED


def test_kind_order_and_age_are_bounded():
    assert reason_for(sealed_by(KEY, kind=Kind.STILL)) is Reason.WRONG_KIND
    assert reason_for(sealed_by(KEY), Expectation((Kind.GOP,), sequence_min=6)) is Reason.REPLAYED
    assert reason_for(sealed_by(KEY), Expectation((Kind.GOP,), sequence_max=4)) is Reason.REPLAYED
    fresh = Expectation((Kind.GOP,), now_us=NOW_US + 10, age_us_max=10)
    assert open_sealed(KEY, fresh, sealed_by(KEY))
    stale = Expectation((Kind.GOP,), now_us=NOW_US + 11, age_us_max=10)
    assert reason_for(sealed_by(KEY), stale) is Reason.STALE
    future = Expectation((Kind.GOP,), now_us=NOW_US - FUTURE_US_MAX - 1, age_us_max=10)
    assert reason_for(sealed_by(KEY), future) is Reason.STALE


@pytest.mark.parametrize("cut", [0, 1, 3, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 5])
def test_cut_fragments_are_malformed(cut):
    assert reason_for(sealed_by(KEY)[:cut]) is Reason.MALFORMED


def test_trailing_bytes_and_other_magic_are_malformed():
    assert reason_for(sealed_by(KEY) + b"x") is Reason.MALFORMED
    assert reason_for(b"KSF2" + sealed_by(KEY)[4:]) is Reason.MALFORMED


def test_a_refusal_says_what_was_expected_and_what_was_claimed():
    other = WindowKey(b"k" * 32, HOME._replace(camera=b"X" * 16))
    with pytest.raises(Refusal) as caught:
        open_sealed(KEY, ANY, sealed_by(other))
    assert caught.value.context == HOME
    assert caught.value.header.camera == b"X" * 16


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_refused(position, flip):
    sealed = bytearray(sealed_by(KEY))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(Refusal):
        open_sealed(KEY, ANY, bytes(sealed))


@given(st.binary(max_size=400))
def test_arbitrary_bytes_only_ever_give_a_refusal(data):
    with pytest.raises(Refusal):
        open_sealed(KEY, ANY, data)


def test_cross_household_opens_are_all_refused():
    """20 homes x 3 cameras offered to each other at random, with swapped header fields."""
    chance = random.Random(2020)
    keys = [
        WindowKey(
            secrets.token_bytes(32),
            Context(bytes([h]) * 16, bytes([c]) * 16, Stream.MAIN, 1, bytes([h, c]) * 8),
        )
        for h in range(20)
        for c in range(3)
    ]
    fragments = [sealed_by(key, bytes([i])) for i, key in enumerate(keys)]
    opened = 0
    for _ in range(50_000):
        mine, theirs = chance.sample(range(len(keys)), 2)
        sealed = bytearray(fragments[theirs])
        if chance.random() < 0.5:  # the label of mine on the bytes of theirs
            sealed[:HEADER_BYTES] = fragments[mine][:HEADER_BYTES]
        try:
            open_sealed(keys[mine], ANY, bytes(sealed))
            opened += 1
        except Refusal:
            pass
    assert opened == 0
    assert open_sealed(keys[7], ANY, fragments[7]).payload == b"\x07"  # and the control opens


def test_sequence_numbers_rise_and_are_never_reused():
    sealer = Sealer(KEY)
    first = sealer.seal(Kind.GOP, b"a", wall_us=1, monotonic_us=1)
    second = sealer.seal(Kind.GOP, b"a", wall_us=1, monotonic_us=1)
    assert (read_header(first).sequence, read_header(second).sequence) == (0, 1)
    assert first[HEADER_BYTES:] != second[HEADER_BYTES:]


def test_a_secret_of_another_length_is_an_error():
    with pytest.raises(ValueError, match="32"):
        WindowKey(b"short", HOME)


def test_a_payload_above_the_limit_is_an_error(monkeypatch):
    monkeypatch.setattr("keepsight.seal.frame.FRAGMENT_BYTES_MAX", 10)
    with pytest.raises(ValueError, match="at most"):
        Sealer(KEY).seal(Kind.GOP, b"x" * 11, wall_us=1, monotonic_us=1)
