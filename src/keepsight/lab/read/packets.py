"""Packet files, read from front to end: pcap (both byte orders, micro and nanoseconds) and pcapng.

Memory is bounded by one chunk plus one block, whatever the size of the file. Sources: the libpcap
file format, the pcapng draft (draft-ietf-opsawg-pcapng). What is damaged is said in `damage`;
packets before the damage are still delivered.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader

from keepsight.lab.read.limits import UnreadableArtefact

CHUNK_BYTES = 1 << 20
PACKET_BYTES_MAX = 1 << 20
"""libpcap's own bound is 256 KiB; a longer packet means that the file is damaged."""
BLOCK_BYTES_MAX = 16 << 20
INTERFACES_MAX = 1024

PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
_PCAP_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1),
    b"\xa1\xb2\xc3\xd4": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1000),
}
"""First four bytes: byte order, and fractions of a second in a microsecond."""

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 2, 3, 6, 10
_TLS_KEY_LOG = 0x544C534B
_OPTION_RESOLUTION, _OPTION_OFFSET = 9, 14

Packet = tuple[bytes, int, int, int, int, int]
"""Buffer, start and end of the packet in it, length on the wire, microseconds, link type."""


@dataclass(slots=True)
class _Interface:
    link: int
    ticks_per_second: int = 1_000_000
    offset_seconds: int = 0


def is_packet_file(head: bytes) -> bool:
    """Whether the first four bytes say pcap or pcapng."""
    return head[:4] == PCAPNG_MAGIC or head[:4] in _PCAP_MAGICS


