"""Pools that give a cancelled request's answer to the next caller, and origins that answer wrongly.

Method: a small real HTTP/1.1 pool over real sockets, with the bug and without; the control must get
foreign pictures, the sealed viewer opens none; the door's own client mixes nothing up.
"""

import asyncio
import random
import secrets
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web

from keepsight.core.clock import SystemClock
from keepsight.door.hubapi import HubApi
from tests.hostile.homes import Judge, Street, ask_of
from tests.hostile.pool import Origin, Pool
from tests.hostile.tally import Tally

REQUESTS: Final = 1500
ROUNDS: Final = 40
ROUNDS_MAX: Final = 400
ENOUGH: Final = 50
CLOCK: Final = SystemClock()


async def look(
    seed: int, count: int, *, is_sealed: bool, is_broken: bool, is_buggy: bool = True
) -> Judge:
    """Households ask for pictures over one pool; some lose patience."""
    street = Street(seed, now_us=CLOCK.wall_us())
    judge = Judge(street)
    chance = random.Random(seed)

    def answer(path: str, cookie: str) -> bytes:
        street.now_us = CLOCK.wall_us()
        source = street.camera(ask_of(int(cookie), path))
        return source.sealed if is_sealed else source.plain

    origin = Origin(answer, chance, slow_seconds=0.02, slow_share=0.3, broken_share=0.1 * is_broken)
    async with origin.running():
        pools = [Pool(origin.port, closes_when_cancelled=not is_buggy) for _ in range(8)]

        async def viewer(share: int) -> None:
            for _ in range(share):
                ask = street.any_ask()
                pool = chance.choice(pools)
                try:
                    async with asyncio.timeout(0.012 if chance.random() < 0.4 else 0.5):
                        body = await pool.get(ask.path, str(ask.home))
                except (TimeoutError, OSError, EOFError, KeyError, ValueError):
                    continue
                except asyncio.LimitOverrunError:
                    continue
                except RuntimeError:  # two readers of one connection: asyncio's own complaint
                    continue
                street.now_us = CLOCK.wall_us()
                (judge.sealed if is_sealed else judge.plain)(ask, body)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(10):
                tasks.create_task(viewer(count // 10))
        for pool in pools:
            await pool.close()
    return judge


@pytest.mark.parametrize("is_broken", [False, True], ids=["slow origin", "broken origin"])
async def test_a_pool_that_mixes_up_replies(seed: int, tally: Tally, *, is_broken: bool) -> None:
    plain = await look(seed, REQUESTS, is_sealed=False, is_broken=is_broken)
    sealed = await look(seed, REQUESTS, is_sealed=True, is_broken=is_broken)
    tally.add(plain, sealed)
    print(f"plain {plain}\nsealed {sealed}")
    assert plain.foreign > 0, "the control was not misled: this test cannot see"
    assert sealed.wrong == 0
    assert sealed.opens > 0
    assert sealed.right > 0


async def test_without_the_bug_nothing_is_mixed_up(seed: int) -> None:
    judge = await look(seed, REQUESTS, is_sealed=False, is_broken=False, is_buggy=False)
    assert judge.foreign == 0
    assert judge.right > 0


async def test_the_doors_own_client_survives_being_cancelled(tmp_path: Path, seed: int) -> None:
    """`door/hubapi.py` has a connection for each request: cancel at any moment, mix up nothing."""
    chance = random.Random(seed)

    async def echo(request: web.Request) -> web.Response:
        await asyncio.sleep(chance.random() * 0.01)
        return web.Response(text=request.path + "x" * chance.randrange(100_000))

    app = web.Application()
    app.router.add_get("/api/{name}", echo)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    path = tmp_path / "api.sock"
    await web.UnixSite(runner, str(path)).start()
    api = HubApi(path, CLOCK)
    answered = cancelled = 0
    patience_seconds = 0.02

    async def ask() -> None:
        nonlocal answered, cancelled
        wanted = f"/api/{secrets.token_hex(8)}"
        try:
            async with (
                asyncio.timeout(chance.random() * patience_seconds),
                api.request("GET", wanted, headers={}, body=None) as answer,
            ):
                text = await answer.text()
        except TimeoutError:
            cancelled += 1
            return
        assert text.rstrip("x") == wanted
        answered += 1

    for number in range(ROUNDS_MAX):
        async with asyncio.TaskGroup() as tasks:
            for _ in range(20):
                tasks.create_task(ask())
        if number >= ROUNDS and min(answered, cancelled) > ENOUGH:
            break
        # As patient as this machine is slow, so that some are answered and some are not.
        patience_seconds *= 1.2 if answered < cancelled else 0.9
    await api.close()
    await runner.cleanup()
    assert answered > ENOUGH
    assert cancelled > ENOUGH
