"""What one connection says, once its protocol is known: TLS, the HTTP family, MQTT, line by line.

A talk is fed bytes in order and says whether it wants more; most are done after the first packets.
"""

import re
from typing import Protocol

from keepsight.lab.facts.capture import Certificate, TlsHandshake
from keepsight.lab.read import tls
from keepsight.lab.read.exchange import note_request
from keepsight.lab.read.http import Message, MessageStream
from keepsight.lab.read.masking import mask_text, mask_value
from keepsight.lab.read.mqtt import read_connect
from keepsight.lab.read.notes import SAMPLE_BYTES_MAX, Conversation, Notes

HTTP_BYTES_MAX = 16 << 20
"""A direction of a readable connection is followed this far."""
LINES_BYTES_MAX = 1 << 14
MQTT_BYTES_MAX = 1 << 14
WAITING_MAX = 64
"""Requests without a response yet."""


class Talk(Protocol):
    """Takes the bytes of both directions."""

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:
        """Take bytes of side 0 (began) or 1 (answered), in order. Whether more is wanted."""
        ...

    def close(self) -> None:
        """Nothing more will come."""
        ...


class TlsTalk:
    """A TLS handshake: who is asked for, what is agreed, and the certificate up to TLS 1.2."""

    def __init__(self, talk: Conversation, notes: Notes) -> None:
        self._talk, self._notes = talk, notes
        talk.protocol = "TLS"
        self._streams = (tls.Stream(), tls.Stream())
        self._client: tls.ClientHello | None = None
        self._server: tls.ServerHello | None = None
        self._certificate: Certificate | None = None
        self._packet = talk.first_packet
        self._us = talk.first_us
        self._is_noted = False

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:
        """Take bytes until hello messages and certificate are complete."""
        if side == 0 and self._client is None and data[:1] >= b"\x80":
            old = tls.read_old_hello(data)
            if old is not None:
                self._client, data = old[0], data[old[1] :]
        for kind, body in self._streams[side].feed(data):
            self._take(kind, body, packet, captured_us)
        # In a capture the answer may stand before the question.
        is_asked = self._client is not None or self._streams[0].is_broken
        is_over = self._streams[1].is_encrypted or self._streams[1].is_broken
        has_all = self._server is not None and (
            self._certificate is not None or tls.version_name(self._server.version) == "TLS 1.3"
        )
        if is_asked and (is_over or has_all):
            self.close()
        return not self._is_noted

    def _take(self, kind: int, body: bytes, packet: int, captured_us: int) -> None:
        if kind == tls.CLIENT_HELLO and self._client is None:
            self._client = tls.read_client_hello(body)
            if self._client is not None and self._client.sni:
                self._talk.host, self._talk.host_source = self._client.sni, "sni"
        elif kind == tls.SERVER_HELLO and self._server is None:
            hello = tls.read_server_hello(body)
            if hello is not None and not hello.is_retry:
                self._server = hello
                self._packet, self._us = packet, captured_us
        elif kind == tls.CERTIFICATE and self._certificate is None:
            leaf = tls.leaf_of(body)
            self._certificate = None if leaf is None else tls.read_certificate(leaf)

    def close(self) -> None:
        """Note what is known, once."""
        if self._is_noted:
            return
        self._is_noted = True
        if self._client is None and self._server is None:
            return
        self._notes.note_handshake(
            handshake_of(
                self._talk, self._client, self._server, self._certificate, (self._packet, self._us)
            )
        )


def handshake_of(
    talk: Conversation,
    client: tls.ClientHello | None,
    server: tls.ServerHello | None,
    certificate: Certificate | None,
    when: tuple[int, int],
) -> TlsHandshake:
    """The facts of one negotiation. `when` is the packet number and microseconds."""
    suites = () if client is None else client.suites
    weak = [tls.suite_name(s) for s in suites if tls.weakness_of(tls.suite_name(s))]
    return TlsHandshake(
        packet=when[0],
        client=talk.client,
        server=talk.server,
        reach=talk.reach,
        sni="" if client is None else client.sni,
        version="" if server is None else tls.version_name(server.version),
        cipher="" if server is None else tls.suite_name(server.suite),
        offered_versions=()
        if client is None
        else tuple(tls.version_name(v) for v in client.versions),
        offered_weak=tuple(weak[:16]),
        is_quic=talk.transport == "udp" and talk.protocol == "QUIC",
        certificate=certificate,
        captured_us=when[1],
    )