class PacketFile:
    """One open packet file. Iterate once.

    Raises:
        UnreadableArtefact: neither pcap nor pcapng, or the file header is cut.
    """

    def __init__(self, file: BufferedReader, name: str) -> None:
        self._file = file
        self._name = name
        head = file.read(4)
        self.damage = ""
        """Why reading stopped early; empty after a complete read."""
        self.has_secrets = False
        """The file carries TLS secrets in a decryption-secrets block."""
        self.links: set[int] = set()
        if head == PCAPNG_MAGIC:
            self.format = "pcapng"
            self._packets = self._read_pcapng(head)
        elif head in _PCAP_MAGICS:
            self.format = "pcap"
            self._packets = self._read_pcap(*_PCAP_MAGICS[head])
        else:
            raise UnreadableArtefact("not a packet capture: neither pcap nor pcapng")

    def __iter__(self) -> Iterator[Packet]:
        return self._packets

    def _read_pcap(self, order: str, fractions_per_us: int) -> Iterator[Packet]:
        header = self._file.read(20)
        if len(header) < 20:
            raise UnreadableArtefact("the pcap file header is cut off")
        link = int(struct.unpack(order + "I", header[16:20])[0]) & 0x0FFFFFFF
        self.links.add(link)
        unpack = struct.Struct(order + "IIII").unpack_from
        data, offset = b"", 0
        while True:
            rest = data[offset:]
            chunk = self._file.read(CHUNK_BYTES)
            if not chunk:
                if rest:
                    self.damage = "the file ends in the middle of a packet"
                return
            data, offset = rest + chunk, 0
            end = len(data)
            while offset + 16 <= end:
                seconds, fraction, captured, wire_bytes = unpack(data, offset)
                start = offset + 16
                stop = start + captured
                if stop > end:
                    if captured > PACKET_BYTES_MAX:
                        self.damage = f"a packet claims {captured} bytes"
                        return
                    break
                if fractions_per_us != 1:
                    fraction //= fractions_per_us
                yield data, start, stop, wire_bytes, seconds * 1_000_000 + fraction, link
                offset = stop

    def _read_pcapng(self, head: bytes) -> Iterator[Packet]:  # noqa: C901, PLR0912 - one loop over blocks, each refusal with its own reason
        order = "<"
        interfaces: list[_Interface] = []
        data, offset, is_ended = head, 0, False
        while True:
            while len(data) - offset < 12 and not is_ended:
                data, offset, is_ended = self._more(data, offset)
            if len(data) == offset:
                return
            if len(data) - offset < 12:
                self.damage = "the file ends in the middle of a block"
                return
            kind_bytes = data[offset : offset + 4]
            if kind_bytes == PCAPNG_MAGIC:
                magic = data[offset + 8 : offset + 12]
                if magic not in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"):
                    self.damage = "a section header without byte-order mark"
                    return
                order = "<" if magic == b"\x4d\x3c\x2b\x1a" else ">"
                interfaces = []
            kind, length = struct.unpack_from(order + "II", data, offset)
            if length < 12 or length % 4 or length > BLOCK_BYTES_MAX:
                self.damage = f"a block claims {length} bytes"
                return
            while len(data) - offset < length and not is_ended:
                data, offset, is_ended = self._more(data, offset)
            if len(data) - offset < length:
                self.damage = "the file ends in the middle of a block"
                return
            body, stop = offset + 8, offset + length - 4
            if kind == _INTERFACE and len(interfaces) < INTERFACES_MAX:
                interfaces.append(self._interface(data, body, stop, order))
            elif kind == _SECRETS:
                secret_kind = data[body : body + 4]
                self.has_secrets |= secret_kind == struct.pack(order + "I", _TLS_KEY_LOG)
            elif kind in (_PACKET, _OLD_PACKET, _SIMPLE):
                packet = _block_packet(data, body, stop, order, kind, interfaces)
                if packet is None:
                    self.damage = "a packet block that does not fit its own lengths"
                    return
                yield packet
            offset += length

    def _more(self, data: bytes, offset: int) -> tuple[bytes, int, bool]:
        chunk = self._file.read(CHUNK_BYTES)
        return data[offset:] + chunk, 0, not chunk

    def _interface(self, data: bytes, body: int, stop: int, order: str) -> _Interface:
        if stop - body < 8:
            return _Interface(link=-1)
        interface = _Interface(link=struct.unpack_from(order + "H", data, body)[0])
        self.links.add(interface.link)
        at = body + 8
        while at + 4 <= stop:
            code, size = struct.unpack_from(order + "HH", data, at)
            value = data[at + 4 : min(at + 4 + size, stop)]
            if code == 0:
                break
            if code == _OPTION_RESOLUTION and len(value) == 1:
                power = value[0] & 0x7F
                is_binary = bool(value[0] & 0x80)
                # Beyond these a tick is shorter than any clock; the value is a lie or damage.
                if power <= (64 if is_binary else 18):
                    interface.ticks_per_second = 2**power if is_binary else 10**power
            elif code == _OPTION_OFFSET and len(value) == 8:
                interface.offset_seconds = struct.unpack(order + "q", value)[0]
            at += 4 + (size + 3) // 4 * 4
        return interface


def _block_packet(  # noqa: PLR0913, PLR0917 - a block is its buffer, bounds, order and kind
    data: bytes, body: int, stop: int, order: str, kind: int, interfaces: list[_Interface]
) -> Packet | None:
    """The packet in an enhanced, simple or old packet block; None where lengths contradict."""
    if kind == _SIMPLE:
        if stop - body < 4 or not interfaces:
            return None
        (wire_bytes,) = struct.unpack_from(order + "I", data, body)
        start = body + 4
        return (data, start, min(start + wire_bytes, stop), wire_bytes, 0, interfaces[0].link)
    if stop - body < 20:
        return None
    if kind == _PACKET:
        number, high, low, captured, wire_bytes = struct.unpack_from(order + "IIIII", data, body)
    else:
        number, _, high, low, captured, wire_bytes = struct.unpack_from(
            order + "HHIIII", data, body
        )
    start = body + 20
    if captured > stop - start or number >= len(interfaces):
        return None
    interface = interfaces[number]
    ticks = (high << 32) | low
    per_second = interface.ticks_per_second
    wall_us = ticks if per_second == 1_000_000 else ticks * 1_000_000 // per_second
    wall_us += interface.offset_seconds * 1_000_000
    return (data, start, start + captured, wire_bytes, wall_us, interface.link)
