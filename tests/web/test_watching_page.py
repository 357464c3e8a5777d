"""Zones drawn over a camera's picture in a real browser: a real hub, a real door, a real camera.

Method: Chromium draws with the mouse, with keys and with a finger; what is saved is read from the
hub, and seen again after the page is loaded anew.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Response, expect

from keepsight.door.config import BUILT_UI
from tests.home import HOUSEHOLD, running_hub, set_up, simulated_camera
from tests.web.test_ledger_page import WAIT_MS, door_before, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(240),
]
SCREENSHOTS = os.environ.get("KEEPSIGHT_SCREENSHOTS")
DOOR = ((0.3, 0.3), (0.7, 0.3), (0.7, 0.8), (0.3, 0.8))


async def look(page: Page, name: str) -> None:
    if SCREENSHOTS is not None:
        await page.screenshot(path=f"{SCREENSHOTS}/zones-{name}.png", full_page=True)


async def read(home: Any, camera: dict[str, Any]) -> dict[str, Any]:
    answer = await home.control.ask("GET", f"/api/cameras/{camera['id']}/watching")
    return dict(answer.json())


async def place_of(board: Locator, x: float, y: float) -> tuple[float, float]:
    await board.scroll_into_view_if_needed()
    box = await board.bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def is_near(points: list[list[float]], expected: tuple[tuple[float, float], ...]) -> bool:
    pairs = zip(points, expected, strict=True)
    return all(abs(a[0] - b[0]) < 0.02 and abs(a[1] - b[1]) < 0.02 for a, b in pairs)


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Not saved yet")).to_have_count(0, timeout=WAIT_MS)


async def test_a_zone_is_drawn_with_the_mouse_and_a_mask_with_keys(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    page = await (await browser.new_context(locale="en-GB")).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    async with simulated_camera(clip) as source, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        camera = await home.add_camera(source.url, name="Hall")
        async with door_before(tmp_path, home) as port:
            address = f"http://localhost:{port}/cameras/{camera['id']}/watching"
            await page.goto(address)
            await sign_in(page)
            await expect(page.get_by_text("Picture of")).to_be_visible(timeout=WAIT_MS)
            board = page.get_by_role("application")

            await page.get_by_role("button", name="Draw a zone").click()
            for x, y in (*DOOR, DOOR[0]):
                await page.mouse.click(*await place_of(board, x, y))
            name = page.get_by_label("Name of the zone")
            await expect(name).to_have_value("Zone 1", timeout=WAIT_MS)
            await name.fill("Doorstep")
            await look(page, "drawn")

            await page.get_by_role("button", name="Draw a mask").click()
            for keys in ("Space", "Shift+ArrowRight Shift+ArrowRight Space", "Shift+ArrowDown"):
                for key in keys.split():
                    await page.keyboard.press(key)
            await page.keyboard.press("Space")
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("button", name="Mask 1", exact=True).first).to_be_focused(
                timeout=WAIT_MS
            )
            corner = page.get_by_role("button", name="Corner 3 of 3 of Mask 1")
            await corner.focus()
            await page.keyboard.press("Shift+ArrowDown")
            await expect(page.get_by_role("button", name="60 % across, 60 % down")).to_be_focused(
                timeout=WAIT_MS
            )
            await save(page)

            kept = await read(home, camera)
            assert [zone["name"] for zone in kept["zones"]] == ["Doorstep"]
            assert is_near(kept["zones"][0]["points"], DOOR)
            assert kept["masks"] == [[[0.5, 0.5], [0.6, 0.5], [0.6, 0.6]]]

            await page.goto(address)
            await expect(page.get_by_label("Name of the zone")).to_have_value(
                "Doorstep", timeout=WAIT_MS
            )
            await expect(board.get_by_role("button", name="Doorstep", exact=True)).to_be_visible(
                timeout=WAIT_MS
            )
            await page.get_by_role("button", name="Live picture").click()
            await expect(page.get_by_text("The boxes are what the model sees")).to_be_visible(
                timeout=WAIT_MS
            )
            await expect(board.locator("canvas, video")).to_be_visible(timeout=WAIT_MS)
            await page.get_by_role("button", name="Live picture").click()
            await change_by_mouse_and_undo(page, board)
            await leave_and_stay(page)
            assert await read(home, camera) == kept
            assert complaints == []


async def change_by_mouse_and_undo(page: Page, board: Locator) -> None:
    """A corner is dragged, one put on an edge, one deleted; undone as often, all is as before."""
    await page.mouse.click(*await place_of(board, 0.4, 0.75))
    await page.mouse.move(*await place_of(board, 0.3, 0.3))
    await page.mouse.down()
    await page.mouse.move(*await place_of(board, 0.2, 0.25), steps=4)
    await page.mouse.up()
    moved = page.get_by_role("button", name="Corner 1 of 4 of Doorstep: 20 % across, 25 % down")
    await expect(moved).to_be_visible(timeout=WAIT_MS)
    await page.mouse.move(*await place_of(board, 0.5, 0.8))
    await page.mouse.down()
    await page.mouse.move(*await place_of(board, 0.5, 0.95), steps=4)
    await page.mouse.up()
    added = page.get_by_role("button", name="Corner 4 of 5 of Doorstep: 50 % across, 95 % down")
    await expect(added).to_be_visible(timeout=WAIT_MS)
    await added.focus()
    await page.keyboard.press("Delete")
    await expect(page.get_by_role("button", name="Corner 3 of 4 of Doorstep")).to_be_focused(
        timeout=WAIT_MS
    )
    await expect(page.get_by_role("button", name="Corner 4 of 4 of Doorstep")).to_be_visible(
        timeout=WAIT_MS
    )
    await look(page, "changed")
    for _ in range(3):
        await page.keyboard.press("Control+z")
    await expect(page.get_by_text("Not saved yet")).to_have_count(0, timeout=WAIT_MS)
    await page.keyboard.press("Control+Shift+z")
    await expect(moved).to_be_visible(timeout=WAIT_MS)


async def leave_and_stay(page: Page) -> None:
    """A link asks first; a key that leads away does not, and what was drawn is found again."""
    await page.keyboard.press("w")
    await expect(page.locator("a.tile")).to_be_visible(timeout=WAIT_MS)
    await page.go_back()
    await expect(page.get_by_text("Not saved yet")).to_be_visible(timeout=WAIT_MS)
    await page.get_by_role("link", name="Status").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Leave without saving?", timeout=WAIT_MS)
    await dialog.get_by_role("button", name="Stay here").click()
    await expect(page.get_by_text("Not saved yet")).to_be_visible(timeout=WAIT_MS)
    await page.get_by_role("link", name="Status").click()
    await dialog.get_by_role("button", name="Discard and go").click()
    await expect(page).to_have_url(re.compile("/status$"), timeout=WAIT_MS)


async def test_of_two_who_change_one_camera_the_second_is_asked(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    """Through the real door, which lets ETag and If-Match pass; the second decides by keys."""
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    context = await browser.new_context(locale="en-GB")
    first, second = await context.new_page(), await context.new_page()
    answers: list[Response] = []
    second.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - no builtin
    async with simulated_camera(clip) as source, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        camera = await home.add_camera(source.url, name="Hall")
        async with door_before(tmp_path, home) as port:
            address = f"http://localhost:{port}/cameras/{camera['id']}/watching"
            await first.goto(address)
            await sign_in(first)
            await expect(is_watched(first)).to_be_visible(timeout=WAIT_MS)
            await second.goto(address)
            await second.get_by_role("button", name="Cats").click(timeout=WAIT_MS)
            await is_watched(first).click()
            await save(first)

            await second.keyboard.press("Control+s")
            dialog = second.get_by_role("dialog")
            await expect(dialog).to_contain_text("They changed: whether it is watched.")
            await look(second, "conflict")
            await keep_editing(second)
            kept = await read(home, camera)
            assert (kept["is_on"], "cat" in kept["kinds"]) == (False, True)
            await assert_tags_passed(answers, camera)
            await load_theirs_and_undo(second)
            kept = await read(home, camera)
            assert (kept["is_on"], "cat" in kept["kinds"]) == (True, False)

            # The first has not seen that, and insists.
            await first.get_by_role("button", name="Dogs").click()
            await first.get_by_role("button", name="Save", exact=True).click()
            dialog = first.get_by_role("dialog")
            await dialog.get_by_role("button", name="Save mine anyway").click(timeout=WAIT_MS)
            await expect(first.get_by_text("Not saved yet")).to_have_count(0, timeout=WAIT_MS)
            kept = await read(home, camera)
            assert not kept["is_on"]
            assert ("cat" in kept["kinds"], "dog" in kept["kinds"]) == (True, False)


def is_watched(page: Page) -> Locator:
    return page.get_by_role("switch", name="Watch this camera")


async def keep_editing(page: Page) -> None:
    """What is focused first takes nothing away from anybody."""
    dialog = page.get_by_role("dialog")
    stay = dialog.get_by_role("button", name="Keep editing")
    await expect(stay).to_be_focused(timeout=WAIT_MS)
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0, timeout=WAIT_MS)
    await expect(page.get_by_text("Not saved yet")).to_be_visible(timeout=WAIT_MS)


async def load_theirs_and_undo(page: Page) -> None:
    """Asked again, theirs is taken and undone; what was undone to is saved knowingly."""
    dialog = page.get_by_role("dialog")
    await page.keyboard.press("Control+s")
    stay = dialog.get_by_role("button", name="Keep editing")
    await expect(stay).to_be_focused(timeout=WAIT_MS)
    for name in ("Save mine anyway", "Load theirs"):
        await page.keyboard.press("Shift+Tab")
        await expect(dialog.get_by_role("button", name=name)).to_be_focused(timeout=WAIT_MS)
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0, timeout=WAIT_MS)
    await expect(is_watched(page)).not_to_be_checked(timeout=WAIT_MS)
    await expect(page.get_by_text("Not saved yet")).to_have_count(0, timeout=WAIT_MS)
    await page.keyboard.press("Control+z")
    await expect(is_watched(page)).to_be_checked(timeout=WAIT_MS)
    await save(page)


async def assert_tags_passed(answers: list[Response], camera: dict[str, Any]) -> None:
    """What was read had a tag, and what was refused was sent with it."""
    of_watching = [a for a in answers if a.url.endswith(f"/api/cameras/{camera['id']}/watching")]
    was_read, refused = of_watching[0], next(a for a in of_watching if a.status == 412)
    assert (await refused.json())["error"] == "changed_meanwhile"
    tag = await was_read.header_value("etag")
    assert tag is not None
    assert tag.startswith('"')
    assert await refused.request.header_value("if-match") == tag
    assert {await answer.header_value("cache-control") for answer in of_watching} == {"no-store"}


async def test_on_a_phone_a_finger_draws_and_nothing_is_lost(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    context = await browser.new_context(
        locale="en-GB",
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        color_scheme="dark",
    )
    page = await context.new_page()
    async with simulated_camera(clip) as source, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        camera = await home.add_camera(source.url, name="Hall")
        async with door_before(tmp_path, home) as port:
            await page.goto(f"http://localhost:{port}/cameras/{camera['id']}/watching")
            await sign_in(page)
            await expect(page.get_by_text("Picture of")).to_be_visible(timeout=WAIT_MS)
            assert await page.evaluate("document.documentElement.scrollWidth") == 390
            board = page.get_by_role("application")
            await page.get_by_role("button", name="Draw a privacy mask").tap()
            for x, y in DOOR[:3]:
                await page.touchscreen.tap(*await place_of(board, x, y))
            await page.get_by_role("button", name="Done").tap()
            await expect(page.get_by_text("Live pictures and recordings are NOT")).to_be_visible(
                timeout=WAIT_MS
            )
            await look(page, "phone")

            # The camera goes, and with it the picture; what is drawn stays and can be saved.
            await source.stop()
            await page.get_by_role("button", name="New picture").tap()
            await save(page)
            kept = await read(home, camera)
            assert is_near(kept["privacy_masks"][0], DOOR[:3])

            # The hub refuses what the page did not foresee: it is said beside its field.
            await page.get_by_role("button", name="Draw a zone").tap()
            for x, y in ((0.05, 0.05), (0.2, 0.05), (0.2, 0.2)):
                await page.touchscreen.tap(*await place_of(board, x, y))
            await page.get_by_role("button", name="Done").tap()
            await page.get_by_label("Name of the zone").fill("odd\u200bname")
            await page.get_by_role("button", name="Save", exact=True).tap()
            await expect(page.get_by_text("A name is one line of letters.")).to_have_count(
                2, timeout=WAIT_MS
            )
            await page.get_by_label("Name of the zone").fill("Gate")
            await save(page)
            assert [zone["name"] for zone in (await read(home, camera))["zones"]] == ["Gate"]