class MessageTalk:
    """HTTP/1, RTSP or SIP over TCP: requests with their responses."""

    def __init__(self, talk: Conversation, notes: Notes, protocol: str) -> None:
        self._talk, self._notes = talk, notes
        talk.protocol = protocol
        self._streams = (MessageStream(), MessageStream())
        self._waiting: list[Message] = []
        self._fed = [0, 0]
        self._is_media = False
        self._tunnel: TlsTalk | None = None

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:
        """Take bytes; each response is noted together with its request."""
        if self._tunnel is not None:
            return self._tunnel.feed(data, side, packet, captured_us)
        self._fed[side] += len(data)
        for message in self._streams[side].feed(data, packet, captured_us):
            self._take(message)
        tunnel = self._opened_tunnel()
        if tunnel is not None:
            rest = self._streams[side].tail()
            return tunnel.feed(rest, side, packet, captured_us) if rest else True
        if self._streams[side].is_interleaved and not self._is_media:
            self._is_media = True
            self._notes.note_clear(
                self._talk, packet, "RTP media inside the readable RTSP connection", harmless=False
            )
        if self._fed[side] > HTTP_BYTES_MAX:
            self._notes.limit("a readable connection longer than what is followed")
            self.close()
            return False
        return not (self._streams[0].is_broken or self._streams[1].is_broken)

    def _opened_tunnel(self) -> TlsTalk | None:
        return self._tunnel

    def _take(self, message: Message) -> None:
        if not message.is_response:
            if len(self._waiting) < WAITING_MAX:
                self._waiting.append(message)
            if message.method in ("HEAD", "CONNECT"):
                self._streams[1].is_next_bodiless = True
            if "host" in message.headers and self._talk.protocol == "HTTP":
                self._talk.host = message.headers["host"].rsplit(":", 1)[0].lower()[:253]
                self._talk.host_source = "host"
            return
        if message.status // 100 == 1 and message.status != 101:
            return
        request = self._waiting.pop(0) if self._waiting else None
        if request is not None and request.method == "CONNECT" and message.status // 100 == 2:
            self._talk.host = request.target.rsplit(":", 1)[0].lower()[:253]
            self._tunnel = TlsTalk(self._talk, self._notes)
        note_request(self._talk, self._notes, request, message)

    def close(self) -> None:
        """Note what was begun and not answered."""
        if self._tunnel is not None:
            self._tunnel.close()
        for stream in self._streams:
            for message in stream.close():
                self._take(message)
        for request in self._waiting:
            note_request(self._talk, self._notes, request, None)
        self._waiting = []


class MqttTalk:
    """The CONNECT message of an MQTT session."""

    def __init__(self, talk: Conversation, notes: Notes) -> None:
        self._talk, self._notes = talk, notes
        talk.protocol = "MQTT"
        self._bytes = b""
        self._is_noted = False

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:  # noqa: ARG002 - the shape of Talk
        """Take bytes until the CONNECT is complete."""
        if side == 0:
            self._bytes += data
            connect = read_connect(self._bytes)
            if connect is not None:
                text = f"CONNECT, {connect.protocol}, client {mask_value(connect.client_id)}"
                self._notes.note_clear(self._talk, packet, text, harmless=False)
                self._is_noted = True
                if connect.password_bytes is not None:
                    masked = f"password of {connect.password_bytes} bytes"
                    self._notes.note_credential(self._talk, packet, "CONNECT password", masked)
        return not self._is_noted and len(self._bytes) < MQTT_BYTES_MAX

    def close(self) -> None:
        """A session without a whole CONNECT is readable all the same."""
        if not self._is_noted:
            self._is_noted = True
            text = "MQTT without a complete CONNECT"
            self._notes.note_clear(self._talk, self._talk.first_packet, text, harmless=False)


