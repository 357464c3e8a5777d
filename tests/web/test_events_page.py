"""Events in a real browser: a real hub, a real door, a real camera, sealed pictures opened by keys.

Method: events come in through the hub's own service, as the watcher hands them over, so that each
test knows what there is; one has a real film and the real detector behind it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from keepsight.detect.model import MODELS
from keepsight.door.config import BUILT_UI
from keepsight.hub.event import Event
from keepsight.hub.walls.confine import missing_protection
from tests.detect.installed import need_model
from tests.home import HOUSEHOLD, PASSPHRASE, Home, running_hub, set_up, simulated_camera
from tests.hub.events.hall import SECOND, hang, noticed
from tests.paths import shared_data
from tests.web.test_ledger_page import WAIT_MS, door_before, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(300),
]
SCREENSHOTS = os.environ.get("KEEPSIGHT_SCREENSHOTS")
"""A folder for pictures of the pages, for whoever wants to look at them."""
JPEG = "\xff\xd8\xff"
IS_OPEN = "e => e.complete && e.naturalWidth > 0"
KEPT_BY_THE_BROWSER = """async () => {
  const found = [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
    .map(key => (localStorage.getItem(key) ?? '') + (sessionStorage.getItem(key) ?? ''));
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const asked of await cache.keys()) {
      const bytes = new Uint8Array(await (await cache.match(asked)).arrayBuffer());
      found.push(String.fromCharCode(...bytes.slice(0, 64)));
    }
  }
  return found;
}"""


async def look(page: Page, name: str) -> None:
    if SCREENSHOTS is None:
        return
    looks: tuple[tuple[int, Any], ...] = (
        (1280, "light"), (390, "light"), (1280, "dark"), (390, "dark"),
    )  # fmt: skip
    for width, scheme in looks:
        await page.set_viewport_size({"width": width, "height": 800})
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_timeout(700)
        await page.screenshot(path=f"{SCREENSHOTS}/{name}-{width}-{scheme}.png")
    await page.set_viewport_size({"width": 1280, "height": 800})


@asynccontextmanager
async def house(tmp_path: Path, **options: Any) -> AsyncIterator[Home]:
    """A household whose owner has been there for long: what happened is new to her."""
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory, **options) as home:
        await set_up(home, starts_unattended=False)
        assert home.household is not None
        members = home.household.people.members
        for member_id, ann in members.items():
            members[member_id] = replace(ann, created_us=1)
        yield home


def visit(home: Home, camera: str, number: int, seconds_ago: float, **more: Any) -> Event:
    """Somebody who came by so long ago and stayed for four seconds."""
    assert home.household is not None
    start_us = home.household.clock.wall_us() - round(seconds_ago * SECOND)
    fields: dict[str, Any] = {
        "kind": "person", "confidence": 0.87, "end_us": None, "zones": ("Doorstep",),
        "best_box": (0.3, 0.2, 0.5, 0.9), "path": ((0.0, 0.2, 0.9), (2.0, 0.5, 0.9)), **more,
    }  # fmt: skip
    kind = fields.pop("kind")
    return Event(
        number.to_bytes(16), bytes.fromhex(camera), kind, start_us, start_us + 4 * SECOND,
        best_us=start_us + 2 * SECOND, **fields,
    )  # fmt: skip


@asynccontextmanager
async def recorded_hall(
    tmp_path: Path, clip: Path, page: Page
) -> AsyncIterator[tuple[Home, str, Locator]]:
    """A camera with twenty seconds of recordings and three events, and the page that shows them."""
    async with simulated_camera(clip) as camera, house(tmp_path) as home:
        hall = (await home.add_camera(camera.url))["id"]

        async def is_recorded() -> bool:
            return await home.recorded_seconds(hall) >= 20

        await home.wait_for(is_recorded, 60)
        heard = {"kind": "cry", "best_box": None, "zones": (), "path": ()}
        await noticed(home, visit(home, hall, 1, 12), preview=True)
        await noticed(home, visit(home, hall, 2, 3 * 3600, kind="dog", zones=()), preview=True)
        await noticed(home, visit(home, hall, 3, 5 * 3600, **heard), picture=False)
        async with door_before(tmp_path, home) as port:
            await page.goto(f"http://localhost:{port}/events")
            await sign_in(page)
            cells = page.locator("a.cell")
            await expect(cells).to_have_count(3, timeout=WAIT_MS)
            await expect(cells.nth(0).locator("img")).to_be_visible(timeout=WAIT_MS)
            yield home, hall, cells


async def test_events_are_gone_through_and_what_was_opened_is_seen(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    page = await (await browser.new_context(locale="en-GB")).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    async with recorded_hall(tmp_path, clip, page) as (home, hall, cells):
        assert await cells.nth(0).locator("img").evaluate(IS_OPEN)
        await expect(page.locator("nav .count")).to_contain_text("3")
        await look(page, "events")
        await cells.nth(0).hover()
        await expect(cells.nth(0).locator(".frame img")).to_be_visible(timeout=WAIT_MS)
        await cells.nth(0).click()
        dialog = page.locator("dialog.event")
        await expect(dialog.locator(".box")).to_be_visible(timeout=WAIT_MS)
        await expect(dialog).to_contain_text("Doorstep")
        await look(page, "event")
        await page.keyboard.press("ArrowRight")
        await expect(dialog.locator("h2").first).to_contain_text("Dog")
        await page.keyboard.press("Escape")
        await expect(cells.nth(1)).to_be_focused()
        await expect(page.locator("nav .count")).to_contain_text("1")
        for text in await page.evaluate(KEPT_BY_THE_BROWSER):
            assert JPEG not in text

        await noticed(home, visit(home, hall, 4, 1), ends=False)
        await expect(cells).to_have_count(4, timeout=WAIT_MS)
        await expect(cells.nth(0)).to_contain_text("Now")
        await cells.nth(1).click()
        await dialog.get_by_role("button", name="Delete").click()
        await dialog.get_by_role("button", name="Delete").click()
        await page.keyboard.press("Escape")
        await expect(cells).to_have_count(3)
    assert complaints == []


async def test_the_clip_of_an_event_plays_and_is_shared(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    context = await browser.new_context(locale="en-GB", accept_downloads=True)
    page = await context.new_page()
    async with recorded_hall(tmp_path, clip, page) as (home, _hall, cells):
        await cells.nth(0).click()
        dialog = page.locator("dialog.event")
        await page.keyboard.press(" ")
        await expect(dialog.locator(".clip canvas, .clip video")).to_be_visible(timeout=WAIT_MS)
        moment = dialog.get_by_role("slider", name="Moment in the clip")
        start = float(await moment.input_value())
        await page.wait_for_function(
            "([e, start]) => Number(e.value) > start + 1",
            arg=[await moment.element_handle(), start],
            timeout=WAIT_MS,
        )
        await look(page, "clip")
        await page.keyboard.press("k")
        await expect(dialog.get_by_role("button", name="Kept")).to_be_visible()
        await page.keyboard.press("e")
        async with page.expect_download(timeout=WAIT_MS) as download:
            await page.get_by_role("button", name="Save MP4").click()
        assert (await (await download.value).path()).read_bytes()[4:8] == b"ftyp"
        await expect(page.locator("dialog[open]")).to_have_count(1)
        answer = await home.control.ask("GET", f"/api/events/{1:032x}")
        assert answer.json()["kept"]
        released = await home.control.ask("GET", "/api/ledger", None, type="release")
        purposes = {line.get("purpose") for line in released.json()["lines"]}
        assert {"event", "rec", "export"} <= purposes


async def test_who_was_not_granted_events_is_told_so_and_others_see_theirs(
    tmp_path: Path, cheap_argon2: None, browser: Browser
) -> None:
    async with house(tmp_path) as home:
        hall = (await hang(home)).camera_id.hex()
        attic = (await hang(home, b"a" * 16, "Attic")).camera_id.hex()
        await noticed(home, visit(home, hall, 1, 60))
        await noticed(home, visit(home, attic, 2, 50))
        async with door_before(tmp_path, home) as port:
            for capability, is_shown in (("live", False), ("events", True)):
                grant = {"camera": hall, "capabilities": [capability]}
                invite = await home.invite(f"Ben {capability}", "guest", [grant])
                page = await (await browser.new_context(locale="en-GB")).new_page()
                await page.goto(f"http://localhost:{port}{invite['url']}")
                await page.get_by_label("Passphrase").fill(PASSPHRASE, timeout=WAIT_MS)
                await page.get_by_label("Once more").fill(PASSPHRASE)
                await page.get_by_role("button", name="Join").click(timeout=WAIT_MS)
                await page.wait_for_selector("nav", timeout=WAIT_MS)
                entry = page.get_by_role("navigation").get_by_role("link", name="Events")
                await expect(entry).to_have_count(1 if is_shown else 0)
                await page.goto(f"http://localhost:{port}/events")
                if not is_shown:
                    await expect(page.get_by_text("Events are not granted to you")).to_be_visible()
                    continue
                cell = page.locator("a.cell")
                await expect(cell).to_have_count(1, timeout=WAIT_MS)
                await expect(cell.locator("img")).to_be_visible(timeout=WAIT_MS)
                await cell.click()
                dialog = page.locator("dialog.event")
                await expect(dialog).to_contain_text("Recordings of this camera are not granted")
                for action in ("Keep", "Share", "Delete", "Clip", "Timeline"):
                    await expect(dialog.get_by_text(action, exact=True)).to_have_count(0)


async def test_what_is_switched_off_says_why_and_comes_back(
    tmp_path: Path, cheap_argon2: None, browser: Browser
) -> None:
    page = await (await browser.new_context(locale="en-GB")).new_page()
    async with house(tmp_path) as home:
        hall = (await hang(home)).camera_id.hex()
        await noticed(home, visit(home, hall, 1, 60))
        off = {"camera": hall, "capabilities": ["events"], "reason": "Recalled by its maker"}
        placed = await home.control.ask("POST", "/api/suspensions", off)
        assert placed.status == 201
        async with door_before(tmp_path, home) as port:
            await page.goto(f"http://localhost:{port}/events")
            await sign_in(page)
            said = page.get_by_text("Recalled by its maker").first
            await expect(said).to_be_visible(timeout=WAIT_MS)
            await look(page, "off")
            lifted = placed.json()["suspension"]
            await home.control.ask("DELETE", f"/api/suspensions/{lifted}")
            await expect(page.locator("a.cell img")).to_be_visible(timeout=WAIT_MS)


async def test_a_key_that_is_refused_says_why_before_the_list_of_cameras_does(
    tmp_path: Path, cheap_argon2: None, browser: Browser
) -> None:
    page = await (await browser.new_context(locale="en-GB")).new_page()
    is_off = asyncio.Event()
    known: dict[str, str] = {}

    async def hold(route: Route) -> None:
        """The question for keys waits until something is switched off."""
        await is_off.wait()
        await route.continue_()

    async def as_before(route: Route) -> None:
        """The page goes on with the lists that it has read."""
        url = route.request.url.partition("?")[0]
        if url not in known:
            known[url] = await (await route.fetch()).text()
        await route.fulfill(body=known[url], content_type="application/json")

    async with house(tmp_path) as home:
        hall = (await hang(home)).camera_id.hex()
        await noticed(home, visit(home, hall, 1, 60))
        async with door_before(tmp_path, home) as port:
            await page.goto(f"http://localhost:{port}/settings")
            await sign_in(page)
            for path in ("cameras", "events", "events?*"):
                await page.route(f"**/api/{path}", as_before)
            await page.route("**/api/keys", hold)
            await page.get_by_role("navigation").get_by_role("link", name="Events").click()
            cell = page.locator("a.cell")
            await expect(cell).to_have_count(1, timeout=WAIT_MS)
            off = {"camera": hall, "capabilities": ["events"], "reason": "Recalled by its maker"}
            assert (await home.control.ask("POST", "/api/suspensions", off)).status == 201
            is_off.set()
            await expect(cell).to_contain_text("Recalled by its maker", timeout=WAIT_MS)
            await expect(cell.locator("img")).to_have_count(0)
        await page.unroute_all(behavior="ignoreErrors")


@pytest.mark.skipif(
    bool(missing_protection()), reason=f"NOT TESTED: no {missing_protection()} on this kernel"
)
async def test_somebody_in_a_film_is_on_the_page(
    tmp_path: Path, cheap_argon2: None, browser: Browser
) -> None:
    need_model(MODELS[0].name)
    film = shared_data("footage/intel_one-by-one-person-detection.mp4")
    page = await (await browser.new_context(locale="en-GB")).new_page()
    async with simulated_camera(film) as camera, house(tmp_path, watching="on") as home:
        await home.add_camera(camera.url)
        async with door_before(tmp_path, home) as port:
            await page.goto(f"http://localhost:{port}/events")
            await sign_in(page)
            cell = page.locator("a.cell").first
            await expect(cell).to_contain_text("Person", timeout=2 * WAIT_MS)
            await expect(cell.locator("img").first).to_be_visible(timeout=WAIT_MS)
            await cell.click()
            dialog = page.locator("dialog.event")
            await expect(dialog.locator(".box")).to_be_visible(timeout=WAIT_MS)
            await look(page, "film")
            await page.keyboard.press(" ")
            await expect(dialog.locator(".clip canvas, .clip video")).to_be_visible(timeout=WAIT_MS)
