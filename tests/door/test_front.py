"""Goal: a front listens, says where, and says clearly why not. Method: real listeners."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from keepsight.core.clock import SystemClock
from keepsight.door.config import FrontConfig
from keepsight.door.front import Front, ListenError, serve_application
from keepsight.door.gate import Gate
from keepsight.door.ui import Ui
from tests.door.conftest import MakeHouse


def front(host: str, port: int, run_dir: Path) -> Front:
    return Front(
        FrontConfig("0" * 32, host, port, run_dir),
        ui=Ui(run_dir),
        clock=SystemClock(),
        ssl_context=None,
        trust=None,
        host_names=frozenset(),
        origins=(),
        cache_bytes_max=0,
    )


async def test_address_is_announced_as_it_is(tmp_path: Path) -> None:
    for host, expected in (("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")):
        one = front(host, 0, tmp_path)
        await one.start()
        assert one.urls[0].startswith(expected)
        async with aiohttp.ClientSession() as client, client.get(one.urls[0]) as answer:
            assert answer.status == 200
        await one.stop()


@pytest.mark.parametrize("host", ["taken", "192.0.2.1"])
async def test_address_that_cannot_be_used_is_said(
    make_house: MakeHouse, tmp_path: Path, host: str
) -> None:
    house = await make_house()
    taken = host == "taken"
    one = front("127.0.0.1" if taken else host, house.port if taken else 0, tmp_path)
    with pytest.raises(ListenError, match="choose another port or stop the program"):
        await one.start()
    await one.stop()


async def test_after_stop_nothing_listens(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.front.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await house.client.get(house.url)


async def test_application_ends_with_its_stack() -> None:
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as client:
        (url,) = await serve_application(
            web.Application(), "127.0.0.1", 0, ssl_context=None, gate=Gate(), stack=stack
        )
        async with client.get(url) as answer:
            assert answer.status == 404
        await stack.aclose()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get(url)


async def test_every_part_belongs_to_one_household(make_house: MakeHouse) -> None:
    home, other = await make_house("home"), await make_house("other")
    for name in ("_fanout", "_cache", "_feed", "_gate", "_api", "_live"):
        assert getattr(home.front, name) is not getattr(other.front, name), name


async def test_what_cannot_be_parsed_is_refused_like_everything_else(make_house: MakeHouse) -> None:
    """aiohttp's own answer repeats the request, names its version and could be kept by a cache."""
    house = await make_house()
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: evil\x00\r\n\r\n")
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 Bad Request" in head.split(b"\r\n")[0]
    assert b"Cache-Control: no-store" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert b"aiohttp" not in head
    assert json.loads(body)["error"] == "bad_request"
    assert b"evil" not in answer
