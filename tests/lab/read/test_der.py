"""Goal: DER is read exactly and never past its end. Method: values by hand, and random bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lab.read import der
from keepsight.lab.read.limits import UnreadableArtefact


def test_nested_values_and_object_ids():
    node = der.parse(bytes.fromhex("300b06092a864886f70d010702"))
    (child,) = node.expect(der.SEQUENCE).children()
    assert child.object_id() == "1.2.840.113549.1.7.2"
    assert node.whole == bytes.fromhex("300b06092a864886f70d010702")


def test_long_lengths():
    data = b"\x04\x82\x01\x00" + b"x" * 256
    assert der.parse(data).value == b"x" * 256


@pytest.mark.parametrize("text", ["", "30", "3080", "3005", "30850000000001", "0401", "1f0100"])
def test_malformed_values_are_refused(text):
    with pytest.raises(UnreadableArtefact):
        der.parse(bytes.fromhex(text))


@pytest.mark.parametrize("text", ["0600", "060180", "0401ff"])
def test_malformed_object_ids_are_refused(text):
    with pytest.raises(UnreadableArtefact):
        der.parse(bytes.fromhex(text)).object_id()


def test_another_tag_than_expected_is_refused():
    with pytest.raises(UnreadableArtefact, match="0x2 where 0x4"):
        der.parse(b"\x02\x01\x05").expect(der.OCTETS)


@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(data):
    try:
        queue = [der.parse(data)]
        for node in queue:
            assert node.end <= len(data)
            if node.tag & 0x20:
                queue += node.children()
    except UnreadableArtefact:
        pass
