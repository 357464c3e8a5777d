"""Goal: a dropped file becomes a rating on screen, and a report can do nothing but be looked at.

Method: a real hub with the real lab, the real door, the built pages, Chromium.
"""

import asyncio
import base64
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from keepsight.core.clock import SystemClock
from keepsight.door.config import FrontConfig
from keepsight.door.front import Front
from keepsight.door.ui import Ui
from keepsight.hub.walls.confine import missing_protection
from tests.home import PASSPHRASE, Home
from tests.lab.synthetic.article import article_app
from tests.web.ui_site import WEB

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing_protection()), reason="NOT TESTED: no Landlock or seccomp"),
]

DROP = """async ([zone, files]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) {
    const content = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    transfer.items.add(new File([content], name));
  }
  for (const type of ['dragenter', 'dragover', 'drop']) {
    const event = { dataTransfer: transfer, bubbles: true, cancelable: true };
    zone.dispatchEvent(new DragEvent(type, event));
  }
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped pages, built."""
    vite = WEB / "node_modules" / ".bin" / "vite"
    if not vite.exists():
        pytest.skip("web/node_modules is missing: run `npm ci` in web/")
    folder = tmp_path_factory.mktemp("pages")
    command = [vite, "build", "--outDir", folder, "--emptyOutDir"]
    subprocess.run(command, cwd=WEB, check=True, capture_output=True)
    return folder


@asynccontextmanager
async def door_before(home: Home, pages: Path) -> AsyncIterator[str]:
    household = home.hub.directory.name
    front = Front(
        FrontConfig(household, "127.0.0.1", 0, home.hub.run_directory),
        ui=Ui(pages), clock=SystemClock(), ssl_context=None, trust=None,
        host_names=frozenset(), origins=(), cache_bytes_max=1 << 20,
    )  # fmt: skip
    await front.start()
    running = asyncio.ensure_future(front.run())
    try:
        yield f"http://localhost:{front.urls[0].rpartition(':')[2]}"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await front.stop()


async def signed_in(browser: Browser, address: str, complaints: list[str]) -> Page:
    page = await (await browser.new_context(locale="en-GB", accept_downloads=True)).new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def on_console(message: Any) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    page.on("console", on_console)
    await page.goto(address)
    await page.get_by_label("Your name").fill("Ann")
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Checks").click()
    return page


async def drop(page: Page, **files: bytes) -> None:
    zone = page.get_by_role("group", name="Drop files of one product here")
    listed = [
        [name.replace("__", "."), base64.b64encode(text).decode()] for name, text in files.items()
    ]
    await page.evaluate(DROP, [await zone.element_handle(), listed])


async def test_a_dropped_app_becomes_a_rating_and_a_report(
    home: Home, browser: Browser, pages: Path
) -> None:
    complaints: list[str] = []
    async with door_before(home, pages) as address:
        page = await signed_in(browser, address, complaints)
        await drop(page, home__apk=article_app())
        await expect(page.get_by_role("heading", name="home.apk")).to_be_visible(timeout=30_000)
        important = page.locator("section").filter(
            has=page.get_by_role("heading", name="Most important")
        )
        await expect(important.locator("details")).to_have_count(5, timeout=60_000)
        await important.locator("summary").first.click()
        await expect(important.locator(".evidence").first).to_be_visible()
        await page.get_by_role("button", name="Clear").click()
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="Save as JSON").click()
        assert (await saved.value).suggested_filename == "home.apk.json"
        await page.get_by_role("button", name="Show here").click()
        frame = page.frame_locator("iframe")
        await expect(frame.get_by_role("heading").first).to_be_visible(timeout=20_000)
        assert (
            await frame.locator("body").evaluate("b => getComputedStyle(b).fontFamily") != "serif"
        )
        async with page.context.expect_page() as opened:
            await page.get_by_role("link", name="Open in a tab").click()
        tab = await opened.value
        await expect(tab.get_by_role("heading").first).to_be_visible()
        assert await tab.evaluate("origin") == "null"
        await page.get_by_role("button", name="Remove").click()
        await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        await expect(page.get_by_text("No product was checked yet")).to_be_visible()
        assert not complaints, complaints


async def test_nonsense_is_said_and_never_rated(home: Home, browser: Browser, pages: Path) -> None:
    complaints: list[str] = []
    async with door_before(home, pages) as address:
        page = await signed_in(browser, address, complaints)
        await drop(page, use__pcap=b"this is no capture")
        await expect(page.get_by_text("not rated")).to_be_visible(timeout=60_000)
        await expect(page.get_by_text("What could not be read")).to_be_visible()
        await page.get_by_role("link", name="Back").click()
        await drop(page, empty__apk=b"")
        await expect(page.get_by_role("alert")).to_contain_text("empty")
        assert not complaints, complaints
