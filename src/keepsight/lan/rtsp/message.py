"""RTSP 1.0 requests and responses (RFC 2326), for client and server alike.

Parses from a growing buffer and never trusts it: every length is bounded before memory is taken.
Header texts are the received bytes read as Latin-1, so that writing them gives the same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

HEADER_BYTES_MAX: Final = 16 * 1024
"""Start line and headers together."""
HEADER_LINES_MAX: Final = 64
BODY_BYTES_MAX: Final = 64 * 1024
"""An SDP with two tracks takes less than 2 KiB."""
VERSION: Final = "RTSP/1.0"
DOLLAR: Final = 0x24
INTERLEAVED_HEADER_BYTES: Final = 4

Headers = tuple[tuple[str, str], ...]


class MessageError(ValueError):
    """The bytes are not an RTSP message."""


class OversizeMessageError(MessageError):
    """A message announces or sends more than we are willing to hold.

    Attributes:
        what: which part is too large.
        limit: the bound it broke, in bytes or lines.
    """

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} exceeds the limit of {limit}")
        self.what = what
        self.limit = limit


def _find(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def _write(start_line: str, headers: Headers, body: bytes) -> bytes:
    lines = [start_line, *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line for line in lines):
        raise MessageError("a header would contain a line break")
    return "\r\n".join((*lines, "", "")).encode("latin-1", "replace") + body


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks. Content-Length is derived from the body when written."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header, its name compared without case."""
        return _find(self.headers, name)

    def to_bytes(self) -> bytes:
        """The request as sent."""
        return _write(f"{self.method} {self.url} {VERSION}", self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answers. Content-Length is derived from the body when written."""

    status: int
    reason: str = "OK"
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header, its name compared without case."""
        return _find(self.headers, name)

    def all(self, name: str) -> list[str]:
        """Every value of a header that may come more than once."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def to_bytes(self) -> bytes:
        """The response as sent."""
        return _write(f"{VERSION} {self.status} {self.reason}", self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Interleaved:
    """One binary packet on the control connection (RFC 2326 section 10.12)."""

    channel: int
    payload: bytes

    def to_bytes(self) -> bytes:
        """The packet behind its `$` header."""
        return b"$" + bytes((self.channel,)) + len(self.payload).to_bytes(2, "big") + self.payload


def _head_end(data: bytes | bytearray, start: int, end: int) -> tuple[int, int] | None:
    """Where the headers end and the body begins; tolerates bare line feeds."""
    limit = min(end, start + HEADER_BYTES_MAX)
    strict = data.find(b"\r\n\r\n", start, limit)
    bare = data.find(b"\n\n", start, limit)
    if strict >= 0 and (bare < 0 or strict < bare):
        return strict, strict + 4
    if bare >= 0:
        return bare, bare + 2
    if end - start >= HEADER_BYTES_MAX:
        raise OversizeMessageError("the header of an RTSP message", HEADER_BYTES_MAX)
    return None


def _headers(lines: list[str]) -> Headers:
    if len(lines) > HEADER_LINES_MAX:
        raise OversizeMessageError("the number of RTSP header lines", HEADER_LINES_MAX)
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise MessageError("a header line has no name")
        headers.append((name.strip(), value.strip()))
    return tuple(headers)


def _body_bytes(headers: Headers) -> int:
    values = {value for name, value in headers if name.lower() == "content-length"}
    if not values:
        return 0
    value = values.pop()
    if values or not (value.isascii() and value.isdigit()):
        raise MessageError("the Content-Length is not one number")
    # Compared as text first: int() of a megabyte of digits would be slow and then refused anyway.
    if len(value) > 12 or int(value) > BODY_BYTES_MAX:
        raise OversizeMessageError("the body of an RTSP message", BODY_BYTES_MAX)
    return int(value)


def _start(line: str) -> tuple[str, str, str]:
    first, _, rest = line.partition(" ")
    second, _, third = rest.partition(" ")
    if first.startswith("RTSP/"):
        if not (second.isascii() and second.isdigit() and len(second) == 3):
            raise MessageError("the status line carries no three-digit status")
        return "", second, third
    if not third.startswith("RTSP/") or not second:
        raise MessageError("the start line is not RTSP")
    if not first or not all(c.isascii() and (c.isalnum() or c in "_-") for c in first):
        raise MessageError("the method is not a word")
    return first, second, third


def parse_message(
    data: bytes | bytearray, start: int = 0, end: int | None = None
) -> tuple[Request | Response, int] | None:
    """Read the message that begins at `start`.

    Returns:
        The message and where the next one begins, or None while bytes are missing.

    Raises:
        MessageError: the bytes are not RTSP.
        OversizeMessageError: header, line count or body exceed the limits above.
    """
    end = len(data) if end is None else end
    while start < end and data[start] in b"\r\n":
        start += 1
    if start >= end:
        return None
    if not 0x41 <= data[start] <= 0x7A:
        raise MessageError("the bytes are neither an RTSP message nor an interleaved packet")
    found = _head_end(data, start, end)
    if found is None:
        # Judged before the rest: something else that talks first and hangs up is told apart.
        line_end = data.find(b"\n", start, end)
        if line_end >= 0:
            _start(bytes(data[start:line_end]).decode("latin-1").rstrip("\r"))
        return None
    head_end, body_start = found
    lines = bytes(data[start:head_end]).decode("latin-1").replace("\r\n", "\n").split("\n")
    method, second, third = _start(lines[0])
    headers = _headers(lines[1:])
    body_end = body_start + _body_bytes(headers)
    if body_end > end:
        return None
    body = bytes(data[body_start:body_end])
    if method:
        return Request(method, second, headers, body), body_end
    return Response(int(second), third, headers, body), body_end


class MessageReader:
    """Splits a byte stream into messages and interleaved packets.

    Holds at most one unfinished item: HEADER_BYTES_MAX + BODY_BYTES_MAX plus what was fed last.
    For control connections; a camera's media goes through `chunk.py`, which copies nothing.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(
        self, data: bytes | bytearray | memoryview
    ) -> Iterator[Request | Response | Interleaved]:
        """Yield each item that is complete.

        Raises:
            MessageError: the stream is not RTSP; the reader is of no more use.
        """
        self._buffer += data
        start = 0
        try:
            while start < len(self._buffer):
                if self._buffer[start] == DOLLAR:
                    packet = self._interleaved(start)
                    if packet is None:
                        return
                    start += INTERLEAVED_HEADER_BYTES + len(packet.payload)
                    yield packet
                    continue
                parsed = parse_message(self._buffer, start)
                if parsed is None:
                    return
                message, start = parsed
                yield message
        finally:
            del self._buffer[:start]

    def _interleaved(self, start: int) -> Interleaved | None:
        data = self._buffer
        if len(data) - start < INTERLEAVED_HEADER_BYTES:
            return None
        size = int.from_bytes(data[start + 2 : start + 4], "big")
        begin = start + INTERLEAVED_HEADER_BYTES
        if len(data) - begin < size:
            return None
        return Interleaved(data[start + 1], bytes(data[begin : begin + size]))
