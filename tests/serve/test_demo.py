"""The demo as a new user sees it: one command, then a moving picture in a real Chromium."""

import asyncio
import os
import shutil
import signal
import sys

import pytest

from keepsight.detect.model import MODELS
from keepsight.serve.control import open_control
from keepsight.serve.demo import SCENES, demo_cameras, demo_passphrase
from keepsight.serve.installation import ensure_installation
from tests.detect.installed import need_model
from tests.paths import shared_data

DRAWN = "canvas => canvas.toDataURL()"
"""The picture itself, without what the page lays over it."""


def test_clips_become_cameras(tmp_path):
    assert demo_cameras(()) == SCENES
    (camera,) = demo_cameras((tmp_path / "garden.mp4",))
    assert camera.name == "garden"
    assert str(tmp_path / "garden.mp4") in camera.arguments


def test_the_passphrase_is_made_once_and_kept_private(tmp_path):
    first = demo_passphrase(tmp_path)
    assert demo_passphrase(tmp_path) == first
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0


async def start_demo(data, *arguments):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "keepsight", "demo", "--data", str(data), "--port", "0"),
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    async with asyncio.timeout(90):
        line = (await process.stdout.readline()).decode()
    assert line.startswith("ready http://localhost:"), line
    return process, line.split()[1]


async def stop_demo(process):
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        await process.communicate()
    assert process.returncode == 0


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_a_moving_picture_in_a_browser(tmp_path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    from playwright.async_api import async_playwright

    process, url = await start_demo(tmp_path / "demo")
    try:
        async with async_playwright() as tool:
            browser = await tool.chromium.launch(
                executable_path=chromium,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            page = await browser.new_page()
            errors = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            await page.goto(url)
            tile = page.locator("canvas").first
            await tile.wait_for(state="visible", timeout=60_000)
            async with asyncio.timeout(60):  # what is nearly blank makes a small file
                while len(first := await tile.evaluate(DRAWN)) <= 20_000:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            async with asyncio.timeout(60):  # and the picture moves
                while await tile.evaluate(DRAWN) == first:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            assert not errors
            await browser.close()
    finally:
        await stop_demo(process)
    left = list((tmp_path / "demo").rglob("*.part"))
    assert not left, "the recordings were finished in order"


@pytest.mark.timeout(180)
async def test_clips_are_looped_and_nothing_outlives_it(tmp_path, clip):
    process, _url = await start_demo(tmp_path / "demo", "--clip", clip)
    group = os.getpgid(process.pid)
    await stop_demo(process)
    listing = await asyncio.create_subprocess_exec(
        *("ps", "-eo", "pgid,args"), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await listing.communicate()
    left = [
        line for line in out.decode().splitlines() if str(tmp_path) in line and "ps " not in line
    ]
    assert not left, left
    assert group


async def shows_events(url):
    """The page of events, with a picture that was opened here."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return
    from playwright.async_api import async_playwright

    async with async_playwright() as tool:
        browser = await tool.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        await page.goto(f"{url.rstrip('/')}/events")
        picture = page.locator("img[src^='blob:']").first
        await picture.wait_for(state="visible", timeout=60_000)
        await page.wait_for_function(
            "document.querySelector(\"img[src^='blob:']\").naturalWidth > 100"
        )
        await browser.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["clip", "drawn"])
async def test_somebody_who_walks_by_becomes_an_event(tmp_path, kind):
    """With a real clip as with the drawn scenes: the models take both for people."""
    need_model(MODELS[0].name)
    clip = "footage/intel_one-by-one-person-detection.mp4"
    arguments = ("--clip", shared_data(clip)) if kind == "clip" else ()
    process, url = await start_demo(tmp_path / "demo", *arguments)
    try:
        place = ensure_installation(tmp_path / "demo").places[0]
        async with open_control(place) as control, asyncio.timeout(150):
            while True:
                found = (await control.ask("GET", "/api/events"))["events"]
                seen = [event for event in found if event["picture"] is not None]
                if seen:
                    break
                await asyncio.sleep(0.5)
            assert {event["kind"] for event in seen} == {"person"}
            cameras = {camera["id"]: camera for camera in await control.ask("GET", "/api/cameras")}
            assert seen[0]["camera"] in cameras
            times = {"from": seen[0]["start_us"], "to": seen[0]["last_us"] + 1}
            spans = []
            while not spans:  # what was recorded is there when it is durable, some seconds later
                await asyncio.sleep(0.5)
                shown = await control.ask("GET", "/api/timeline", camera=seen[0]["camera"], **times)
                spans = shown["cameras"][0]["spans"]
        if kind == "clip":
            await shows_events(url)
    finally:
        await stop_demo(process)
