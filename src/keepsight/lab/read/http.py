"""Messages of the HTTP family (HTTP/1, RTSP, SIP) out of one direction's bytes.

Sources: RFC 9112, RFC 2326, RFC 3261. Bodies beyond their bound are counted and dropped, so a
download costs no memory.
"""

import re
import zlib
from dataclasses import dataclass, field

HEAD_BYTES_MAX = 1 << 16
BODY_BYTES_MAX = 1 << 18
HEADERS_MAX = 128
INFLATED_BYTES_MAX = 1 << 20
CHUNK_LINE_BYTES_MAX = 4096

REQUEST = re.compile(
    rb"^(?:[A-Z][A-Z_-]{1,19}) [^\x00-\x20]{1,16000} (?:HTTP/1\.[01]|RTSP/[12]\.0|SIP/2\.0)\r?\n"
)
RESPONSE = re.compile(rb"^(HTTP/1\.[01]|RTSP/[12]\.0|SIP/2\.0) \d{3}[ \r\n]")


@dataclass(slots=True)
class Message:
    """One request or response."""

    start: str
    headers: dict[str, str]
    """Names in lower case; repeated ones are joined with a comma."""
    packet: int
    """Of its first byte."""
    captured_us: int
    body: bytes = b""
    body_bytes: int = 0
    """All of it, also what was not kept."""
    is_body_whole: bool = True

    @property
    def method(self) -> str:
        """GET, DESCRIBE, ...; empty for a response."""
        return "" if self.is_response else self.start.split(" ", 1)[0]

    @property
    def target(self) -> str:
        """The request target; empty for a response."""
        return "" if self.is_response else self.start.split(" ")[1]

    @property
    def is_response(self) -> bool:
        """The start line begins with the protocol's name."""
        return self.start.startswith(("HTTP/", "RTSP/", "SIP/"))

    @property
    def status(self) -> int:
        """Status code of a response; 0 for a request."""
        return int(self.start.split(" ", 2)[1][:3]) if self.is_response else 0

    def content(self) -> bytes:
        """The body with its content coding undone, bounded; as it is where that fails."""
        coding = self.headers.get("content-encoding", "").lower()
        if coding not in ("gzip", "x-gzip", "deflate"):
            return self.body
        try:
            return zlib.decompressobj(wbits=47).decompress(self.body, INFLATED_BYTES_MAX)
        except zlib.error:
            return self.body


@dataclass(slots=True)
class MessageStream:
    """One direction of a connection."""

    is_broken: bool = False
    """Not this family any more: a tunnel, interleaved media, or damage."""
    is_interleaved: bool = False
    """RTSP media follows on the same connection."""
    is_next_bodiless: bool = False
    """The next response answers HEAD or CONNECT: whatever its headers say, no body follows."""
    skipped_bytes: int = 0
    _bytes: bytearray = field(default_factory=bytearray)
    _message: Message | None = None
    _rest: int = 0
    _is_chunked: bool = False
    _is_until_close: bool = False

    def feed(self, data: bytes, packet: int, captured_us: int) -> list[Message]:
        """Take bytes in order; give the messages they complete."""
        done: list[Message] = []
        if self.is_broken:
            return done
        self._bytes += data
        while self._bytes and not self.is_broken:
            if self._message is None and not self._take_head(packet, captured_us):
                break
            if self._message is not None and not self._take_body():
                break
            if self._message is not None:
                done.append(self._message)
                self._message = None
        return done

    def close(self) -> list[Message]:
        """The connection ended: what was begun counts as far as it came."""
        message, self._message = self._message, None
        if message is None:
            return []
        message.is_body_whole = self._is_until_close
        return [message]

    def tail(self) -> bytes:
        """Bytes that came after the last whole message."""
        return bytes(self._bytes)

    def _take_head(self, packet: int, captured_us: int) -> bool:
        if self._bytes[:1] == b"$":
            self.is_interleaved = self.is_broken = True
            return False
        end, mark = self._bytes.find(b"\r\n\r\n"), 4
        if end < 0:
            end, mark = self._bytes.find(b"\n\n"), 2
        if end < 0:
            self.is_broken = len(self._bytes) > HEAD_BYTES_MAX
            return False
        head = bytes(self._bytes[:end])
        if end > HEAD_BYTES_MAX or not (
            REQUEST.match(head + b"\n") or RESPONSE.match(head + b"\n")
        ):
            self.is_broken = True
            return False
        del self._bytes[: end + mark]
        lines = head.decode("latin-1").splitlines()
        headers: dict[str, str] = {}
        for line in lines[1 : HEADERS_MAX + 1]:
            name, _, value = line.partition(":")
            key = name.strip().lower()
            headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
        self._message = Message(lines[0], headers, packet, captured_us)
        self._begin_body(self._message)
        return True

    def _begin_body(self, message: Message) -> None:
        self._is_chunked = "chunked" in message.headers.get("transfer-encoding", "").lower()
        self._is_until_close, self._rest = False, 0
        if self.is_next_bodiless and message.is_response and message.status // 100 != 1:
            self.is_next_bodiless = False
            return
        is_http = message.start.startswith("HTTP/")
        if message.is_response and (message.status // 100 == 1 or message.status in (204, 304)):
            self._is_chunked = False
            return
        length = message.headers.get("content-length", "").split(",")[0].strip()
        if self._is_chunked:
            self._rest = -1
        elif length.isdecimal() and len(length) <= 15:
            self._rest = int(length)
        elif is_http and message.is_response:
            self._is_until_close = True

    def _take_body(self) -> bool:
        """Whether the message is complete."""
        if self._is_until_close:
            self._keep(len(self._bytes))
            return False
        if self._is_chunked:
            return self._take_chunks()
        self._rest -= self._keep(min(self._rest, len(self._bytes)))
        return self._rest == 0

    def _take_chunks(self) -> bool:
        while True:
            if self._rest > 0:
                self._rest -= self._keep(min(self._rest, len(self._bytes)))
                if self._rest > 0:
                    return False
                self._rest = -1
            line_end = self._bytes.find(b"\n")
            if line_end < 0:
                self.is_broken = len(self._bytes) > CHUNK_LINE_BYTES_MAX
                return False
            line = bytes(self._bytes[:line_end]).strip()
            del self._bytes[: line_end + 1]
            if not line and self._rest == -1:
                continue
            if self._rest == 0:
                return not line
            size = line.split(b";")[0]
            try:
                self._rest = int(size, 16)
            except ValueError:
                self.is_broken = True
                return False
            if self._rest < 0 or self._rest > 1 << 40:
                self.is_broken = True
                return False

    def _keep(self, count: int) -> int:
        message = self._message
        if message is None:
            return 0
        room = BODY_BYTES_MAX - len(message.body)
        message.body += bytes(self._bytes[: min(count, room)])
        message.body_bytes += count
        if count > room:
            message.is_body_whole = False
            self.skipped_bytes += count - max(room, 0)
        del self._bytes[:count]
        return count
