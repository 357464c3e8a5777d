"""From a packet to its transport payload: link layer, VLAN tags, IPv4, IPv6.

Sources: LINKTYPE registry of tcpdump.org, RFC 791, RFC 8200. Everything else is None, never a
guess. Lengths are taken from the IP header, so Ethernet padding is not mistaken for payload.
"""

import ipaddress
from functools import lru_cache

from keepsight.lab.facts.capture import Reach

ETHERNET, RAW, SLL, SLL2, NULL, LOOP = 1, 101, 113, 276, 0, 108
LINK_NAMES = {
    ETHERNET: "Ethernet",
    RAW: "raw IP",
    12: "raw IP",
    14: "raw IP",
    228: "raw IPv4",
    229: "raw IPv6",
    SLL: "Linux cooked",
    SLL2: "Linux cooked v2",
    NULL: "BSD loopback",
    LOOP: "OpenBSD loopback",
}
"""The link types that are understood."""
_RAW_LINKS = frozenset({RAW, 12, 14, 228, 229})
_VLAN_TYPES = frozenset({0x8100, 0x88A8, 0x9100})
_VLAN_TAGS_MAX = 4
_IPV6_HEADERS_MAX = 8
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION, _AUTHENTICATION = 0, 43, 44, 60, 51
TCP, UDP = 6, 17

Datagram = tuple[int, bytes, int, int]
"""Protocol number, source and destination address joined, start and end of the transport part."""


def datagram(data: bytes, start: int, end: int, link: int) -> Datagram | None:
    """The IP datagram of a packet, or None where there is none that can be followed.

    Fragments other than the first have no ports and are None as well.
    """
    at = _network_start(data, start, end, link)
    if at is None or at >= end:
        return None
    version = data[at] >> 4
    if version == 4:
        return _ipv4(data, at, end)
    if version == 6:
        return _ipv6(data, at, end)
    return None


def _network_start(data: bytes, start: int, end: int, link: int) -> int | None:
    if link in _RAW_LINKS:
        return start
    if link == ETHERNET:
        return _past_type(data, start + 12, end)
    if link == SLL:
        return _past_type(data, start + 14, end)
    if link == SLL2:
        is_ip = data[start : start + 2] in (b"\x08\x00", b"\x86\xdd")
        return start + 20 if is_ip else None
    if link in (NULL, LOOP):
        return start + 4
    return None


def _past_type(data: bytes, at: int, end: int) -> int | None:
    for _ in range(_VLAN_TAGS_MAX + 1):
        if at + 2 > end:
            return None
        kind = data[at] << 8 | data[at + 1]
        if kind in (0x0800, 0x86DD):
            return at + 2
        if kind not in _VLAN_TYPES:
            return None
        at += 4
    return None


def _ipv4(data: bytes, at: int, end: int) -> Datagram | None:
    header_bytes = (data[at] & 0x0F) * 4
    if header_bytes < 20 or at + header_bytes > end:
        return None
    total = data[at + 2] << 8 | data[at + 3]
    # Zero is what segmentation offload leaves in captures made on the sending machine.
    stop = min(end, at + total) if total else end
    if (data[at + 6] & 0x1F) or data[at + 7]:
        return None
    if stop < at + header_bytes:
        return None
    return data[at + 9], data[at + 12 : at + 20], at + header_bytes, stop


def _ipv6(data: bytes, at: int, end: int) -> Datagram | None:
    if at + 40 > end:
        return None
    length = data[at + 4] << 8 | data[at + 5]
    stop = min(end, at + 40 + length) if length else end
    protocol, addresses, at = data[at + 6], data[at + 8 : at + 40], at + 40
    for _ in range(_IPV6_HEADERS_MAX):
        if protocol in (_HOP_BY_HOP, _ROUTING, _DESTINATION, _AUTHENTICATION):
            if at + 8 > stop:
                return None
            size = data[at + 1]
            following = data[at]
            at += (size + 2) * 4 if protocol == _AUTHENTICATION else (size + 1) * 8
            protocol = following
        elif protocol == _FRAGMENT:
            if at + 8 > stop or (data[at + 2] << 8 | data[at + 3]) & 0xFFF8:
                return None
            protocol, at = data[at], at + 8
        else:
            return (protocol, addresses, at, stop) if at <= stop else None
    return None


def address_text(address: bytes) -> str:
    """The usual notation of 4 or 16 bytes."""
    if len(address) == 4:
        return ".".join(map(str, address))
    return str(ipaddress.IPv6Address(address))


@lru_cache(maxsize=4096)
def reach_of(address: bytes) -> Reach:
    """Whether an address is on the internet or around the corner."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    near = _NEAR_4 if found.version == 4 else _NEAR_6
    return Reach.LOCAL if any(found in network for network in near) else Reach.INTERNET


_NEAR_4 = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/4",
        "255.255.255.255/32",
    )
)
_NEAR_6 = tuple(
    ipaddress.ip_network(text) for text in ("::/127", "fc00::/7", "fe80::/10", "ff00::/8")
)
"""RFC 1918, 3927, 4193, 4291, 6598. Written out: the library also counts documentation addresses as
private, which would call synthetic traffic local."""
