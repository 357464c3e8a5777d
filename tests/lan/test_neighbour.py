"""Goal: the address of a neighbour, or nothing. Method: texts as the kernel writes them."""

from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.neighbour import link_layer_address, parse_table

TABLE = """IP address       HW type     Flags       HW address            Mask     Device
192.0.2.7        0x1         0x2         AA:bb:cc:dd:ee:01     *        eth0
192.0.2.8        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.9        0x1         0x2         00:00:00:00:00:00     *        eth0
"""


def test_a_known_neighbour():
    assert parse_table(TABLE, "192.0.2.7") == "aa:bb:cc:dd:ee:01"


def test_incomplete_empty_and_unknown_neighbours_are_nothing():
    assert [parse_table(TABLE, f"192.0.2.{n}") for n in (8, 9, 70)] == ["", "", ""]


async def test_read_from_a_file(tmp_path):
    path = tmp_path / "arp"
    path.write_text(TABLE)
    assert await link_layer_address("192.0.2.7", path) == "aa:bb:cc:dd:ee:01"
    assert await link_layer_address("192.0.2.7", tmp_path / "absent") == ""


@given(st.text(max_size=200))
def test_arbitrary_tables_raise_nothing(text):
    parse_table("header\n" + text, "1")
    parse_table("header\n1 0x1 " + text, "1")
