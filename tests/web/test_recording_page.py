"""Goal: what is kept of a camera can be chosen, wrong numbers are named, and the timeline leads to
what was noticed. Method: Chromium and the mock."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.ui_site import DESKTOP, PHONE, Visitor, address, mock_folder  # fixtures

pytestmark = pytest.mark.browser
__all__ = ["address", "mock_folder"]
IS_EARLIER = """(seconds) => {
  const slider = document.querySelector('[role=slider]');
  return Number(slider.getAttribute('aria-valuenow')) < seconds;
}"""

PLACES = """() => {
  window.places = new Set();
  const look = () => {
    const box = document.querySelector('section.dock')?.getBoundingClientRect();
    if (box !== undefined) window.places.add(`${box.top} ${box.bottom}`);
    requestAnimationFrame(look);
  };
  look();
}"""
"""Remembers each place where the timeline stood."""


async def settings_of_a_camera(
    browser: Browser, address: str, size: tuple[int, int] = DESKTOP
) -> Page:
    page = await Visitor(browser, address, size).open("/settings", "home")
    link = page.locator("a[href^='/settings/camera/']").first
    await link.click()
    await expect(page.get_by_role("heading", name="Recording")).to_be_visible()
    return page


async def test_what_is_kept_around_events_is_chosen(browser: Browser, address: str) -> None:
    page = await settings_of_a_camera(browser, address)
    form = page.locator("form", has=page.get_by_text("What is kept"))
    save = form.get_by_role("button", name="Save")
    await expect(form.get_by_label("Everything", exact=False).first).to_be_checked()
    await expect(save).to_be_disabled()
    await expect(form.get_by_text("Everything is written to the disk first")).to_have_count(0)
    await form.get_by_text("Only what is around events").click()
    await expect(form.get_by_text("Everything is written to the disk first")).to_be_visible()
    await expect(form.get_by_text("This counts for what is recorded from now on")).to_be_visible()
    await form.get_by_label("Keep events for").fill("60")
    await form.get_by_label("Before an event").fill("4")
    await expect(form.get_by_text("Enter 5 to 120 seconds.")).to_be_visible()
    await expect(save).to_be_disabled()
    await form.get_by_label("Before an event").fill("15")
    await save.click()
    await expect(page.get_by_text("Saved")).to_be_visible()
    await expect(save).to_be_disabled()
    await form.get_by_text("Everything for some days, events for longer").click()
    await form.get_by_label("Keep the rest for").fill("90")
    await expect(form.get_by_text("Not fewer days than the rest.")).to_be_visible()
    await page.go_back()
    await page.go_forward()
    await expect(page.get_by_role("radio").nth(1)).to_be_checked()
    await expect(page.get_by_label("Keep events for")).to_have_value("60")
    await expect(page.get_by_label("Before an event")).to_have_value("15")


async def test_nothing_moves_when_the_first_marks_come(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)
    page = await visitor.open("/status", "home")
    await page.evaluate(PLACES)
    await page.get_by_role("navigation").get_by_role("link", name="Timeline").click()
    await expect(page.get_by_text("Noticed", exact=True)).to_be_visible()
    assert len(await page.evaluate("[...window.places]")) == 1


async def test_the_timeline_leads_to_what_was_noticed(browser: Browser, address: str) -> None:
    page = await Visitor(browser, address).open("/timeline", "home")
    await expect(page.get_by_text("Noticed", exact=True)).to_be_visible()
    slider = page.get_by_role("slider", name="Timeline")

    async def shown() -> int:
        return int(await slider.get_attribute("aria-valuenow") or 0)

    live = await shown()
    await page.keyboard.press("k")  # paused, so that time stands
    await page.keyboard.press("p")
    await expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")
    await page.wait_for_function(IS_EARLIER, arg=live - 1)
    newest = await shown()
    await page.keyboard.press("p")
    await page.wait_for_function(IS_EARLIER, arg=newest)
    await page.keyboard.press("n")
    near = "|".join(str(newest + more) for more in range(-5, 6))
    await expect(slider).to_have_attribute("aria-valuenow", re.compile(near))


async def test_it_fits_a_phone(browser: Browser, address: str) -> None:
    page = await settings_of_a_camera(browser, address, PHONE)
    await page.get_by_text("Only what is around events").click()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0]
