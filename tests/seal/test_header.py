"""The header has the layout of design/wire.md; by offsets, and by arbitrary bytes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.seal.header import (
    FRAGMENT_BYTES_MAX,
    HEADER_BYTES,
    Header,
    HeaderError,
    Kind,
    Stream,
    read_header,
)

SAMPLE = Header(
    Kind.GOP, Stream.SUB, b"h" * 16, b"c" * 16, 9, b"w" * 16, b"k" * 32, 77, 1234, 5678, 99, 3
)


def test_fields_lie_where_the_specification_says():
    packed = SAMPLE.pack()
    assert len(packed) == HEADER_BYTES == 122
    assert packed[0:4] == b"KSF1"
    assert (packed[4], packed[5]) == (2, 2)
    assert packed[6:22] == b"h" * 16
    assert packed[22:38] == b"c" * 16
    assert int.from_bytes(packed[38:42]) == 9
    assert packed[42:58] == b"w" * 16
    assert packed[58:90] == b"k" * 32
    assert int.from_bytes(packed[90:98]) == 77
    assert int.from_bytes(packed[98:106]) == 1234
    assert int.from_bytes(packed[106:114]) == 5678
    assert int.from_bytes(packed[114:118]) == 99
    assert int.from_bytes(packed[118:122]) == 3


def test_reading_gives_back_what_was_packed_at_any_offset():
    assert read_header(b"xy" + SAMPLE.pack(), 2) == SAMPLE


def test_a_length_above_the_limit_is_refused():
    with pytest.raises(HeaderError, match="limit"):
        read_header(SAMPLE._replace(length=FRAGMENT_BYTES_MAX + 1).pack())


@given(st.binary(max_size=200))
def test_arbitrary_bytes_give_a_header_or_a_typed_error(data):
    with contextlib.suppress(HeaderError):
        read_header(data)
