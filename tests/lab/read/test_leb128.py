"""Goal: numbers of dex files are read exactly. Method: the published examples and the bounds."""

import pytest

from keepsight.lab.read import leb128
from keepsight.lab.read.limits import UnreadableArtefact


@pytest.mark.parametrize(
    ("text", "unsigned", "signed"),
    [
        ("00", 0, 0),
        ("01", 1, 1),
        ("7f", 127, -1),
        ("807f", 16256, -128),
        ("ffffffff0f", 2**32 - 1, -1),
    ],
)
def test_published_examples(text, unsigned, signed):
    data = bytes.fromhex(text)
    assert leb128.unsigned(data, 0) == (unsigned, len(data))
    assert leb128.signed(data, 0) == (signed, len(data))


def test_more_than_five_bytes_are_refused():
    with pytest.raises(UnreadableArtefact):
        leb128.unsigned(b"\x80" * 6, 0)


def test_the_end_of_the_data_is_an_index_error():
    with pytest.raises(IndexError):
        leb128.unsigned(b"\x80", 0)
