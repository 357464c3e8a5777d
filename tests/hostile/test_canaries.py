"""What two households see in a real browser, through a bad network and a middle that mixes them up.

Method: pictures that say whose they are, read back from the canvases of Chromium. Plain pictures
through the same middle must show foreign ones; sealed ones never do, and what is old says so.
"""

import asyncio
import contextlib
import itertools
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page

from keepsight.core.clock import SystemClock
from tests.home import Home
from tests.hostile.canary import (
    CAMERAS,
    FRAMES_PER_SECOND,
    HOUSEHOLDS,
    READER,
    Reading,
    bring_back,
    canary_home,
    door_of,
    jpeg,
    marked_picture,
    sign_in,
    write_film,
)
from tests.hostile.chaos import Lane, chaos
from tests.hostile.tally import Tally
from tests.web.conftest import browser

__all__ = ["browser"]
pytestmark = pytest.mark.browser
FRAMES: Final = 300
PLAIN_PAGE: Final = """<!doctype html><title>plain</title>
<a class="tile" data-camera="1" data-state="live"><div class="container">
<canvas width="640" height="360"></canvas></div></a>
<script>
  const context = document.querySelector('canvas').getContext('2d');
  const socket = new WebSocket(`ws://${location.host}/live`);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = async ({ data }) => {
    try {
      const picture = await createImageBitmap(new Blob([data.slice(16)], { type: 'image/jpeg' }));
      context.drawImage(picture, 0, 0);
    } catch { /* no picture */ }
  };
  socket.onclose = () => setTimeout(() => location.reload(), 300);
</script>"""


@dataclass(frozen=True, slots=True)
class Stand:
    """What is looked at."""

    homes: dict[str, Home]
    pages: dict[str, Page]
    lanes: dict[str, Lane]


async def until(readings: list[Reading], stand: Stand, count: int, seconds: int) -> None:
    """Read the pages until so many frames were seen and foreign ones came to both."""
    pages, lanes = stand.pages, stand.lanes
    clock = SystemClock()
    end_us = clock.monotonic_us() + seconds * 1_000_000
    for turn in itertools.count():
        # A browser paints the window in front more often.
        await pages[readings[turn % len(readings)].household].bring_to_front()
        await asyncio.sleep(1)
        for reading in readings:
            await bring_back(stand.homes[reading.household])
            reading.take(await pages[reading.household].evaluate("window.takeRows()"))
        has_all = sum(reading.frames for reading in readings) >= count
        if has_all and all(lane.done["swap"] for lane in lanes.values()):
            break
        if clock.monotonic_us() > end_us:
            break


def report(readings: list[Reading], lanes: dict[str, Lane]) -> None:
    for reading in readings:
        print(
            f"{reading.household}: frames={reading.frames} foreign={reading.foreign} "
            f"unread={reading.unread} old={reading.old} unlabelled={reading.unlabelled} "
            f"oldest={reading.age_seconds_max:.1f} s; done to it: "
            f"{dict(lanes[reading.household].done)}"
        )


async def show_sealed(
    browser: Browser, folder: Path, seed: int, tally: Tally, *, count: int, seconds: int
) -> list[Reading]:
    """Two real hubs, a real door, and the real pages."""
    async with AsyncExitStack() as stack:
        homes, readings = {}, []
        for name in HOUSEHOLDS:
            films = {
                number: write_film(folder / f"{name}{number}.mp4", name, number, seconds + 60)
                for number in CAMERAS
            }
            home, numbers = await stack.enter_async_context(canary_home(folder, name, films))
            homes[name] = home
            readings.append(Reading(name, numbers=numbers))
        ports = await stack.enter_async_context(door_of(folder, homes))
        lanes = await stack.enter_async_context(chaos(seed, ports))
        context = await browser.new_context(viewport={"width": 1000, "height": 700})
        stack.push_async_callback(context.close)
        pages = {}
        for name in HOUSEHOLDS:
            pages[name] = await context.new_page()
            await sign_in(pages[name], lanes[name].port)
            await pages[name].evaluate(READER)
        await until(readings, Stand(homes, pages, lanes), count, seconds)
        report(readings, lanes)
        for name in HOUSEHOLDS:
            tally.opens += lanes[name].done["swap"] + lanes[name].done["swapped stills"]
        assert all(lane.done["swap"] for lane in lanes.values()), "nothing was swapped"
    tally.frames += sum(reading.frames for reading in readings)
    tally.opened += sum(reading.foreign for reading in readings)
    return readings


