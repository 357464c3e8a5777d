"""Goal: a day of events can be gone through by pointer and by keys, however long. Method: Chromium
and the mock household, whose visits are the same on every load."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.ui_site import PHONE, Visitor, address, mock_folder  # fixtures

pytestmark = pytest.mark.browser
__all__ = ["address", "mock_folder"]
CELLS_MAX = 130
"""So many are in the document at once, whatever the length of the day."""
SCROLLED = """() => new Promise((drawn) => {
  scrollBy(0, 1400);
  requestAnimationFrame(() => requestAnimationFrame(drawn));
})"""
"""One step down, and what is there is drawn."""


MISSING = (
    "This camera has a PIN.",
    "Recalled by its maker",
    "Events of this camera are not granted to you.",
    "This camera was removed.",
    "Deleted, by a person or because of its age.",
    "The picture's file is damaged or missing.",
)


async def visit(browser: Browser, address: str, scenario: str = "home") -> tuple[Visitor, Page]:
    visitor = Visitor(browser, address)
    page = await visitor.open("/events", scenario)
    await page.wait_for_selector("a.cell img")
    return visitor, page


async def test_keys_lead_through_the_events_and_back(browser: Browser, address: str) -> None:
    visitor, page = await visit(browser, address)
    # A sound has no box, and what is newest depends on the hour.
    await page.goto(f"{address}/events?mock=home&kind=person")
    await page.wait_for_selector("a.cell img")
    cells = page.locator("a.cell")
    names = [await cells.nth(nth).get_attribute("data-event") for nth in range(3)]
    await page.keyboard.press("ArrowRight")
    await expect(cells.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(cells.nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    dialog = page.locator("dialog.event")
    await expect(dialog).to_be_visible()
    assert f"event={names[1]}" in page.url
    await expect(dialog.locator("h2").first).to_be_focused()
    await expect(dialog.locator(".box")).to_be_visible()
    await page.keyboard.press("p")
    await expect(dialog.locator("polyline").first).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await page.wait_for_url(re.compile(f"event={names[2]}"))
    await page.keyboard.press("k")
    await expect(dialog.get_by_role("button", name="Kept")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.keyboard.press(" ")
    await expect(dialog.get_by_role("slider")).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(cells.nth(2)).to_be_focused()
    await expect(cells.nth(2)).to_have_accessible_name(re.compile("Kept"))
    assert visitor.complaints == []


async def test_what_is_opened_is_seen_until_somebody_says_otherwise(
    browser: Browser, address: str
) -> None:
    _, page = await visit(browser, address)
    first = page.locator("a.cell").first
    badge = page.locator("nav .count")
    before = int(await badge.locator("span").first.inner_text())
    await expect(first).to_have_class(re.compile(r"\bnew\b"))
    await first.click()
    await expect(badge.locator("span").first).to_have_text(str(before - 1))
    await page.keyboard.press("Escape")
    await expect(first).not_to_have_class(re.compile(r"\bnew\b"))
    await page.keyboard.press("u")
    await expect(first).to_have_class(re.compile(r"\bnew\b"))
    await page.get_by_role("button", name="Mark all as seen").click()
    await expect(page.locator("a.cell.new")).to_have_count(0)
    await expect(badge).to_be_hidden()


async def test_filters_stand_in_the_address_and_back_closes_an_event(
    browser: Browser, address: str
) -> None:
    _, page = await visit(browser, address)
    await page.get_by_role("button", name=re.compile("^Vehicle")).click()
    await page.wait_for_url(re.compile("kind=vehicle"))
    await expect(page.locator("a.cell").first).to_have_accessible_name(re.compile("Vehicle"))
    await expect(page.get_by_role("link", name=re.compile("Person"))).to_have_count(0)
    await page.get_by_role("button", name="Camera", exact=True).click()
    await page.get_by_role("checkbox", name="Hall").check()
    await expect(page.get_by_text("Nothing like that")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Hall")).to_be_focused()
    await page.reload()
    await expect(page.get_by_text("Nothing like that")).to_be_visible()
    await page.get_by_role("button", name="Show all").first.click()
    await page.locator("a.cell").first.click()
    await expect(page.locator("dialog.event")).to_be_visible()
    await page.go_back()
    await expect(page.locator("dialog.event")).to_be_hidden()
    await expect(page.locator("a.cell").first).to_be_visible()


async def test_a_link_to_an_old_event_opens_it_among_its_neighbours(
    browser: Browser, address: str
) -> None:
    _, page = await visit(browser, address)
    days = page.get_by_role("group", name="Days").get_by_role("button")
    await days.nth(-6).click()
    await expect(page.locator(".grid h2").first).not_to_have_text(re.compile("Today"))
    name = await page.locator("a.cell").nth(3).get_attribute("data-event")
    await page.goto(f"{address}/events?mock=home&event={name}")
    dialog = page.locator("dialog.event")
    await expect(dialog).to_be_visible()
    await expect(dialog.get_by_text(re.compile(r"^4 of \d+"))).to_be_visible()
    await page.keyboard.press("ArrowLeft")
    await expect(dialog.get_by_text(re.compile(r"^3 of \d+"))).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("a.cell").nth(2)).to_be_focused()


async def test_a_day_and_an_hour_are_one_press_away(browser: Browser, address: str) -> None:
    _, page = await visit(browser, address)
    days = page.get_by_role("group", name="Days").get_by_role("button")
    await days.nth(-3).click()
    await page.wait_for_url(re.compile(r"day=\d{4}-\d\d-\d\d"))
    await expect(days.nth(-3)).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".grid h2").first).not_to_have_text(re.compile("Today"))
    hours = page.get_by_role("group", name=re.compile("^Hours")).get_by_role("button")
    await expect(hours.nth(7)).to_be_enabled()
    await hours.nth(7).click()
    head = page.locator(".grid h3").filter(has_text="07:00").first
    await expect(head).to_be_in_viewport()


@pytest.mark.timeout(300)
async def test_two_thousand_events_stay_few_in_the_document(browser: Browser, address: str) -> None:
    visitor, page = await visit(browser, address, "many")
    seen: set[str] = set()
    most = 0
    while True:
        found = await page.eval_on_selector_all("a.cell", "all => all.map(e => e.dataset.event)")
        seen.update(found)
        most = max(most, len(found))
        if await page.get_by_text("Nothing was noticed before").is_visible():
            break
        await page.evaluate(SCROLLED)
    assert len(seen) > 2000
    assert most < CELLS_MAX
    assert visitor.complaints == []


async def test_pointing_plays_the_preview_unless_motion_is_unwelcome(
    browser: Browser, address: str
) -> None:
    wishes: tuple[tuple[Any, bool], ...] = (("no-preference", True), ("reduce", False))
    for motion, frames in wishes:
        context = await browser.new_context(
            reduced_motion=motion, service_workers="block", locale="en-GB"
        )
        page = await context.new_page()
        await page.goto(f"{address}/events?mock=home&kind=person")
        cell = page.locator("a.cell").first
        await cell.locator("img").first.wait_for()
        await cell.hover()
        if frames:
            await expect(cell.locator(".frame")).to_have_attribute(
                "data-frame", re.compile("[1-9]")
            )
            await page.mouse.move(0, 0)
            await expect(cell.locator(".frame")).to_have_count(0)
        else:
            await page.wait_for_timeout(700)
            await expect(cell.locator(".frame")).to_have_count(0)
        await context.close()


async def test_a_phone_shows_one_event_on_the_whole_screen(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address, PHONE)
    page = await visitor.open("/events", "home")
    await page.locator("a.cell").first.click()
    box = await page.locator("dialog.event").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == PHONE
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await page.get_by_role("button", name="Older event").click()
    await page.get_by_role("button", name="Close").first.click()
    await expect(page.locator("dialog.event")).to_be_hidden()
    assert visitor.complaints == []


async def test_a_picture_that_is_not_given_says_why(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)
    page = await visitor.open("/events", "trouble")
    for why in MISSING:
        cell = page.locator("a.cell", has_text=why).first
        await expect(cell).to_be_visible()
        # A screen reader gets the name of the link alone.
        assert why in str(await cell.get_attribute("aria-label"))
    await expect(page.locator("a.cell img")).to_have_count(0)
    await page.locator("a.cell", has_text="Recalled by its maker").first.click()
    said = page.locator("dialog.event").get_by_role("status")
    await expect(said.get_by_text("Recalled by its maker")).to_be_visible()
    assert visitor.complaints == []


async def test_what_no_browser_can_draw_is_said_to_be_damaged(
    browser: Browser, address: str
) -> None:
    visitor = Visitor(browser, address)
    page = await visitor.open("/status", "home")
    script = "OffscreenCanvas.prototype.convertToBlob = async () => new Blob(['x'])"
    await page.evaluate(script)
    await page.get_by_role("navigation").get_by_role("link", name="Events").click()
    cell = page.locator("a.cell", has_text="damaged or missing").first
    await expect(cell).to_be_visible()
    await cell.click()
    said = page.locator("dialog.event").get_by_role("status")
    await expect(said.get_by_text("damaged or missing")).to_be_visible()
    assert visitor.complaints == []
