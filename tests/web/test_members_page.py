"""Inviting, joining, looking and being removed: two people in real browsers, one real hub and door.

Method: Chromium follows the pages as people do; the invite goes over as its link.
"""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from keepsight.door.config import BUILT_UI
from tests.home import HOUSEHOLD, PASSPHRASE, running_hub, set_up, simulated_camera
from tests.web.test_ledger_page import WAIT_MS, door_before, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(240),
]


async def test_a_guest_joins_sees_one_camera_and_is_removed(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    ann = await (await browser.new_context(locale="en-GB")).new_page()
    gwen = await (await browser.new_context(locale="en-GB")).new_page()
    sent: list[str] = []
    gwen.on("request", lambda request: sent.append(request.url))
    async with simulated_camera(clip) as camera, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        for name in ("Kitchen", "Attic"):
            await home.add_camera(camera.url, name=name)
        async with door_before(tmp_path, home) as port:
            site = f"http://localhost:{port}"
            await ann.goto(f"{site}/members")
            await sign_in(ann)
            await ann.get_by_role("button", name="Invite").click(timeout=WAIT_MS)
            await ann.get_by_label("Name", exact=True).fill("Gwen")
            await ann.get_by_role("button", name="Kitchen").click()
            async with ann.expect_response("**/api/invites") as answer:
                await ann.get_by_role("button", name="Make the invite").click()
            made = await (await answer.value).json()
            await expect(ann.get_by_role("img", name="QR code")).to_be_visible()

            await gwen.goto(made["url"])
            await expect(gwen.get_by_text("Kitchen: live and stills")).to_be_visible(
                timeout=WAIT_MS
            )
            assert "secret" not in gwen.url
            await gwen.get_by_label("Passphrase").fill(PASSPHRASE)
            await gwen.get_by_label("Once more").fill(PASSPHRASE)
            await gwen.get_by_role("button", name="Join").click(timeout=WAIT_MS)
            tile = gwen.locator("a.tile")
            await expect(tile).to_have_count(1, timeout=WAIT_MS)
            await expect(tile).to_have_attribute("data-state", "live", timeout=WAIT_MS)
            for page in ("Ledger", "Status", "Members", "Timeline"):
                await expect(gwen.get_by_role("link", name=page)).to_have_count(0)
            assert not any(made["secret"] in url for url in sent)

            await ann.keyboard.press("Escape")
            card = ann.locator("article", has_text="Gwen")
            await expect(card).to_be_visible(timeout=WAIT_MS)
            await card.get_by_role("button", name="Remove from the household").click()
            await expect(ann.get_by_text("nobody can take that back")).to_be_visible()
            await ann.get_by_role("dialog").get_by_role("button", name="Remove").click()
            await expect(card).to_have_count(0, timeout=WAIT_MS)
            await expect(gwen.get_by_label("Your name")).to_be_visible(timeout=WAIT_MS)


async def test_a_grant_that_is_taken_back_ends_one_wall_and_no_other(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    ann = await (await browser.new_context(locale="en-GB")).new_page()
    gwen = await (await browser.new_context(locale="en-GB")).new_page()
    async with simulated_camera(clip) as camera, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        await home.add_camera(camera.url, name="Kitchen")
        live = {"camera": None, "capabilities": ["live"]}
        invite = await home.invite("Gwen", "guest", [live])
        async with door_before(tmp_path, home) as port:
            site = f"http://localhost:{port}"
            await ann.goto(site)
            await sign_in(ann)
            await gwen.goto(f"{site}{invite['url']}")
            await gwen.get_by_label("Passphrase").fill(PASSPHRASE, timeout=WAIT_MS)
            await gwen.get_by_label("Once more").fill(PASSPHRASE)
            await gwen.get_by_role("button", name="Join").click(timeout=WAIT_MS)
            for page in (ann, gwen):
                tile = page.locator("a.tile")
                await expect(tile).to_have_attribute("data-state", "live", timeout=WAIT_MS)
            members = (await home.control.ask("GET", "/api/members")).json()
            found = next(one for one in members if one["name"] == "Gwen")
            path = f"/api/members/{found['id']}/grants"
            answer = await home.control.ask("PUT", path, {"grants": []})
            assert answer.status == 200
            await expect(gwen.get_by_text("No camera is granted to you")).to_be_visible(
                timeout=WAIT_MS
            )
            # Everybody's windows were replaced; who may look goes on looking.
            await expect(ann.locator("a.tile")).to_have_attribute(
                "data-state", "live", timeout=WAIT_MS
            )