async def show_plain(browser: Browser, seed: int, count: int, tally: Tally) -> list[Reading]:
    """The control: JPEG over the same WebSocket, the same middle, the same reader."""

    def app_of(name: str) -> web.Application:
        async def page(_: web.Request) -> web.Response:
            return web.Response(text=PLAIN_PAGE, content_type="text/html")

        async def live(request: web.Request) -> web.WebSocketResponse:
            socket = web.WebSocketResponse(compress=False)
            await socket.prepare(request)
            with contextlib.suppress(ConnectionError):
                for number in itertools.count():
                    await socket.send_bytes(bytes(16) + jpeg(marked_picture(name, 1, number)))
                    await asyncio.sleep(1 / FRAMES_PER_SECOND)
            return socket

        app = web.Application()
        app.add_routes([web.get("/", page), web.get("/live", live)])
        return app

    async with AsyncExitStack() as stack:
        ports = {}
        for name in HOUSEHOLDS:
            runner = web.AppRunner(app_of(name), access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            ports[name] = runner.addresses[0][1]
        lanes = await stack.enter_async_context(chaos(seed, ports))
        context = await browser.new_context()
        stack.push_async_callback(context.close)
        pages = {}
        for name in HOUSEHOLDS:
            pages[name] = await context.new_page()
            await pages[name].add_init_script(f"addEventListener('load', {READER})")
            await pages[name].goto(f"http://localhost:{lanes[name].port}/")
            await pages[name].wait_for_function("window.takeRows !== undefined")
        readings = [Reading(name) for name in HOUSEHOLDS]

        for _ in range(60):
            await asyncio.sleep(1)
            for reading in readings:
                rows = "window.takeRows ? window.takeRows() : []"
                reading.take(await pages[reading.household].evaluate(rows))
            enough = sum(reading.frames for reading in readings) >= count
            if enough and all(reading.foreign for reading in readings):
                break
        report(readings, lanes)
    tally.control_leaks += sum(reading.foreign for reading in readings)
    return readings


def check(readings: list[Reading], count: int) -> None:
    assert sum(reading.frames for reading in readings) >= count, "too few pictures were read back"
    assert [reading.foreign for reading in readings] == [0, 0]
    assert [reading.unlabelled for reading in readings] == [0, 0]
    unread = sum(reading.unread for reading in readings)
    assert unread < count / 50, f"{unread} pictures without a readable mark"


@pytest.mark.timeout(300)
async def test_plain_pictures_of_the_other_household_appear(
    browser: Browser, seed: int, tally: Tally
) -> None:
    readings = await show_plain(browser, seed, 100, tally)
    assert sum(reading.foreign for reading in readings) > 0, "the control must leak"


@pytest.mark.timeout(300)
async def test_sealed_pictures_of_the_other_household_never_appear(
    browser: Browser, tmp_path: Path, cheap_argon2: None, seed: int, tally: Tally
) -> None:
    check(await show_sealed(browser, tmp_path, seed, tally, count=FRAMES, seconds=120), FRAMES)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_ten_thousand_pictures(
    browser: Browser, tmp_path: Path, cheap_argon2: None, seed: int, tally: Tally
) -> None:
    readings = await show_sealed(browser, tmp_path, seed + 1, tally, count=10_000, seconds=1200)
    check(readings, 10_000)
    print(json.dumps({"frames": sum(reading.frames for reading in readings)}))
