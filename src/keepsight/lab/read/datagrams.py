"""What UDP says, datagram by datagram: DNS, QUIC, SSDP, SIP, discovery, the rest by entropy."""

from itertools import pairwise

from keepsight.lab.facts.capture import Reach
from keepsight.lab.read import tls
from keepsight.lab.read.dns import read_dns
from keepsight.lab.read.exchange import note_request
from keepsight.lab.read.http import Message, MessageStream
from keepsight.lab.read.masking import mask_text
from keepsight.lab.read.notes import Conversation, Notes
from keepsight.lab.read.quic import QuicStart, is_long_header
from keepsight.lab.read.talk import UnknownTalk, handshake_of

QUIC_DATAGRAMS_MAX = 12
DATAGRAMS_MAX = 24
"""Of a flow that is looked into, per direction."""

DNS_PORTS = frozenset({53, 5353, 5355})
_STARTS = (
    (b"\x21\x31", "miIO"),
    (b"\x00\x00\x55\xaa", "Tuya discovery"),
    (b"\x00\x00\x66\x99", "Tuya discovery"),
    (b"\x16\xfe\xff", "DTLS"),
    (b"\x16\xfe\xfd", "DTLS"),
)
_TEXT_STARTS = (
    (b"M-SEARCH * HTTP/1.1", "SSDP"),
    (b"NOTIFY * HTTP/1.1", "SSDP"),
    (b"HTTP/1.1 200 OK", "SSDP"),
    (b"<?xml", "WS-Discovery"),
)
_PORT_NAMES = {
    67: "DHCP",
    68: "DHCP",
    123: "NTP",
    137: "NetBIOS",
    138: "NetBIOS",
    546: "DHCPv6",
    547: "DHCPv6",
}
_STUN_COOKIE = b"\x21\x12\xa4\x42"
_CS2_KINDS = frozenset({0x30, 0x41, 0x42, 0x43, 0xD0, 0xD1, 0xE0, 0xE1, 0xF0})
_RTP_RUN = 4
"""Datagrams of one source with rising sequence numbers that make it RTP."""


def _by_shape(data: bytes) -> str:
    """Name of a protocol that its first bytes give away; empty for any other."""
    if data[4:8] == _STUN_COOKIE and data[0] < 4:
        return "STUN"
    is_cs2 = len(data) >= 4 and data[0] == 0xF1 and data[1] in _CS2_KINDS
    if is_cs2 and int.from_bytes(data[2:4], "big") == len(data) - 4:
        return "CS2 peer to peer"
    return next((name for start, name in _STARTS if data.startswith(start)), "")


