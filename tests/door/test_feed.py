"""Goal: the door's end of the feed survives every hub. Method: a Unix socket that says anything."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from keepsight.door.feed import FeedClient

OPAQUE = b"o" * 16


def message(kind: int, body: bytes) -> bytes:
    return (1 + len(body)).to_bytes(4) + bytes((kind,)) + body


class Listener:
    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str, bytes, bytes]] = asyncio.Queue()

    def on_connected(self) -> None:
        self.heard.put_nowait(("connected", b"", b""))

    def on_disconnected(self) -> None:
        self.heard.put_nowait(("disconnected", b"", b""))

    def on_fragment(self, opaque: bytes, sealed: bytes) -> None:
        self.heard.put_nowait(("fragment", opaque, sealed))

    def on_state(self, opaque: bytes, state_json: bytes) -> None:
        self.heard.put_nowait(("state", opaque, state_json))

    def on_end(self, session_hash: bytes) -> None:
        self.heard.put_nowait(("end", session_hash, b""))

    def on_renew(self) -> None:
        self.heard.put_nowait(("renew", b"", b""))

    async def next(self) -> tuple[str, bytes, bytes]:
        return await asyncio.wait_for(self.heard.get(), 30)


class HubEnd:
    """Accepts connections and hands them to the test."""

    def __init__(self) -> None:
        self.accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue()
        )

    async def take(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.wait_for(self.accepted.get(), 30)


@asynccontextmanager
async def listening(path: Path) -> AsyncIterator[HubEnd]:
    hub = HubEnd()
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - a socket of the test, in passing
    server = await asyncio.start_unix_server(lambda r, w: hub.accepted.put_nowait((r, w)), path)
    try:
        yield hub
    finally:
        server.close()


@asynccontextmanager
async def running(path: Path) -> AsyncIterator[tuple[FeedClient, Listener]]:
    listener = Listener()
    client = FeedClient(path, listener)
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        task = tasks.create_task(client.run())
        try:
            yield client, listener
        finally:
            task.cancel()


async def test_messages_arrive_however_they_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "feed.sock"
    async with listening(path) as hub, running(path) as (client, listener):
        assert (await listener.next())[0] == "connected"
        assert client.is_connected
        _, writer = await hub.take()
        large = bytes(range(256)) * 4000
        stream = (
            message(3, OPAQUE + b"sealed")
            + message(4, OPAQUE + b'{"state": "running"}')
            + message(3, OPAQUE + large)
            + message(5, b"s" * 32)
        )
        for start in range(0, 60, 7):
            writer.write(stream[start : start + 7])
            await writer.drain()
            await asyncio.sleep(0.001)
        writer.write(stream[63:])
        assert await listener.next() == ("fragment", OPAQUE, b"sealed")
        assert await listener.next() == ("state", OPAQUE, b'{"state": "running"}')
        assert await listener.next() == ("fragment", OPAQUE, large)
        assert await listener.next() == ("end", b"s" * 32, b"")
        writer.close()


async def test_asks_in_the_wire_format(tmp_path: Path) -> None:
    path = tmp_path / "feed.sock"
    async with listening(path) as hub, running(path) as (client, listener):
        client.watch(OPAQUE)  # without a connection: nothing, and no failure
        await listener.next()
        reader, writer = await hub.take()
        client.watch(OPAQUE)
        client.unwatch(OPAQUE)
        asked = await asyncio.wait_for(reader.readexactly(42), 30)
        assert asked == message(1, OPAQUE) + message(2, OPAQUE)
        writer.close()


async def test_connects_when_the_hub_starts_later_and_again_when_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "feed.sock"
    async with running(path) as (client, listener):
        await asyncio.sleep(0.05)
        assert not client.is_connected
        for _ in range(2):
            async with listening(path) as hub:
                assert (await listener.next())[0] == "connected"
                _, writer = await hub.take()
                writer.close()
                assert (await listener.next())[0] == "disconnected"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff\3",
        b"\0\0\0\0\3",
        message(3, OPAQUE),
        message(4, b"short"),
        message(5, b"s" * 31),
        message(9, OPAQUE + b"x"),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
async def test_nonsense_is_a_new_connection(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "feed.sock"
    async with listening(path) as hub, running(path) as (_, listener):
        await listener.next()
        _, writer = await hub.take()
        writer.write(garbage)
        assert (await listener.next())[0] == "disconnected"
        assert (await listener.next())[0] == "connected"
        _, again = await hub.take()
        again.write(message(3, OPAQUE + b"x"))
        assert await listener.next() == ("fragment", OPAQUE, b"x")
        writer.close()
        again.close()


async def test_a_new_epoch_is_an_empty_message(tmp_path: Path) -> None:
    async with listening(tmp_path / "feed.sock") as hub, running(tmp_path / "feed.sock") as found:
        _, listener = found
        _, writer = await hub.take()
        writer.write((1).to_bytes(4) + b"\x06")
        while (heard := await listener.next())[0] != "renew":
            assert heard[0] == "connected", heard
        writer.close()
