"""Real caches, configured as badly as people do it, between twenty homes and their pictures.

Method: 4,000 requests through each of nginx, varnish and squid, 40 at a time, for stills, masked
stills, the watcher's boxes, events' pictures and their strips, while the origin is slow for 30 % of
them and forbids caching; once with plain pictures (the control must leak, of every sort) and once
with sealed ones (none of another household, camera or event may be opened).
"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import pytest
from aiohttp import web

from keepsight.core.clock import SystemClock
from keepsight.seal.frame import Reason
from tests.hostile.homes import Ask, Judge, Sort, Street, ask_of
from tests.hostile.pool import Origin
from tests.hostile.programs import CACHES, READ_SECONDS, Cache, running_cache
from tests.hostile.tally import Tally

REQUESTS: Final = 4000
CONCURRENT: Final = 40
SLOW_SHARE: Final = 0.3
BROKEN_REQUESTS: Final = 800
SLOW_SECONDS: Final = 2.5 * READ_SECONDS
CLOCK: Final = SystemClock()


@asynccontextmanager
async def origin(street: Street, *, is_sealed: bool, seed: int) -> AsyncIterator[int]:
    """Pictures by the session in the cookie. Says in every way that nobody may keep them."""
    chance = random.Random(seed)

    async def fetch(request: web.Request) -> web.Response:
        home = int(request.cookies["session"].removeprefix("home-"))
        if chance.random() < SLOW_SHARE:
            await asyncio.sleep(SLOW_SECONDS)
        street.now_us = CLOCK.wall_us()
        source = street.camera(ask_of(home, request.path))
        headers = {
            "Cache-Control": "private, no-store",
            "Set-Cookie": f"session=home-{home}; HttpOnly", "Content-Type": "image/jpeg",
        }  # fmt: skip
        return web.Response(body=source.sealed if is_sealed else source.plain, headers=headers)

    app = web.Application()
    app.router.add_get("/{sort}/{camera}/{nth}", fetch)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def look(cache: Cache, seed: int, count: int, *, is_sealed: bool) -> Judge:
    """Ask for `count` pictures through a cache, and judge each."""
    street = Street(seed, now_us=CLOCK.wall_us())
    judge = Judge(street)
    show = judge.sealed if is_sealed else judge.plain
    asks = [street.any_ask() for _ in range(count)]
    numbers = itertools.count()

    async def viewer(client: aiohttp.ClientSession, port: int) -> None:
        while (number := next(numbers)) < count:
            ask = asks[number]
            cookie = {"Cookie": f"session=home-{ask.home}"}
            try:
                async with client.get(
                    f"http://127.0.0.1:{port}{ask.path}", headers=cookie
                ) as answer:
                    body = await answer.read()
                    status = answer.status
            except aiohttp.ClientError:
                continue  # the cache broke the connection off: nothing is shown
            if status == 200:
                street.now_us = CLOCK.wall_us()
                show(ask, body)

    timeout = aiohttp.ClientTimeout(total=20)
    async with (
        origin(street, is_sealed=is_sealed, seed=seed) as origin_port,
        running_cache(cache, origin_port) as port,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as client,
        asyncio.TaskGroup() as viewers,
    ):
        for _ in range(CONCURRENT):
            viewers.create_task(viewer(client, port))
    return judge


async def check(cache: Cache, seed: int, count: int, tally: Tally) -> None:
    plain = await look(cache, seed, count, is_sealed=False)
    sealed = await look(cache, seed, count, is_sealed=True)
    tally.add(plain, sealed)
    if plain.foreign:
        tally.caches.add(cache.name)
    print(f"{cache.name}: plain {plain}\nsealed {sealed}")
    assert plain.asked > count / 2
    assert plain.foreign > 0, "the control did not leak: this test cannot see"
    assert sealed.wrong == 0
    assert sealed.opens > 0
    assert sealed.refused[Reason.FOREIGN_HOUSEHOLD] > 0
    assert sealed.right > 0
    for sort in Sort:
        assert plain.foreign_by[sort] > 0, f"the control leaked no {sort}"
        assert sealed.opens_by[sort] > 0, f"no foreign {sort} was tried"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("cache", CACHES, ids=lambda cache: cache.name)
async def test_a_bad_cache_shows_foreign_pictures_plain_and_none_sealed(
    cache: Cache, seed: int, tally: Tally
) -> None:
    await check(cache, seed, REQUESTS, tally)


async def look_at_a_broken_origin(cache: Cache, seed: int, *, is_sealed: bool) -> Judge:
    """As `look`, but answers are cut, doubled, or say a wrong length."""
    street = Street(seed, now_us=CLOCK.wall_us())
    judge = Judge(street)

    def answer(path: str, cookie: str) -> bytes:
        street.now_us = CLOCK.wall_us()
        home = cookie.removeprefix("session=home-").partition(";")[0]
        if not home.isdigit():  # the cache's own idea
            return b"no session"
        source = street.camera(ask_of(int(home), path))
        return source.sealed if is_sealed else source.plain

    broken = Origin(
        answer, random.Random(seed),
        slow_seconds=SLOW_SECONDS, slow_share=0.05, broken_share=0.2,
    )  # fmt: skip
    timeout = aiohttp.ClientTimeout(total=3)
    async with (
        broken.running(),
        running_cache(cache, broken.port) as port,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as client,
    ):
        for _ in range(BROKEN_REQUESTS // CONCURRENT):
            asks = [street.any_ask() for _ in range(CONCURRENT)]
            bodies = await asyncio.gather(*(body_or_none(client, port, ask) for ask in asks))
            street.now_us = CLOCK.wall_us()
            for ask, body in zip(asks, bodies, strict=True):
                if body is not None:
                    (judge.sealed if is_sealed else judge.plain)(ask, body)
            await asyncio.sleep(0.1)
    return judge


async def body_or_none(client: aiohttp.ClientSession, port: int, ask: Ask) -> bytes | None:
    """What a display would show: the body of a good answer."""
    headers = {"Cookie": f"session=home-{ask.home}"}
    try:
        async with client.get(f"http://127.0.0.1:{port}{ask.path}", headers=headers) as answer:
            body = await answer.read()
            return body if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError):
        return None


@pytest.mark.timeout(180)
@pytest.mark.parametrize("cache", CACHES, ids=lambda cache: cache.name)
async def test_a_broken_origin_behind_a_bad_cache(cache: Cache, seed: int, tally: Tally) -> None:
    plain = await look_at_a_broken_origin(cache, seed, is_sealed=False)
    sealed = await look_at_a_broken_origin(cache, seed, is_sealed=True)
    tally.add(plain, sealed)
    print(f"{cache.name}: plain {plain}\nsealed {sealed}")
    assert plain.foreign > 0, "the control did not leak: this test cannot see"
    assert sealed.wrong == 0
    assert sealed.opens > 0


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("cache", CACHES, ids=lambda cache: cache.name)
async def test_the_same_with_a_hundred_times_the_requests(
    cache: Cache, seed: int, tally: Tally
) -> None:
    await check(cache, seed + 1, 100 * REQUESTS, tally)
