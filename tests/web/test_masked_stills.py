"""A masked still in a real browser: seen with the mask black where live is off, and a plain reason
where there is none. Method: a real hub, watcher, door and camera; Chromium's canvas is measured."""

import json
import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from keepsight.door.config import BUILT_UI
from keepsight.hub.watching import Watching
from tests.home import HOUSEHOLD, running_hub, set_up, simulated_camera
from tests.web.test_ledger_page import WAIT_MS, door_before, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(240),
]
# tests.home draws its bright square into lines 40 to 80 of 240.
MASK = [[0.0, 0.12], [1.0, 0.12], [1.0, 0.38], [0.0, 0.38]]
BRIGHTEST = """(bands) => {
  const canvas = document.querySelector('.stage canvas, a.tile canvas');
  const all = canvas.getContext('2d');
  return bands.map(([from, to]) => {
    const at = all.getImageData(0, from * canvas.height, canvas.width, (to - from) * canvas.height);
    return at.data.filter((_, n) => n % 4 === 0).reduce((most, one) => Math.max(most, one), 0);
  });
}"""


async def set_watching(home, camera, **more):
    fields = {**json.loads(json.dumps(Watching().as_fields())), "model": "none", **more}
    answer = await home.control.ask("PUT", f"/api/cameras/{camera}/watching", fields)
    assert answer.status == 200, answer.body


async def look(page: Page, name: str) -> None:
    if folder := os.environ.get("KEEPSIGHT_SCREENSHOTS"):
        for width in (1280, 390):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.wait_for_timeout(400)
            await page.screenshot(path=f"{folder}/{name}-{width}.png")


async def is_masked(page: Page) -> None:
    """Waits for a picture, and sees that it is black where the mask is."""
    bands = [[0.13, 0.37], [0.5, 0.9]]
    drawn = f"(bands) => ({BRIGHTEST})(bands)[1] > 40"
    await page.wait_for_function(drawn, arg=bands, timeout=WAIT_MS)
    masked, below = await page.evaluate(BRIGHTEST, bands)
    assert masked < 40 < below


async def test_a_still_is_masked_or_hidden(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    ann = await (await browser.new_context(locale="en-GB")).new_page()
    complaints: list[str] = []
    ann.on("pageerror", lambda error: complaints.append(str(error)))
    hub = running_hub(directory, watching="on")
    async with simulated_camera(clip) as camera, hub as home:
        await set_up(home, starts_unattended=False)
        hall = (await home.add_camera(camera.url, name="Hall"))["id"]
        await set_watching(home, hall, privacy_masks=[MASK])
        off = {"camera": hall, "capabilities": ["live"], "reason": "Only stills"}
        assert (await home.control.ask("POST", "/api/suspensions", off)).status == 201
        async with door_before(tmp_path, home) as port:
            await ann.goto(f"http://localhost:{port}/camera/{hall}")
            await sign_in(ann)
            await expect(ann.locator(".stage canvas")).to_be_visible(timeout=WAIT_MS)
            await is_masked(ann)
            await look(ann, "masked")
            await set_watching(home, hall, privacy_masks=[MASK], is_on=False)
            why = ann.get_by_text("The privacy mask cannot be applied")
            await expect(why).to_be_visible(timeout=WAIT_MS)
            await look(ann, "hidden")
            await ann.goto(f"http://localhost:{port}/")
            tile = ann.locator("a.tile")
            await expect(tile).to_have_attribute("data-state", "hidden", timeout=WAIT_MS)
            await look(ann, "hidden-tile")
            await set_watching(home, hall, privacy_masks=[MASK])
            await expect(tile).to_have_attribute("data-state", "stale", timeout=WAIT_MS)
            await is_masked(ann)
    assert complaints == []
