"""Two households on one machine, walked through as people do: invited, joined, watched, listed, cut
off, and signed out, each in a real browser.

Method: two hubs behind one door (two ports), simulated cameras, Chromium. Any error on a console,
a violation of the page's own policy included, fails the walk.
"""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from keepsight.core.secret import Secret
from keepsight.door.config import BUILT_UI
from keepsight.serve.installation import add_household
from tests.cli.command import keepsight
from tests.home import PASSPHRASE, Home, running_hub, simulated_camera, write_clip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(300),
]
WAIT_MS = 60_000
SCREENSHOTS = os.environ.get("KEEPSIGHT_SCREENSHOTS")
"""A folder for pictures of the pages, for whoever wants to look at them."""
_LOOKS = ((1280, "light"), (390, "light"), (1280, "dark"), (390, "dark"))
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_KEPT = """async () => [
  ...(await new Promise((resolve) => {
    const opening = indexedDB.open('keepsight');
    opening.onsuccess = () => {
      const keys = opening.result.transaction('device').objectStore('device').getAllKeys();
      keys.onsuccess = () => resolve(keys.result);
    };
  })).map((name) => `kept ${name}`),
  ...(await caches.keys()).map((name) => `cache ${name}`),
  ...Object.keys(sessionStorage).map((name) => `session ${name}`),
  ...Object.keys(localStorage).map((name) => `local ${name}`),
]"""

_FRESH = {
    "kept hybrid seed",
    "kept signing key pair",
    "kept key pair",
    "cache keepsight-shell-1",
    "local keepsight.language",
    "local keepsight.theme",
}


class Walkers:
    """The browsers of a walk, and what their consoles complained of."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.complaints: list[str] = []

    async def context(self, locale: str = "en-GB", **options: Any) -> BrowserContext:
        context = await self.browser.new_context(locale=locale, **options)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context

    async def page(self, locale: str = "en-GB", **options: Any) -> Page:
        return await (await self.context(locale, **options)).new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        # An answer that is a refusal is a line of the browser's own, not a fault of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.location.get('url')}: {message.text}")


async def look(page: Page, name: str) -> None:
    """Nothing sticks out at a phone's width; pictures where somebody wants to look."""
    usual = page.viewport_size
    for width, scheme in _LOOKS if SCREENSHOTS else ((390, "light"),):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_timeout(250)
        if width == 390:
            assert await page.evaluate(_OVERFLOW) <= 0, name
        if SCREENSHOTS:
            path = f"{SCREENSHOTS}/{name}-{width}-{scheme}.png"
            await page.screenshot(path=path, full_page=width == 390)
    if usual is not None:
        await page.set_viewport_size(usual)


