"""Goal: the feed's bytes, laziness and its behaviour when the door is slow. Method: a raw socket.

The door's end is written out by hand here, after design/wire.md and not after the code.
"""

import asyncio
import json
import secrets
import stat
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from keepsight.hub.camera import StreamState
from keepsight.hub.live import feed as feed_module
from keepsight.hub.live.feed import Feed, Lane
from keepsight.seal.header import Kind, read_header
from tests.hub.live.test_stream import Rig

OPAQUE = bytes(range(16))
OTHER = bytes(range(1, 17))


class DoorEnd:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def tell(self, kind: int, opaque: bytes = OPAQUE) -> None:
        self.writer.write((1 + len(opaque)).to_bytes(4) + bytes((kind,)) + opaque)

    async def take(self) -> tuple[int, bytes]:
        async with asyncio.timeout(30):
            length = int.from_bytes(await self.reader.readexactly(4))
            body = await self.reader.readexactly(length)
            return body[0], body[1:]

    async def take_fragment(self) -> bytes:
        kind, body = await self.take()
        assert (kind, body[:16]) == (3, OPAQUE)
        return body[16:]


@pytest.fixture
async def feed(tmp_path: Path) -> AsyncIterator[Feed]:
    feed = Feed(tmp_path / "feed.sock")
    await feed.start()
    yield feed
    await feed.stop()


async def connect(feed: Feed) -> DoorEnd:
    return DoorEnd(*await asyncio.open_unix_connection(feed._path))


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0.001)


async def test_socket_is_for_this_user_only(feed: Feed) -> None:
    assert stat.S_IMODE(feed._path.stat().st_mode) == 0o600
    await feed.stop()
    assert not feed._path.exists()
    await feed.start()


async def test_socket_of_a_killed_hub_is_replaced(tmp_path: Path) -> None:
    first, second = Feed(tmp_path / "feed.sock"), Feed(tmp_path / "feed.sock")
    await first.start()
    await second.start()
    door = await connect(second)
    door.tell(1)
    assert (await door.take())[0] == 4
    door.writer.close()
    await second.stop()
    await first.stop()


async def test_watch_gives_state_then_init_still_rest_then_live(feed: Feed) -> None:
    rig = Rig()
    rig.shoot(key=True)
    rig.shoot()
    feed.add_stream(OPAQUE, rig.live, StreamState.RUNNING)
    door = await connect(feed)
    await settled()
    assert not rig.live.is_watched
    assert feed.watched_count == 0
    door.tell(1)
    kind, body = await door.take()
    assert (kind, body[:16], json.loads(body[16:])) == (4, OPAQUE, {"state": "running"})
    got = [rig.open(await door.take_fragment()).kind for _ in range(3)]
    assert got == [Kind.INIT, Kind.STILL, Kind.GOP]
    rig.shoot()
    assert rig.open(await door.take_fragment()).sequence == 3
    assert feed.watched_count == 1
    door.tell(2)
    await settled()
    assert not rig.live.is_watched
    door.writer.close()


async def test_door_that_leaves_stops_the_sealing(feed: Feed) -> None:
    rig = Rig()
    feed.add_stream(OPAQUE, rig.live, StreamState.RUNNING)
    door = await connect(feed)
    door.tell(1)
    await door.take()
    assert rig.live.is_watched
    door.writer.close()
    await settled()
    assert not rig.live.is_watched


async def test_state_changes_are_told_once(feed: Feed) -> None:
    rig = Rig()
    feed.add_stream(OPAQUE, rig.live, StreamState.STARTING)
    door = await connect(feed)
    door.tell(1)
    await door.take()
    feed.set_state(OPAQUE, StreamState.STARTING)
    feed.set_state(OPAQUE, StreamState.SILENT)
    kind, body = await door.take()
    assert (kind, json.loads(body[16:])) == (4, {"state": "silent"})
    door.writer.close()


async def test_a_stream_without_stills_says_so_under_its_new_name_too(feed: Feed) -> None:
    rig = Rig()
    feed.add_stream(OPAQUE, rig.live, StreamState.RUNNING, has_stills=False)
    door = await connect(feed)
    door.tell(1)
    assert json.loads((await door.take())[1][16:]) == {"state": "running", "stills": False}
    feed.set_state(OPAQUE, StreamState.RUNNING, has_stills=True)
    assert json.loads((await door.take())[1][16:]) == {"state": "running"}
    feed.set_state(OPAQUE, StreamState.RUNNING, has_stills=False)
    await door.take()
    feed.renew()
    feed.rename_stream(OPAQUE, OTHER)
    assert (await door.take())[0] == 6
    door.tell(1, OTHER)
    assert json.loads((await door.take())[1][16:]) == {"state": "running", "stills": False}
    door.writer.close()


async def test_stream_added_after_the_watch_begins_by_itself(feed: Feed) -> None:
    door = await connect(feed)
    door.tell(1)
    assert json.loads((await door.take())[1][16:]) == {"state": "stopped"}
    rig = Rig()
    rig.shoot(key=True)
    feed.add_stream(OPAQUE, rig.live, StreamState.RUNNING)
    assert json.loads((await door.take())[1][16:]) == {"state": "running"}
    assert read_header(await door.take_fragment()).kind == Kind.INIT
    await door.take_fragment()
    feed.remove_stream(OPAQUE)
    feed.remove_stream(OPAQUE)
    assert json.loads((await door.take())[1][16:]) == {"state": "stopped"}
    assert not rig.live.is_watched
    door.writer.close()


