"""Goal: bits come out as written and never run past the end. Method: known codes, hypothesis."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.bits import BitReader, BitsError, unescape


def test_exp_golomb_codes_of_the_standard():
    reader = BitReader(int("101001100100000100000000", 2).to_bytes(3, "big"))
    assert [reader.unsigned() for _ in range(5)] == [0, 1, 2, 3, 7]


def test_signed_codes_alternate():
    reader = BitReader(int("1" + "010" + "011" + "00100" + "00101" + "0" * 7, 2).to_bytes(3, "big"))
    assert [reader.signed() for _ in range(5)] == [0, 1, -1, 2, -2]


def test_the_end_is_an_error():
    reader = BitReader(b"\xff")
    assert reader.bits(8) == 255
    with pytest.raises(BitsError):
        reader.bits(1)


def test_a_code_of_only_zeros_is_an_error():
    with pytest.raises(BitsError):
        BitReader(bytes(100)).unsigned()


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (b"\x67\x00\x00\x03\x01", b"\x67\x00\x00\x01"),
        (b"\x00\x00\x03\x00\x00\x03", b"\x00\x00\x00\x00"),
        (b"\x01\x02\x03", b"\x01\x02\x03"),
    ],
)
def test_emulation_prevention_is_removed(escaped, plain):
    assert unescape(escaped) == plain


@given(st.binary(max_size=64), st.lists(st.integers(0, 40), max_size=40))
def test_arbitrary_data_raise_only_bits_errors(data, counts):
    reader = BitReader(data)
    with contextlib.suppress(BitsError):
        for count in counts:
            reader.bits(count)
            reader.unsigned()
            reader.signed()
