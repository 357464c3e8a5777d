"""Raw HTTP/1.1 over a socket: requests that no library would send."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes

    @property
    def may_be_kept(self) -> bool:
        """Whether a shared cache that keeps to the rules might store it (RFC 9111, section 3)."""
        words = self.headers.get("cache-control", "").replace(" ", "").split(",")
        return not {"no-store", "private"} & set(words)


async def send(port: int, data: bytes, *, seconds: float = 0.6) -> bytes:
    """Everything that comes back until the other side closes or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        writer.write(data)
        with suppress(TimeoutError, OSError):
            while True:
                async with asyncio.timeout(seconds):
                    piece = await reader.read(65536)
                if not piece:
                    break
                received += piece
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return received


def statuses(received: bytes) -> list[int]:
    """Of each answer; bodies in these tests do not contain status lines."""
    return [int(found) for found in _STATUS.findall(received)]


def read_answer(received: bytes) -> RawAnswer:
    """The first answer."""
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return RawAnswer(int(lines[0].split(" ")[1]), headers, body)
