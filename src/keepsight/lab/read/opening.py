"""The first bytes of a TCP connection: which protocol is it?

By content, with ports as a hint only.
"""

from keepsight.lab.read import tls
from keepsight.lab.read.http import REQUEST, RESPONSE
from keepsight.lab.read.notes import Conversation, Notes
from keepsight.lab.read.talk import LineTalk, MessageTalk, MqttTalk, Talk, TlsTalk, UnknownTalk

UNDECIDED_BYTES_MAX = 2048
_HEAD_LINE_MAX = 16_384
_TELNET_PORTS = frozenset({23, 2323})
_LINE_GREETINGS = (
    (b"220 ", "FTP or SMTP"),
    (b"220-", "FTP or SMTP"),
    (b"+OK", "POP3"),
    (b"* OK", "IMAP"),
)


class Opening:
    """Holds what came until the protocol is clear, then hands over."""

    def __init__(self, talk: Conversation, notes: Notes) -> None:
        self._talk, self._notes = talk, notes
        self._pieces: list[tuple[bytes, int, int, int]] = []
        self._heads = [b"", b""]
        self._next: Talk | None = None

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:
        """Take bytes in order; whether more is wanted."""
        if self._next is not None:
            return self._next.feed(data, side, packet, captured_us)
        self._pieces.append((data, side, packet, captured_us))
        self._heads[side] += data
        self._next = self._decide()
        if self._next is None:
            return True
        return self._replay(self._next)

    def _replay(self, talk: Talk) -> bool:
        wants = True
        for piece in self._pieces:
            wants = talk.feed(*piece)
            if not wants:
                break
        self._pieces = []
        return wants

    def _decide(self) -> Talk | None:  # noqa: PLR0911 - one return a protocol
        client, server = self._heads
        talk, notes = self._talk, self._notes
        for head in (client, server):
            if len(head) >= 3 and head[0] == 0x16 and head[1] == 3 and head[2] <= 4:
                return TlsTalk(talk, notes)
        if client[:1] >= b"\x80" and tls.read_old_hello(client) is not None:
            return TlsTalk(talk, notes)
        line_end = client[:_HEAD_LINE_MAX].find(b"\n")
        if line_end >= 0 and REQUEST.match(client[: line_end + 1]):
            line = client[:line_end]
            family = "RTSP" if b" RTSP/" in line else "SIP" if b" SIP/" in line else "HTTP"
            return MessageTalk(talk, notes, family)
        if RESPONSE.match(server[:64]):
            return MessageTalk(talk, notes, server.split(b"/", 1)[0].decode())
        if len(client) >= 8 and client[0] == 0x10 and client[4:8] in (b"MQTT", b"MQIs"):
            return MqttTalk(talk, notes)
        if (
            len(client) >= 9
            and client[0] == 0x10
            and (b"MQTT" in client[2:12] or b"MQIsdp" in client[2:14])
        ):
            return MqttTalk(talk, notes)
        return self._line_protocol(client, server)

    def _line_protocol(self, client: bytes, server: bytes) -> Talk | None:
        talk, notes = self._talk, self._notes
        if client.startswith(b"SSH-") or server.startswith(b"SSH-"):
            return SilentTalk(talk, "SSH")
        for head in (client, server):
            if len(head) >= 3 and head[0] == 0xFF and 0xFB <= head[1] <= 0xFE:
                return LineTalk(talk, notes, "Telnet")
        if talk.ports[1] in _TELNET_PORTS and (client or server):
            return LineTalk(talk, notes, "Telnet")
        for greeting, name in _LINE_GREETINGS:
            if server.startswith(greeting):
                return LineTalk(talk, notes, name)
        is_request_begun = client[:4].isupper() and b"\n" not in client
        most = _HEAD_LINE_MAX if is_request_begun else UNDECIDED_BYTES_MAX
        if max(len(client), len(server)) >= most:
            return UnknownTalk(talk, notes)
        return None

    def close(self) -> None:
        """Nothing more will come: what is undecided is unknown."""
        if self._next is None:
            self._next = UnknownTalk(self._talk, self._notes)
            self._replay(self._next)
        self._next.close()


class SilentTalk:
    """An encrypted protocol whose name says all there is to see."""

    def __init__(self, talk: Conversation, protocol: str) -> None:
        talk.protocol = protocol

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:  # noqa: ARG002 - the shape of Talk
        """Want nothing more."""
        return False

    def close(self) -> None:
        """Nothing is held back."""
