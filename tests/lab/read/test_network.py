"""From frame to transport: link types, tags, headers, fragments, and near or far."""

import struct

import pytest

from keepsight.lab.facts.capture import Reach
from keepsight.lab.read import network
from tests.lab.synthetic.traffic import ethernet, ipv4, udp

PACKET = ipv4("192.168.1.2", "1.2.3.4", 17, udp(1000, 53, b"payload"))


def found(data, link):
    return network.datagram(data, 0, len(data), link)


@pytest.mark.parametrize(
    ("data", "link"),
    [
        (ethernet(PACKET), network.ETHERNET),
        (ethernet(PACKET, vlans=(7, 9)), network.ETHERNET),
        (PACKET, network.RAW),
        (bytes(14) + b"\x08\x00" + PACKET, network.SLL),
        (b"\x08\x00" + bytes(18) + PACKET, network.SLL2),
        (b"\x02\0\0\0" + PACKET, network.NULL),
    ],
)
def test_every_link_type_leads_to_the_same_datagram(data, link):
    protocol, addresses, start, end = found(data, link)
    assert protocol == network.UDP
    assert addresses == bytes([192, 168, 1, 2, 1, 2, 3, 4])
    assert data[start + 8 : end] == b"payload"


def test_ethernet_padding_is_no_payload():
    data = ethernet(PACKET) + bytes(18)
    _, _, start, end = found(data, network.ETHERNET)
    assert data[start + 8 : end] == b"payload"


def test_ipv6_with_extension_headers():
    inner = udp(1000, 53, b"payload")
    hop = bytes([17, 0]) + bytes(6)
    head = (
        struct.pack(">IHBB", 6 << 28, len(hop + inner), 0, 64)
        + bytes(15)
        + b"\1"
        + bytes(15)
        + b"\2"
    )
    data = ethernet(head + hop + inner, kind=0x86DD)
    protocol, addresses, start, end = found(data, network.ETHERNET)
    assert (protocol, len(addresses)) == (network.UDP, 32)
    assert data[start + 8 : end] == b"payload"


def test_what_cannot_be_followed_is_none():
    later_fragment = ipv4("1.1.1.1", "2.2.2.2", 17, b"x" * 20, fragment=3)
    assert found(ethernet(later_fragment), network.ETHERNET) is None
    assert found(ethernet(PACKET, kind=0x0806), network.ETHERNET) is None
    assert found(PACKET, 147) is None
    assert found(b"", network.ETHERNET) is None
    assert found(b"\x45\0\0\x14", network.RAW) is None


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        ([10, 0, 0, 1], Reach.LOCAL),
        ([192, 168, 0, 1], Reach.LOCAL),
        ([172, 31, 0, 1], Reach.LOCAL),
        ([172, 32, 0, 1], Reach.INTERNET),
        ([100, 64, 0, 1], Reach.LOCAL),
        ([239, 255, 255, 250], Reach.LOCAL),
        ([255, 255, 255, 255], Reach.LOCAL),
        ([8, 8, 8, 8], Reach.INTERNET),
        ([203, 0, 113, 9], Reach.INTERNET),
    ],
)
def test_near_and_far(text, reach):
    assert network.reach_of(bytes(text)) is reach
    mapped = bytes(10) + b"\xff\xff" + bytes(text)
    assert network.reach_of(mapped) is reach


def test_addresses_as_people_write_them():
    assert network.address_text(bytes([1, 2, 3, 4])) == "1.2.3.4"
    assert network.address_text(bytes(15) + b"\1") == "::1"
