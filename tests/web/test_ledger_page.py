"""Who could see what, in a real browser: a real hub, a real door, a proof made in the page, and a
restored backup that the browser notices by what it remembers.

Method: Chromium follows the pages as a person does; the data directory is swapped for an older copy
while the hub is stopped.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from keepsight.door.config import BUILT_UI
from tests.home import HOUSEHOLD, PASSPHRASE, Home, running_hub, set_up, simulated_camera

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(240),
]
WAIT_MS = 60_000


@asynccontextmanager
async def door_before(folder: Path, home: Home, port: int = 0) -> AsyncIterator[int]:
    """A real door process in front of the hub; with the same port it is the same site again."""
    run_directory = str(home.hub.run_directory)
    place = {"household": HOUSEHOLD, "port": port, "run_dir": run_directory}
    path = folder / "door.json"
    path.write_text(json.dumps({"households": [place]}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "keepsight.door", "--config", str(path), "--child",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode()
        yield int(line.strip().rpartition(":")[2])
    finally:
        process.terminate()
        await process.communicate()


async def sign_in(page: Page) -> None:
    await page.get_by_label("Your name").fill("Ann", timeout=WAIT_MS)
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.keyboard.press("Enter")


async def sign_in_until(page: Page, seen: Locator) -> None:
    """Each witness ends the sessions: the ledger's, the members', and accepting it."""
    form = page.get_by_label("Your name")
    for _ in range(5):
        await form.or_(seen).first.wait_for(timeout=WAIT_MS)
        if await seen.count():
            return
        async with page.expect_response("**/api/session"):
            await sign_in(page)
        await expect(form).to_have_count(0, timeout=WAIT_MS)
    await expect(seen).to_be_visible(timeout=WAIT_MS)


async def test_a_proof_and_a_restored_backup_in_a_real_browser(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory, backup = tmp_path / "data" / "households" / HOUSEHOLD, tmp_path / "backup"
    page = await (await browser.new_context(locale="en-GB")).new_page()
    async with simulated_camera(clip) as camera:
        async with running_hub(directory) as home, door_before(tmp_path, home) as port:
            await set_up(home, starts_unattended=False)
            await home.add_camera(camera.url)
            await page.goto(f"http://localhost:{port}/status")
            await sign_in(page)
            await page.wait_for_selector("nav", timeout=WAIT_MS)
        shutil.copytree(directory, backup, ignore=shutil.ignore_patterns("*.sock"))
        async with running_hub(directory) as home, door_before(tmp_path, home, port):
            await page.goto(f"http://localhost:{port}/")
            await sign_in(page)

            async def released() -> bool:
                answer = await home.control.ask("GET", "/api/ledger", None, type="release")
                return answer.status == 200 and bool(answer.json()["lines"])

            await home.wait_for(released, 60)
            await page.get_by_role("link", name="Ledger").click()
            await expect(page.get_by_text("could see something")).to_be_visible(timeout=WAIT_MS)
            await expect(page.get_by_text("Live pictures").first).to_be_visible()
            await page.get_by_role("button", name="Prove this line").first.click()
            proven = page.get_by_text("Proven, by this browser itself.")
            await expect(proven).to_be_visible(timeout=WAIT_MS)
            await expect(page.locator("blockquote")).to_contain_text("Ann was given the key")
            await page.keyboard.press("Escape")
            await page.get_by_role("button", name="Read it all again").click()
            await expect(page.get_by_text("The hub has read all")).to_be_visible()
        shutil.rmtree(directory)
        shutil.copytree(backup, directory)
        async with running_hub(directory) as home, door_before(tmp_path, home, port):
            await page.goto(f"http://localhost:{port}/ledger")
            # What this browser remembers ends every session: an older backup was put back.
            await sign_in_until(page, page.get_by_text("the ledger has become shorter"))
            # Both logs show it, and one banner says it.
            alarm = page.get_by_role("alert").filter(has_text="No pictures are opened")
            ledger_alarm = page.get_by_role("alert").filter(has_text="ledger has changed behind")
            await expect(alarm).to_be_visible(timeout=WAIT_MS)
            await expect(ledger_alarm).to_have_count(0)
            await page.get_by_role("button", name="I have looked into it").click()
            dialog = page.get_by_role("dialog")
            await dialog.get_by_role("button", name="I have looked into it").click()
            await sign_in_until(page, page.get_by_text("This browser remembers the ledger"))
            await expect(alarm.or_(ledger_alarm)).to_have_count(0, timeout=WAIT_MS)
    await page.context.close()
