"""Goal: single resources are found, loops and lies end. Method: tables by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.lab.read.axml import TYPE_REFERENCE, Value
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.resources import ResourceTable
from tests.lab.synthetic.xml import Ref, resource_table

TABLE = resource_table({
    (1, 0): "9.2.702", (1, 2): True, (2, 0): Ref(0x7F010000), (3, 0): Ref(0x7F030000),
})  # fmt: skip


def ref(number):
    return Value(TYPE_REFERENCE, number)


def test_values_are_found_through_references():
    table = ResourceTable(TABLE)
    assert table.resolve(ref(0x7F010000)).text == "9.2.702"
    assert table.resolve(ref(0x7F020000)).text == "9.2.702"
    assert table.resolve(ref(0x7F010002)).flag() is True


def test_what_is_not_there_is_none():
    table = ResourceTable(TABLE)
    for number in (0x7F010001, 0x7F010009, 0x7F090000, 0x01010000):
        assert table.resolve(ref(number)) is None


def test_a_loop_of_references_ends():
    assert ResourceTable(TABLE).resolve(ref(0x7F030000)) is None


def test_a_plain_value_is_itself():
    value = Value(0x10, 5)
    assert ResourceTable(TABLE).resolve(value) is value


@pytest.mark.parametrize("data", [b"", b"\x02\0", b"\0" * 40, TABLE[:30]])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(UnreadableArtefact):
        ResourceTable(data)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_changed_bytes_are_read_or_refused(place, byte):
    data = bytearray(TABLE)
    data[place % len(data)] = byte
    try:
        table = ResourceTable(bytes(data))
    except UnreadableArtefact:
        return
    for number in (0x7F010000, 0x7F020000, 0x7F030000):
        table.resolve(ref(number))