class DatagramTalk:
    """One UDP flow."""

    def __init__(self, talk: Conversation, notes: Notes) -> None:
        self._talk, self._notes = talk, notes
        self._count = 0
        self._unknown: UnknownTalk | None = None
        self._quic: QuicStart | None = None
        self._hellos: list[object] = [None, None]
        self._server_when = (talk.first_packet, talk.first_us)
        self._rtp: list[tuple[bytes, int]] = []
        self._is_dns = bool(DNS_PORTS & set(talk.ports))

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:  # noqa: PLR0911 - one return a kind
        """Take one datagram; whether more are wanted."""
        if not data:
            return True
        if self._is_dns:
            return self._feed_dns(data, packet, captured_us)
        self._count += 1
        if self._quic is not None:
            return self._feed_quic(data, side, packet, captured_us)
        if self._unknown is None:
            if self._recognise(data, packet, captured_us):
                is_quic = self._talk.protocol == "QUIC"
                return is_quic and self._feed_quic(data, side, packet, captured_us)
            self._unknown = UnknownTalk(self._talk, self._notes)
        if self._is_rtp(data):
            self._talk.protocol, self._unknown = "RTP", None
            self._notes.limit("RTP media: whether its content is encrypted is not visible")
            return False
        wants = self._unknown.feed(data, side, packet, captured_us)
        if self._count >= DATAGRAMS_MAX:
            self.close()
            return False
        return wants

    def _feed_dns(self, data: bytes, packet: int, captured_us: int) -> bool:
        self._talk.protocol = "mDNS" if 5353 in self._talk.ports else "DNS"
        message = read_dns(data)
        if message is None:
            return True
        is_local = self._talk.protocol == "mDNS" or 5355 in self._talk.ports
        for name in message.questions:
            if not is_local:
                self._notes.learn_query(name, packet, captured_us)
        if message.questions:
            for address in message.addresses:
                self._notes.learn_name(address, message.questions[0])
        return True

    def _recognise(self, data: bytes, packet: int, captured_us: int) -> bool:
        talk, notes = self._talk, self._notes
        for start, name in _TEXT_STARTS:
            if data.startswith(start):
                talk.protocol = name
                text = mask_text(data[:120].decode("utf-8", "replace"))
                notes.note_clear(talk, packet, text, harmless=talk.reach is Reach.LOCAL)
                return True
        if b"SIP/2.0" in data[:1024]:
            self._note_sip(data, packet, captured_us)
            return True
        if is_long_header(data):
            talk.protocol, self._quic = "QUIC", QuicStart()
            notes.quic_flows += 1
            return True
        name = _by_shape(data)
        if name:
            talk.protocol = name
            if name == "Tuya discovery" and b'{"' in data[16:32]:
                # Older devices announce themselves as plain JSON, newer ones under a fixed key.
                text = mask_text(data[16:200].decode("utf-8", "replace"))
                notes.note_clear(talk, packet, text, harmless=talk.reach is Reach.LOCAL)
            return True
        talk.protocol = _PORT_NAMES.get(talk.ports[1]) or _PORT_NAMES.get(talk.ports[0]) or ""
        return bool(talk.protocol)

    def _note_sip(self, data: bytes, packet: int, captured_us: int) -> None:
        self._talk.protocol = "SIP"
        stream = MessageStream()
        found: list[Message] = [*stream.feed(data, packet, captured_us), *stream.close()]
        for message in found:
            request = None if message.is_response else message
            note_request(self._talk, self._notes, request, None if request else message)

    def _is_rtp(self, data: bytes) -> bool:
        if len(data) < 12 or data[0] & 0xC0 != 0x80 or 192 <= data[1] <= 223:
            return False
        self._rtp.append((data[8:12], data[2] << 8 | data[3]))
        run = self._rtp[-_RTP_RUN:]
        if len(run) < _RTP_RUN or len({source for source, _ in run}) != 1:
            return False
        return all(
            0 < (later - earlier) & 0xFFFF <= 4 for (_, earlier), (_, later) in pairwise(run)
        )

    def _feed_quic(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:
        if self._quic is None or self._count > QUIC_DATAGRAMS_MAX:
            self.close()
            return False
        stream = self._quic.feed(data, is_client=side == 0)
        size = int.from_bytes(stream[1:4], "big") if len(stream) >= 4 else -1
        if 0 <= size <= len(stream) - 4 and self._hellos[side] is None:
            body = stream[4 : 4 + size]
            if side == 0 and stream[0] == tls.CLIENT_HELLO:
                hello = tls.read_client_hello(body)
                self._hellos[0] = hello
                if hello is not None and hello.sni:
                    self._talk.host, self._talk.host_source = hello.sni, "sni"
            elif side == 1 and stream[0] == tls.SERVER_HELLO:
                self._hellos[1] = tls.read_server_hello(body)
                self._server_when = (packet, captured_us)
        if None not in self._hellos:
            self.close()
            return False
        return True

    def close(self) -> None:
        """Note what is known, once."""
        if self._unknown is not None:
            self._unknown.close()
        if self._quic is not None:
            self._quic = None
            client, server = self._hellos
            self._notes.note_handshake(
                handshake_of(
                    self._talk,
                    client if isinstance(client, tls.ClientHello) else None,
                    server if isinstance(server, tls.ServerHello) else None,
                    None,
                    self._server_when,
                )
            )
