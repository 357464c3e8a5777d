"""Goal: every page can be read by everybody and fits. Method: Chromium, the mock household."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.web.ui_site import DESKTOP, PHONE, Visitor, address, mock_folder  # fixtures

pytestmark = pytest.mark.browser
__all__ = ["address", "mock_folder"]
CHECKS: Final = (Path(__file__).parent / "ui_checks.js").read_text(encoding="utf-8")


def hex_id(seed: int) -> str:
    """The mock's camera ids (web/src/app/mock/world.ts)."""
    text, state = "", (seed * 2654435761 + 12345) & 0xFFFFFFFF
    while len(text) < 32:
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        text += f"{state:08x}"
    return text


CAMERA: Final = hex_id(1)
PAGES_AT_ONCE: Final = 4
"""Each mostly waits until it is drawn."""
PAGES: Final = (
    ("/", "home"), ("/", "many"), ("/", "one"), ("/", "empty"), ("/", "trouble"), ("/", "demo"),
    (f"/camera/{CAMERA}", "home"), (f"/camera/{CAMERA}", "trouble"),
    (f"/camera/{hex_id(999)}", "home"),
    ("/timeline", "home"), ("/timeline", "many"), ("/timeline", "empty"), ("/add", "empty"),
    ("/settings", "home"), ("/settings", "empty"), (f"/settings/camera/{CAMERA}", "home"),
    (f"/settings/camera/{hex_id(3)}", "trouble"), ("/status", "home"), ("/status", "trouble"),
    ("/status", "empty"), ("/ledger", "home"), ("/ledger", "trouble"), ("/ledger", "empty"),
    ("/checks", "home"), ("/checks", "empty"), (f"/checks/{hex_id(701)}", "home"),
    (f"/checks/{hex_id(702)}", "home"), (f"/checks/{hex_id(703)}", "home"),
    ("/events", "home"), ("/events", "one"), ("/events", "empty"), ("/events", "trouble"),
    (f"/cameras/{CAMERA}/watching", "home"), (f"/cameras/{CAMERA}/watching", "trouble"),
    ("/security", "home"), ("/", "unclaimed"), ("/", "signed-out"), ("/", "locked"),
    ("/", "offline"),
)  # fmt: skip


@pytest.mark.parametrize("look", [(DESKTOP, "light", "en-GB"), (PHONE, "dark", "de-DE")])
@pytest.mark.parametrize("part", range(3))
async def test_every_page_can_be_read_by_everybody(
    browser: Browser, address: str, look: tuple[tuple[int, int], str, str], part: int
) -> None:
    room = asyncio.Semaphore(PAGES_AT_ONCE)

    async def complaints(path: str, scenario: str) -> list[str]:
        async with room:
            visitor = Visitor(browser, address, *look)
            page = await visitor.open(path, scenario)
            await page.wait_for_timeout(700)
            found = [*visitor.complaints, *await page.evaluate(CHECKS)]
            assert await page.evaluate("document.documentElement.lang") == look[2][:2]
            await visitor.context.close()
            return [f"{path} of {scenario}: {what}" for what in found]

    found = await asyncio.gather(*(complaints(*page) for page in PAGES[part::3]))
    assert [what for each in found for what in each] == []


@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (1024, 768), (2560, 1440)])
async def test_the_wall_fills_every_screen_without_overlap(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    for scenario in ("one", "home", "many"):
        visitor = Visitor(browser, address, size)
        page = await visitor.open("/", scenario)
        await page.wait_for_selector("a.tile")
        boxes = await page.eval_on_selector_all(
            "a.tile", "all => all.map((e) => e.getBoundingClientRect().toJSON())"
        )
        assert len(boxes) == {"one": 1, "home": 6, "many": 32}[scenario]
        for index, one in enumerate(boxes):
            assert one["left"] >= 0
            assert one["right"] <= size[0] + sys.float_info.epsilon
            for other in boxes[index + 1 :]:
                is_apart = (
                    one["right"] <= other["left"] or other["right"] <= one["left"]
                    or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]
                )  # fmt: skip
                assert is_apart
        await visitor.context.close()


async def test_the_checks_find_what_they_look_for(browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 360, "height": 640})
    await page.set_content(
        "<h1>a</h1><h1>b</h1><button></button><p id=x>x</p><p id=x>{camera}</p>"
        "<p style='color:#888;background:#999'>faint</p><p>error.not_found</p>"
        "<div style='width:900px'>wide</div>"
    )
    found = " | ".join(await page.evaluate(CHECKS))
    words = "two first headings|no name|id twice|leftover|contrast 1.|keys|sideways"
    assert [word for word in words.split("|") if word not in found] == []
