"""A new epoch and a new printed key, asked for in a real browser of a real hub and door."""

import base64
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from keepsight.core.secret import Secret
from keepsight.door.config import BUILT_UI
from keepsight.hub.recover import open_kit
from tests.home import HOUSEHOLD, running_hub, set_up
from tests.web.test_ledger_page import WAIT_MS, door_before, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(180),
]


async def test_an_owner_begins_an_epoch_and_prints_a_key_that_opens_the_kit(
    tmp_path: Path, cheap_argon2: None, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    page = await (await browser.new_context(locale="en-GB")).new_page()
    async with running_hub(directory) as home, door_before(tmp_path, home) as port:
        await set_up(home, starts_unattended=False)
        await page.goto(f"http://localhost:{port}/settings")
        await sign_in(page)
        await expect(page.get_by_text("Epoch 1, since")).to_be_visible(timeout=WAIT_MS)
        begin = page.get_by_role("button", name="Begin a new epoch")
        await begin.click()
        await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        assert (await home.control.ask("GET", "/api/epochs")).json()["epoch"] == 1
        await begin.click()
        await page.get_by_role("dialog").get_by_role("button", name="Begin").click()
        await expect(page.get_by_text("Epoch 2, since")).to_be_visible(timeout=WAIT_MS)
        assert (await home.control.ask("GET", "/api/epochs")).json()["epoch"] == 2

        printing = page.get_by_role("button", name="Print a new recovery key")
        await printing.click()
        await page.get_by_role("dialog").get_by_role("button", name="Print").click()
        await expect(page.get_by_text("It is shown this once")).to_be_visible(timeout=WAIT_MS)
        words = await page.locator(".identity span").all_inner_texts()
        kit = (await home.control.ask("GET", "/api/recovery-kit")).json()["file"]
        opened = open_kit(base64.b64decode(kit), Secret("".join(words)))
        assert [epoch.number for epoch in opened.epochs] == [1, 2]

        done = page.get_by_role("button", name="Back to the settings")
        await expect(done).to_be_disabled()
        await page.get_by_role("checkbox").check()
        await done.click()
        await expect(printing).to_be_visible(timeout=WAIT_MS)
        await expect(page.locator(".identity")).to_have_count(0)
    await page.context.close()