async def test_end_carries_the_session_hash_to_every_door(feed: Feed) -> None:
    doors = [await connect(feed), await connect(feed)]
    await settled()
    session = secrets.token_bytes(32)
    feed.end_session(session)
    for door in doors:
        assert await door.take() == (5, session)
        door.writer.close()
    with pytest.raises(ValueError, match="32 bytes"):
        feed.end_session(b"short")


@pytest.mark.parametrize(
    "garbage", [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\2\1\1", b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_nonsense_closes_that_connection_only(feed: Feed, garbage: bytes) -> None:
    good, bad = await connect(feed), await connect(feed)
    bad.writer.write(garbage)
    async with asyncio.timeout(30):
        assert await bad.reader.read() == b""
    good.tell(1)
    assert (await good.take())[0] == 4
    good.writer.close()
    bad.writer.close()


async def test_watch_in_single_bytes_is_understood(feed: Feed) -> None:
    door = await connect(feed)
    for byte in b"\0\0\0\x11\1" + OPAQUE:
        door.writer.write(bytes((byte,)))
        await door.writer.drain()
        await asyncio.sleep(0)
    assert (await door.take())[0] == 4
    door.writer.close()


async def test_fifth_connection_replaces_the_oldest(feed: Feed) -> None:
    doors = [await connect(feed) for _ in range(5)]
    async with asyncio.timeout(30):
        assert await doors[0].reader.read() == b""
    for door in doors[1:]:
        door.tell(1)
        assert (await door.take())[0] == 4
    for door in doors:
        door.writer.close()


async def test_slow_door_loses_whole_groups_of_pictures(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "QUEUE_BYTES_SOFT", 200_000)
    rig = Rig()
    feed.add_stream(OPAQUE, rig.live, StreamState.RUNNING)
    door = await connect(feed)
    door.tell(1)
    await door.take()
    door.writer.transport.pause_reading()  # type: ignore[attr-defined]
    for index in range(40):
        if index == 20:
            rig.clock.tick(61)  # the window changes while nothing gets through
        rig.shoot(50_000, key=True)
        rig.shoot(1000)
        rig.shoot(1000)
        await asyncio.sleep(0)
    door.writer.transport.resume_reading()  # type: ignore[attr-defined]
    got = [rig.open(await door.take_fragment())]
    while True:
        rig.shoot(100, key=True)
        rig.shoot(100)
        rig.shoot(100)
        fragment = rig.open(await door.take_fragment())
        got.append(fragment)
        if fragment.context != got[0].context:
            break
    got += [rig.open(await door.take_fragment()) for _ in range(3)]
    old = [f for f in got if f.context == got[0].context]
    new = [f for f in got if f.context != got[0].context]
    assert [f.kind for f in new[:2]] == [Kind.INIT, Kind.STILL]
    assert len(old) < 60  # not everything fitted
    for window in (old, new):
        body = [f for f in window if f.kind is not Kind.INIT]
        for before, after in pairwise(body):
            if after.kind is Kind.GOP:  # never without what it refers to
                assert after.sequence == before.sequence + 1
    door.writer.close()


class Pipe:
    """A transport that holds what a test says it holds."""

    def __init__(self) -> None:
        self.unsent = 0
        self.wrote: list[int] = []

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return False

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.wrote.append(read_header(parts[-1]).sequence)


def test_group_being_sent_ends_at_the_hard_limit_and_the_next_keyframe_resumes() -> None:
    rig, pipe = Rig(), Pipe()
    lane = Lane(OPAQUE, pipe)  # type: ignore[arg-type]
    rig.live.watch(lane.give)
    rig.shoot(key=True)
    rig.shoot()
    pipe.unsent = feed_module.QUEUE_BYTES_SOFT + 1
    rig.shoot()  # a group once begun goes on above the soft limit
    pipe.unsent = feed_module.QUEUE_BYTES_MAX + 1
    rig.shoot()
    pipe.unsent = 0
    rig.shoot()
    rig.shoot(key=True)
    assert pipe.wrote == [0, 1, 2, 3, 6]
    assert lane.dropped == 2


async def test_a_new_epoch_ends_every_watch_and_offers_the_stream_under_its_new_name(
    feed: Feed,
) -> None:
    rig = Rig()
    rig.shoot(key=True)
    feed.add_stream(OPAQUE, rig.live, StreamState.RUNNING)
    door = await connect(feed)
    door.tell(1)
    assert (await door.take())[0] == 4
    await door.take_fragment()
    await door.take_fragment()
    feed.renew()
    later = bytes(reversed(OPAQUE))
    feed.rename_stream(OPAQUE, later)
    assert await door.take() == (6, b"")
    assert not rig.live.is_watched
    door.tell(1, later)
    kind, body = await door.take()
    assert (kind, body[:16], json.loads(body[16:])) == (4, later, {"state": "running"})
    kind, body = await door.take()
    assert (kind, body[:16]) == (3, later)
    door.writer.close()
