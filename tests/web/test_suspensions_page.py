"""Switching off and one's own data, in a real browser: a real hub, a real door, a real camera.

Method: Chromium follows the pages as people do; somebody watches while another switches off.
"""

import json
import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from keepsight.door.config import BUILT_UI
from keepsight.seal.frame import Reason
from tests.home import HOUSEHOLD, PASSPHRASE, running_hub, set_up, simulated_camera
from tests.web.test_ledger_page import WAIT_MS, door_before, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(240),
]
WHY = "Recalled by its maker"
SCREENSHOTS = os.environ.get("KEEPSIGHT_SCREENSHOTS")
"""A folder for pictures of the pages, for whoever wants to look at them."""


async def look(page: Page, name: str) -> None:
    if SCREENSHOTS is None:
        return
    for width, scheme in ((1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_timeout(500)
        await page.screenshot(
            path=f"{SCREENSHOTS}/{name}-{width}-{scheme}.png", full_page=width == 390
        )
    await page.set_viewport_size({"width": 1280, "height": 800})


async def test_a_camera_is_switched_off_and_comes_back(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    ann = await (await browser.new_context(locale="en-GB")).new_page()
    wall = await (await browser.new_context(locale="en-GB")).new_page()
    async with simulated_camera(clip) as camera, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        await home.add_camera(camera.url, name="Hall")
        async with door_before(tmp_path, home) as port:
            site = f"http://localhost:{port}"
            for page, path in ((wall, "/"), (ann, "/suspensions")):
                await page.goto(site + path)
                await sign_in(page)
            tile = wall.locator("a.tile")
            await expect(tile).to_have_attribute("data-state", "live", timeout=WAIT_MS)

            await expect(ann.get_by_text("Nothing is switched off")).to_be_visible(timeout=WAIT_MS)
            await look(ann, "nothing")
            await ann.get_by_role("button", name="Switch something off").click()
            await ann.get_by_label("Why").fill(WHY)
            await look(ann, "dialog")
            await ann.get_by_role("button", name="Switch off now").click()
            await expect(ann.get_by_text(WHY)).to_be_visible(timeout=WAIT_MS)
            await expect(tile).to_have_attribute("data-state", "suspended", timeout=WAIT_MS)
            await expect(tile.get_by_text(WHY)).to_be_visible(timeout=WAIT_MS)
            await look(wall, "wall-off")

            await ann.get_by_role("button", name="Bring back all but").click()
            dialog = ann.get_by_role("dialog")
            await dialog.get_by_role("button", name="export").click()
            await dialog.get_by_role("button", name="Bring back", exact=True).click()
            await expect(ann.get_by_text("Hall: export")).to_be_visible(timeout=WAIT_MS)
            await expect(tile).to_have_attribute("data-state", "live", timeout=WAIT_MS)
            await look(ann, "narrowed")
            await ann.get_by_role("button", name="Bring back", exact=True).click()
            await expect(ann.get_by_text("Nothing is off at the moment")).to_be_visible()


async def test_where_only_live_is_off_stills_go_on_and_recordings_say_why(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    ann = await (await browser.new_context(locale="en-GB")).new_page()
    async with simulated_camera(clip) as camera, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        hall = (await home.add_camera(camera.url, name="Hall"))["id"]
        async with door_before(tmp_path, home) as port:
            await ann.goto(f"http://localhost:{port}/camera/{hall}")
            await sign_in(ann)
            await expect(ann.locator(".stage canvas, .stage video")).to_be_visible(timeout=WAIT_MS)
            off = {"camera": hall, "capabilities": ["live", "playback"], "reason": WHY}
            placed = await home.control.ask("POST", "/api/suspensions", off)
            assert placed.status == 201
            await expect(ann.get_by_text("Live is switched off")).to_be_visible(timeout=WAIT_MS)
            await expect(ann.locator(".stage canvas, .stage video")).to_be_visible(timeout=WAIT_MS)
            await look(ann, "stills")
            await ann.get_by_role("button", name="One picture back").click()
            await expect(ann.locator(".stage").get_by_text(WHY)).to_be_visible(timeout=WAIT_MS)
            await expect(ann.get_by_text("Recordings are switched off")).to_be_visible()
            await expect(ann.get_by_text("could not be read")).to_have_count(0)
            await look(ann, "playback-off")


async def test_a_blocked_foreign_picture_is_said_on_the_wall(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    ann = await (await browser.new_context(locale="en-GB")).new_page()
    async with simulated_camera(clip) as camera, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        await home.add_camera(camera.url, name="Hall")
        async with door_before(tmp_path, home) as port:
            await ann.goto(f"http://localhost:{port}/")
            await sign_in(ann)
            tile = ann.locator("a.tile")
            await expect(tile).to_have_attribute("data-state", "live", timeout=WAIT_MS)
            assert home.household is not None
            await home.household.suspensions.trip(
                Reason.FOREIGN_HOUSEHOLD, path="localhost", device_id=bytes(16), may_close_path=True
            )
            await expect(tile).to_have_attribute("data-state", "suspended", timeout=WAIT_MS)
            banner = ann.get_by_role("alert")
            await expect(banner).to_contain_text("somebody else", timeout=WAIT_MS)
            await look(ann, "banner")
            await banner.get_by_role("link").click()
            await expect(ann.get_by_text("was on its way here")).to_be_visible(timeout=WAIT_MS)
            await look(ann, "foreign")
            await ann.get_by_role("button", name="Bring back", exact=True).click()
            await expect(ann.get_by_text("Nothing is off at the moment")).to_be_visible(
                timeout=WAIT_MS
            )


async def test_ben_reads_copies_and_deletes_what_is_his(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    ben = await (await browser.new_context(locale="en-GB")).new_page()
    async with running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        invite = await home.invite("Ben", "member", [])
        async with door_before(tmp_path, home) as port:
            site = f"http://localhost:{port}"
            await ben.goto(f"{site}{invite['url']}")
            await ben.get_by_label("Passphrase").fill(PASSPHRASE, timeout=WAIT_MS)
            await ben.get_by_label("Once more").fill(PASSPHRASE)
            await ben.get_by_role("button", name="Join").click(timeout=WAIT_MS)
            await expect(ben.get_by_text("No camera is granted")).to_be_visible(timeout=WAIT_MS)
            await ben.goto(f"{site}/privacy")
            await expect(ben.get_by_text("Lines in the ledger")).to_be_visible(timeout=WAIT_MS)
            await expect(ben.get_by_role("heading", name="Cameras at Home")).to_be_visible()
            await expect(ben.get_by_text("With nobody.")).to_be_visible()
            await look(ben, "privacy")
            async with ben.expect_download() as download:
                await ben.get_by_role("button", name="Save a copy").click()
            path = await (await download.value).path()
            copy = json.loads(path.read_text())
            assert copy["member"]["name"] == "Ben"
            assert copy["ledger"]

            await ben.get_by_role("switch").first.click()
            await expect(ben.get_by_text("Agreed on")).to_be_visible(timeout=WAIT_MS)
            await ben.get_by_role("button", name="Delete my account").click()
            dialog = ben.get_by_role("dialog")
            await dialog.get_by_label("Type your name").fill("Ben")
            await look(ben, "delete")
            await dialog.get_by_role("button", name="Delete my account").click()
            await expect(ben.get_by_label("Passphrase")).to_be_visible(timeout=WAIT_MS)
            assert home.household is not None
            assert [m.name for m in home.household.people.members.values()] == ["Ann"]
