"""A pool of HTTP/1.1 connections with the bug of March 2023, and an origin that can be broken.

A request that is cancelled while its answer is on the way leaves the connection in the pool; the
next caller, of whatever household, reads the answer of the one before.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

ANSWER_BYTES_MAX: Final = 1024 * 1024
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Pool:
    """Connections to one origin, shared by everybody who asks."""

    port: int
    closes_when_cancelled: bool = False
    """Without the bug."""
    _idle: list[Connection] = field(default_factory=list)
    _all: list[Connection] = field(default_factory=list)

    async def get(self, path: str, cookie: str) -> bytes:
        """The body of an answer.

        Raises:
            OSError, asyncio.IncompleteReadError, ValueError: the origin broke off.
        """
        connection = self._idle.pop() if self._idle else await self._connect()
        reader, writer = connection
        is_whole = False
        try:
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: origin\r\nCookie: {cookie}\r\n\r\n".encode()
            )
            body = await _read_answer(reader)
            is_whole = True
        finally:
            if is_whole or not self.closes_when_cancelled:
                self._idle.append(connection)  # the bug: whatever is unread goes with it
            else:
                writer.close()
        return body

    async def _connect(self) -> Connection:
        made = await asyncio.open_connection("127.0.0.1", self.port)
        self._all.append(made)
        return made

    async def close(self) -> None:
        """Hang up."""
        for _, writer in self._all:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _read_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    length = int(fields[b"content-length"])
    if not 0 <= length <= ANSWER_BYTES_MAX:
        raise ValueError("too long an answer")
    return await reader.readexactly(length)


Answer = Callable[[str, str], bytes]
"""The body for a path and a cookie."""


@dataclass
class Origin:
    """Answers stills over kept connections; slow, or broken in several ways."""

    answer: Answer
    chance: random.Random
    slow_seconds: float = 0.0
    slow_share: float = 0.0
    broken_share: float = 0.0
    port: int = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Origin"]:
        """Listen on a free port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ")[1]
        cookie = next(
            (line[8:] for line in head.split("\r\n") if line.lower().startswith("cookie: ")), ""
        )
        if self.chance.random() < self.slow_share:
            await asyncio.sleep(self.slow_seconds)
        body = self.answer(path, cookie)
        is_broken = self.chance.random() < self.broken_share
        answer = self._broken(body) if is_broken else _whole(body)
        writer.write(answer)
        await writer.drain()
        return not is_broken or self.chance.random() < 0.8

    def _broken(self, body: bytes) -> bytes:
        """An answer that no origin should give."""
        match self.chance.randrange(5):
            case 0:  # cut in the body
                return _whole(body)[: -self.chance.randrange(1, len(body))]
            case 1:  # twice
                return _whole(body) * 2
            case 2:  # a length that is too small: the rest is read as the next answer
                return _whole(body, len(body) // 2)
            case 3:  # a length that is too large: the next answer is read as the rest
                return _whole(body, len(body) + 200)
            case _:  # noise in front
                return b"\r\n" + _whole(body)


def _whole(body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {size}\r\n"
        "Cache-Control: private, no-store\r\n\r\n"
    ).encode() + body
