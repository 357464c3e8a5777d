"""What the watcher recognises, outlined over the live picture in a real browser.

Goal: boxes come sealed between the pictures, disturb none of them, lie where the picture is, and
are there only where somebody asked. Method: a real hub, watcher, door and camera; Chromium. The
model is a tiny one that takes whatever is bright for somebody: it is asked when the square moves.
"""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from keepsight.door.config import BUILT_UI
from keepsight.hub.walls.confine import missing_protection
from tests.detect.installed import LABELS, tiny_yolo
from tests.home import HOUSEHOLD, Home, running_hub, set_up, simulated_camera, write_clip
from tests.web.test_ledger_page import WAIT_MS, door_before, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.skipif(bool(missing_protection()), reason="NOT TESTED: no Landlock or seccomp"),
    pytest.mark.timeout(240),
]
SOMEBODY_MS = 90_000
MODEL = "own:bright.onnx"
IS_OVER_PICTURE = """() => {
  const place = document.querySelector('.stage .place .picture')?.getBoundingClientRect();
  if (place === undefined) return false;
  const canvas = document.querySelector('.stage canvas');
  const around = canvas.getBoundingClientRect();
  const scale = Math.min(around.width / canvas.width, around.height / canvas.height);
  const [width, height] = [canvas.width * scale, canvas.height * scale];
  const shown = {
    left: around.left + (around.width - width) / 2, top: around.top + (around.height - height) / 2,
    width, height,
  };
  const edges = ['left', 'top', 'width', 'height'];
  return edges.every((edge) => Math.abs(place[edge] - shown[edge]) < 2);
}"""


async def look(page: Page, name: str) -> None:
    if folder := os.environ.get("KEEPSIGHT_SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


async def set_watching(home: Home, camera: str, **changes: object) -> None:
    path = f"/api/cameras/{camera}/watching"
    now = (await home.control.ask("GET", path)).json()
    answer = await home.control.ask("PUT", path, {**now, **changes})
    assert answer.status == 200, answer.body


async def test_what_is_recognised_is_outlined(
    tmp_path: Path, cheap_argon2: None, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    own = tmp_path / "models" / "own"
    own.mkdir(parents=True)
    (own / "bright.onnx").write_bytes(tiny_yolo())
    (own / "bright.txt").write_text("\n".join(LABELS))
    monkeypatch.setenv("KEEPSIGHT_MODELS", str(own.parent))
    film = write_clip(tmp_path / "bright.mp4", shade=255, has_sound=False)
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    hub = running_hub(directory, watching="on", models=own.parent)
    async with simulated_camera(film) as camera, hub as home:
        await set_up(home, starts_unattended=False)
        hall = (await home.add_camera(camera.url))["id"]
        await set_watching(home, hall, model=MODEL)
        async with door_before(tmp_path, home) as port:
            await page.goto(f"http://localhost:{port}/camera/{hall}")
            await sign_in(page)
            await expect(page.locator(".stage canvas")).to_be_visible(timeout=WAIT_MS)
            toggle = page.get_by_role("button", name="Show what is recognised")
            await expect(toggle).to_have_attribute("aria-pressed", "false")
            box = page.locator(".stage .box")
            assert await box.count() == 0
            await toggle.click()
            await expect(box.first).to_be_visible(timeout=SOMEBODY_MS)
            await expect(box.first).to_contain_text("Person")
            await look(page, "boxes-1280")
            # Over the picture, and nowhere else, however wide the page is.
            await page.wait_for_function(IS_OVER_PICTURE, timeout=SOMEBODY_MS)
            await page.set_viewport_size({"width": 390, "height": 800})
            await expect(box.first).to_be_visible(timeout=SOMEBODY_MS)
            await page.wait_for_function(IS_OVER_PICTURE, timeout=SOMEBODY_MS)
            await look(page, "boxes-390")
            await page.reload()
            await expect(toggle).to_have_attribute("aria-pressed", "true", timeout=WAIT_MS)
            await expect(box.first).to_be_visible(timeout=SOMEBODY_MS)
            await page.keyboard.press("o")
            await expect(toggle).to_have_attribute("aria-pressed", "false")
            await expect(box).to_have_count(0)
            # Where nothing is watched, it is said.
            await set_watching(home, hall, is_on=False)
            await page.reload()
            await expect(toggle).to_be_visible(timeout=WAIT_MS)
            await toggle.click()
            said = page.get_by_text("this camera is not watched")
            await expect(said).to_be_visible(timeout=WAIT_MS)
            await look(page, "boxes-none-390")
        assert home.household.refusals.as_dict()["total"] == 0
    assert complaints == []
