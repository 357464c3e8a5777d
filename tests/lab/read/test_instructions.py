"""Goal: the tables agree with the instruction formats. Method: samples of each format."""

import struct

import pytest

from keepsight.lab.read import instructions as table
from keepsight.lab.read.limits import UnreadableArtefact


@pytest.mark.parametrize(
    ("opcode", "units"),
    [(0x0E, 1), (0x12, 1), (0x13, 2), (0x14, 3), (0x18, 5), (0x1A, 2), (0x1B, 3), (0x26, 3),
     (0x28, 1), (0x2A, 3), (0x38, 2), (0x44, 2), (0x6E, 3), (0x78, 3), (0x7B, 1), (0x90, 2),
     (0xB0, 1), (0xD0, 2), (0xE2, 2), (0xFA, 4), (0xFC, 3)],
)  # fmt: skip
def test_lengths(opcode, units):
    assert table.UNITS[opcode] == units


@pytest.mark.parametrize(
    ("opcode", "writes", "wide"),
    [(0x01, table.NIBBLE, 0), (0x02, table.BYTE, 0), (0x03, table.UNIT, 0), (0x05, table.BYTE, 1),
     (0x0E, table.NO_WRITE, 0), (0x12, table.NIBBLE, 0), (0x18, table.BYTE, 1),
     (0x4B, table.NO_WRITE, 0), (0x53, table.NIBBLE, 1), (0x6E, table.NO_WRITE, 0),
     (0x81, table.NIBBLE, 1), (0x84, table.NIBBLE, 0), (0x9B, table.BYTE, 1),
     (0xB0, table.NIBBLE, 0), (0xD5, table.NIBBLE, 0), (0xD8, table.BYTE, 0)],
)  # fmt: skip
def test_writes(opcode, writes, wide):
    assert (table.WRITES[opcode], table.WIDE[opcode]) == (writes, wide)


def test_signed_numbers():
    assert [table.signed(one, 4) for one in (0, 7, 8, 15)] == [0, 7, -8, -1]


def test_branches():
    assert table.branch_target(b"\x28\xfe", 0) == -4
    assert table.branch_target(b"\x38\x00\x03\x00", 0) == 6
    assert table.branch_target(b"\x2a\x00\x04\x00\x00\x00", 0) == 8
    assert table.branch_target(b"\x0e\x00", 0) is None


def test_switches_and_payloads():
    packed = struct.pack("<HHiii", 0x0100, 2, 0, 10, 12)
    data = struct.pack("<BBi", 0x2B, 0, 4) + b"\0\0" + packed
    assert table.switch_targets(data, 0, len(data)) == [20, 24]
    assert table.payload_units(data, 8) == 8
    assert table.payload_units(struct.pack("<HHI", 0x0300, 1, 5), 0) == 7
    assert table.payload_units(b"\0\0\0\0", 0) == 1


def test_a_switch_whose_table_lies_has_no_targets():
    assert table.switch_targets(struct.pack("<BBi", 0x2B, 0, 4000), 0, 6) == []


def test_handlers_are_found_and_lies_refused():
    head = struct.pack("<4HII", 1, 0, 0, 1, 0, 2)
    body = b"\0\0\x0e\0"
    tries = struct.pack("<IHH", 0, 1, 1) + bytes([1, 0x7F, 0, 1, 0x00])
    handlers, end = table.exception_handlers(head + body + tries, 0)
    assert handlers == [18, 16]
    assert end == len(head + body + tries)
    with pytest.raises(UnreadableArtefact):
        table.exception_handlers(head + body, 0)