@asynccontextmanager
async def one_door(folder: Path, homes: list[Home]) -> AsyncIterator[list[str]]:
    """A real door process with a port for each household; their addresses."""
    places = [
        {"household": home.directory.name, "port": 0, "run_dir": str(home.hub.run_directory)}
        for home in homes
    ]
    path = folder / "door.json"
    path.write_text(json.dumps({"households": places}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "keepsight.door", "--config", str(path), "--child",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        sites = []
        async with asyncio.timeout(30):
            for _ in homes:
                line = (await process.stdout.readline()).decode()
                sites.append(f"http://localhost:{line.strip().rpartition(':')[2]}")
        yield sites
    finally:
        process.terminate()
        await process.communicate()


@asynccontextmanager
async def two_households(folder: Path) -> AsyncIterator[tuple[list[Home], list[str]]]:
    """Home of Ann with a hall and an attic, Mill of Bea with a barn; the door before both."""
    dark = write_clip(folder / "dark.mp4", shade=40, has_sound=False)
    bright = write_clip(folder / "bright.mp4", shade=200, has_sound=False)
    places = [add_household(folder / "data").places[number].directory for number in (0, 1)]
    async with (
        simulated_camera(dark) as ours,
        simulated_camera(bright) as theirs,
        running_hub(places[0]) as home,
        running_hub(places[1]) as mill,
    ):
        for running, name, owner in ((home, "Home", "Ann"), (mill, "Mill", "Bea")):
            await running.hub.set_up(name, owner, Secret(PASSPHRASE), starts_unattended=False)
        for name in ("Hall", "Attic"):
            await home.add_camera(ours.url, name=name)
        await mill.add_camera(theirs.url, name="Barn")
        async with one_door(folder, [home, mill]) as sites:
            yield [home, mill], sites


async def sign_in(page: Page, name: str) -> None:
    await page.get_by_label("Your name").fill(name, timeout=WAIT_MS)
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.keyboard.press("Enter")


async def join(page: Page, url: str) -> None:
    await page.goto(url)
    await page.get_by_label("Passphrase").fill(PASSPHRASE, timeout=WAIT_MS)
    await page.get_by_label("Once more").fill(PASSPHRASE)
    await page.get_by_role("button", name="Join").click(timeout=WAIT_MS)


async def sees(page: Page, *states: str) -> None:
    """So many tiles, each in one of these states."""
    tiles = page.locator("a.tile")
    await expect(tiles).to_have_count(len(states), timeout=WAIT_MS)
    for number, state in enumerate(states):
        await expect(tiles.nth(number)).to_have_attribute("data-state", state, timeout=WAIT_MS)


async def test_one_browser_in_two_households_mixes_nothing(
    tmp_path: Path, cheap_argon2: None, browser: Browser
) -> None:
    walkers = Walkers(browser)
    async with two_households(tmp_path) as (homes, sites):
        context = await walkers.context()
        pages = [await context.new_page() for _ in sites]
        for page, home, site in zip(pages, homes, sites, strict=True):
            invite = await home.invite(
                "Mia", "member", [{"camera": None, "capabilities": ["live", "still"]}]
            )
            await join(page, f"{site}{invite['url']}")
        await sees(pages[0], "live", "live")
        await sees(pages[1], "live")
        await look(pages[0], "mia-home")
        for page, own, foreign in ((pages[0], "Hall", "Barn"), (pages[1], "Barn", "Hall")):
            await page.reload()
            await expect(page.get_by_text(own).first).to_be_visible(timeout=WAIT_MS)
            await expect(page.get_by_text(foreign)).to_have_count(0)
        await sees(pages[0], "live", "live")
        await sees(pages[1], "live")

        await pages[0].goto(f"{sites[0]}/settings")
        before = await pages[0].evaluate(_KEPT)
        assert any(one.startswith("kept device") for one in before), before
        await pages[0].get_by_role("button", name="Sign out").click(timeout=WAIT_MS)
        await expect(pages[0].get_by_label("Your name")).to_be_visible(timeout=WAIT_MS)
        # The sign-in page has made new keys, and caches its own shell; nothing else is there.
        left = set(await pages[0].evaluate(_KEPT))
        assert left <= _FRESH, left
        cookies = [cookie["name"] for cookie in await context.cookies()]
        assert len(cookies) == 1, cookies
        await pages[1].reload()
        await sees(pages[1], "live")
        assert await pages[0].get_by_label("Your name").input_value() == ""
        assert walkers.complaints == []


async def test_a_guest_and_a_display_are_switched_off_listed_and_removed(
    tmp_path: Path, cheap_argon2: None, browser: Browser
) -> None:
    walkers = Walkers(browser)
    async with two_households(tmp_path) as (homes, sites):
        home, site = homes[0], sites[0]
        cameras = (await home.control.ask("GET", "/api/cameras")).json()
        ids = {camera["name"]: camera["id"] for camera in cameras}
        ann, wall = await walkers.page(), await walkers.page()
        gwen = await walkers.page("de-DE", viewport={"width": 390, "height": 800})
        await ann.goto(f"{site}/members")
        await sign_in(ann, "Ann")
        looks = ["live", "still"]
        invite = await home.invite("Tablet", "display", [{"camera": None, "capabilities": looks}])
        await wall.goto(f"{site}{invite['url']}")
        await wall.get_by_role("button", name="Join").click(timeout=WAIT_MS)
        await sees(wall, "live", "live")
        invite = await home.invite(
            "Gwen", "guest", [{"camera": ids["Hall"], "capabilities": looks}]
        )
        await gwen.goto(f"{site}{invite['url']}")
        await gwen.get_by_label("Passphrase").fill(PASSPHRASE, timeout=WAIT_MS)
        await gwen.get_by_label("Noch einmal").fill(PASSPHRASE)
        await look(gwen, "join-de")
        await gwen.get_by_role("button", name="Beitreten").click(timeout=WAIT_MS)
        await sees(gwen, "live")
        for key in "tuv":  # pages that a guest does not have
            await gwen.keyboard.press(key)
            assert gwen.url == f"{site}/"

        for path in ("/members", "/ledger", "/status", "/checks", "/add", "/timeline"):
            await gwen.goto(site + path)
            await gwen.wait_for_timeout(700)
            await look(gwen, f"guest{path.replace('/', '-')}")
            await expect(gwen.get_by_text("Kameras").last).to_be_visible(timeout=WAIT_MS)
            for name in ("Attic", "Tablet", "Ann", "Einladen"):
                await expect(gwen.get_by_text(name, exact=True)).to_have_count(0)
        await gwen.goto(f"{site}/camera/{ids['Attic']}")
        await gwen.wait_for_timeout(700)
        await look(gwen, "guest-attic")
        await expect(gwen.get_by_text("Attic")).to_have_count(0)
        await gwen.goto(site)
        await sees(gwen, "live")

        await all_integrations_off_and_back(home, wall, gwen)
        await is_listed_as_watched(home, ann, site)
        await is_gone_when_removed(home, gwen)
        await sees(wall, "live", "live")
        assert walkers.complaints == []


async def all_integrations_off_and_back(home: Home, wall: Page, gwen: Page) -> None:
    """Every integration off; then on again but for streaming; people go on all the while."""
    data = home.directory.parent.parent
    where = ("--data", data, "--household", home.directory.name)
    every = ("--integration", "all")
    why = "Vendor mixed up pictures"
    off = await keepsight("suspend", *every, "--reason", why, *where)
    assert off.status == 0, off
    await sees(wall, "suspended", "suspended")
    await expect(wall.locator("a.tile").first.get_by_text(why)).to_be_visible(timeout=WAIT_MS)
    await look(wall, "display-off")
    await sees(gwen, "live")
    narrowed = await keepsight("resume", *every, "--except", "live", *where)
    assert narrowed.status == 0, narrowed
    # Single pictures, and each says that it is not live: as such or by its age.
    await sees(wall, "stale", "stale")
    said = wall.locator("a.tile").first.get_by_text(re.compile("Single pictures|ago|old"))
    await expect(said).to_be_visible(timeout=WAIT_MS)
    await look(wall, "display-stills")
    await sees(gwen, "live")
    back = await keepsight("resume", *every, *where)
    assert back.status == 0, back
    await sees(wall, "live", "live")


async def is_listed_as_watched(home: Home, ann: Page, site: str) -> None:
    """The command line and the page say the same: who watched what, and nobody else."""
    data = home.directory.parent.parent
    where = ("--data", data, "--household", home.directory.name)
    asked = await keepsight("ledger", "exposed", "--from", "-1h", "--to", "+1m", "--json", *where)
    assert asked.status == 0, asked
    seen = {
        one["member"]: {camera["camera"] for camera in one["cameras"]}
        for one in asked.json["members"]
    }
    assert seen["Gwen"] == {"Hall"}
    assert seen["Tablet"] == {"Hall", "Attic"}
    assert set(seen) <= {"Ann", "Gwen", "Tablet"}
    await ann.goto(f"{site}/ledger")
    for name in ("Gwen", "Tablet"):
        await expect(ann.get_by_text(f"{name} · Chrome").first).to_be_visible(timeout=WAIT_MS)
    await look(ann, "ledger")
    await ann.get_by_role("button", name="Prove it", exact=True).first.click()
    await expect(ann.get_by_text("Proven, by this browser itself.")).to_be_visible(timeout=WAIT_MS)
    await look(ann, "proof")
    await ann.keyboard.press("Escape")


async def is_gone_when_removed(home: Home, gwen: Page) -> None:
    """The removed phone shows no picture, says why, and keeps nothing."""
    members = (await home.control.ask("GET", "/api/members")).json()
    found = next(one for one in members if one["name"] == "Gwen")
    answer = await home.control.ask("DELETE", f"/api/members/{found['id']}")
    assert answer.status in (200, 204), answer.body
    since = time.monotonic()
    await expect(gwen.locator("a.tile")).to_have_count(0, timeout=WAIT_MS)
    print(f"gone from the phone after {time.monotonic() - since:.1f} s")
    await expect(gwen.get_by_text("aus dem Haushalt")).to_be_visible(timeout=WAIT_MS)
    await look(gwen, "removed-de")
    left = set(await gwen.evaluate(_KEPT))
    assert left <= _FRESH, left