class LineTalk:
    """Telnet, FTP, SMTP, POP, IMAP, other plain text: the first lines, and passwords among them."""

    _PASSWORD = re.compile(
        rb"(?i)^(?:PASS|AUTH (?:PLAIN|LOGIN)|\S+ LOGIN) +(\S[^\r\n]*)", re.MULTILINE
    )
    _PROMPT = re.compile(rb"(?i)(?:password|passwort|passwd) ?: ?\x00?$")
    _TELNET_COMMAND = re.compile(
        rb"\xff[\xfb-\xfe].|\xff\xfa.*?\xff\xf0|\xff[\xf1-\xf9]", re.DOTALL
    )

    def __init__(self, talk: Conversation, notes: Notes, protocol: str) -> None:
        self._talk, self._notes = talk, notes
        talk.protocol = protocol
        self._seen = [b"", b""]
        self._is_asked = False
        self._typed = b""
        self._is_noted = False

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:  # noqa: ARG002 - the shape of Talk
        """Take bytes until enough lines were seen."""
        text = self._TELNET_COMMAND.sub(b"", data)
        self._seen[side] = (self._seen[side] + text)[: LINES_BYTES_MAX + 1]
        if not self._is_noted and text.strip():
            self._is_noted = True
            shown = "login and session text" if self._talk.protocol == "Telnet" else None
            if shown is None:
                line = text.strip().splitlines()[0]
                # Whatever stands in the line of a password command is the password.
                shown = self._PASSWORD.sub(b"(credentials)", line).decode("utf-8", "replace")
            self._notes.note_clear(self._talk, packet, mask_text(shown), harmless=False)
        if side == 1:
            self._is_asked = bool(self._PROMPT.search(self._seen[1].rstrip(b" ")))
            self._typed = b"" if self._is_asked else self._typed
        elif self._is_asked:
            self._typed += text
            if b"\r" in self._typed or b"\n" in self._typed:
                typed = self._typed.strip(b"\r\n\x00").decode("utf-8", "replace")
                self._note("password at the prompt", typed, packet)
                self._is_asked, self._typed = False, b""
        elif self._talk.protocol != "Telnet":
            for found in self._PASSWORD.finditer(text):
                self._note("password command", found.group(1).decode("utf-8", "replace"), packet)
        return max(len(self._seen[0]), len(self._seen[1])) <= LINES_BYTES_MAX

    def _note(self, name: str, value: str, packet: int) -> None:
        self._notes.note_credential(self._talk, packet, name, mask_value(value))

    def close(self) -> None:
        """Nothing is held back."""


class UnknownTalk:
    """No protocol that is known: a sample for its entropy, or plain text."""

    def __init__(self, talk: Conversation, notes: Notes) -> None:
        self._talk, self._notes = talk, notes
        talk.protocol = "unknown"
        self._samples = [b"", b""]
        self._is_noted = False

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:  # noqa: ARG002 - the shape of Talk
        """Take bytes until the sample is large enough."""
        room = SAMPLE_BYTES_MAX - len(self._samples[side])
        self._samples[side] += data[:room]
        if len(self._samples[side]) >= SAMPLE_BYTES_MAX:
            self.close()
        return not self._is_noted

    def close(self) -> None:
        """Note the flow, once."""
        if self._is_noted:
            return
        self._is_noted = True
        sample = max(self._samples, key=len)
        if not sample:
            self._talk.protocol = ""
            return
        if is_plain_text(sample):
            self._talk.protocol = "plain text"
            text = mask_text(sample[:200].decode("utf-8", "replace"))
            self._notes.note_clear(self._talk, self._talk.first_packet, text, harmless=False)
        else:
            self._notes.note_unknown(self._talk, sample)


def is_plain_text(sample: bytes) -> bool:
    """Whether a sample reads as text: printable but for white space, and at least 16 bytes."""
    if len(sample) < 16:
        return False
    printable = sum(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in sample)
    return printable >= 0.97 * len(sample)
