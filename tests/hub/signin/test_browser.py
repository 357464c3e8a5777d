"""Goal: people sign in with what they have, and a copied cookie is worth nothing.

Method: a real hub behind a real door, the built pages in a real Chromium with its virtual
authenticator.
"""

import asyncio
import contextlib
import shutil
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import async_playwright, expect

from keepsight.core.clock import SystemClock
from keepsight.door.config import BUILT_UI, FrontConfig
from keepsight.door.front import Front
from keepsight.door.ui import Ui
from tests.home import HOUSEHOLD, PASSPHRASE, running_hub, set_up, simulated_camera

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
]
PATIENCE_MS = 30_000


@contextlib.asynccontextmanager
async def open_door(home, folder: Path = BUILT_UI):
    """A door in front of this hub; its address under a name that may have passkeys."""
    front = Front(
        FrontConfig(HOUSEHOLD, "127.0.0.1", 0, home.hub.run_directory),
        ui=Ui(folder),
        clock=SystemClock(),
        ssl_context=None,
        trust=None,
        host_names=frozenset(),
        origins=(),
        cache_bytes_max=1 << 20,
    )
    await front.start()
    running = asyncio.ensure_future(front.run())
    try:
        yield front.urls[0].replace("127.0.0.1", "localhost")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await front.stop()


@pytest.fixture
async def site(home):
    async with open_door(home) as url:
        yield url


@pytest.fixture
async def chromium():
    async with async_playwright() as tool:
        browser = await tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def new_page(chromium, *, has_authenticator=False):
    context = await chromium.new_context(locale="en-GB", service_workers="block")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    if has_authenticator:
        session = await context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }  # fmt: skip
        await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


async def sign_in(page, site, passphrase=PASSPHRASE):
    await page.goto(site)
    await page.get_by_label("Your name").fill("Ann")
    await page.get_by_label("Passphrase", exact=True).fill(passphrase)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def sign_in_shared(page, site):
    """As Ann, on a device that others use too."""
    await page.goto(site)
    await page.get_by_label("Your name").fill("Ann")
    await page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    await page.get_by_role("switch", name="Other people use this device too").check()
    await page.get_by_role("button", name="Sign in", exact=True).click()


@contextlib.asynccontextmanager
async def camera_with_pin(home, clip):
    """Its id; the PIN is 4729."""
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = (await home.add_camera(camera.url))["id"]
        await ann.ask("PUT", f"/api/cameras/{added}/pin", {"pin": "4729"})
        yield added


async def at_home(page):
    await page.get_by_role("navigation").first.wait_for()


async def test_a_passkey_is_added_and_signs_in_without_a_name(site, chromium):
    page = await new_page(chromium, has_authenticator=True)
    await sign_in(page, site)
    await at_home(page)
    await page.goto(f"{site}/security")
    await page.get_by_role("button", name="Add a passkey").click()
    await page.get_by_text("for localhost").wait_for()
    # The same browser without its session: as after the cookie ran out.
    await page.context.clear_cookies()
    await page.goto(site)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await at_home(page)
    await page.goto(f"{site}/security")
    await page.get_by_text("passkey · since").wait_for()
    # A passphrase alone is not enough any more.
    await page.context.clear_cookies()
    await sign_in(page, site)
    await page.get_by_role("button", name="Use a passkey").click()
    await at_home(page)


async def test_one_time_codes_from_the_qr_code_to_the_second_step(site, chromium):
    page = await new_page(chromium)
    await sign_in(page, site)
    await at_home(page)
    await page.goto(f"{site}/security")
    await page.get_by_role("button", name="Set up an app").click()
    await page.get_by_role("img", name="QR code for the authenticator app").wait_for()
    secret = (await page.locator(".secret").inner_text()).replace(" ", "")
    totp = pyotp.TOTP(secret)
    await page.get_by_label("One-time code").fill(totp.now())
    await page.get_by_role("button", name="Turn on").click()
    await page.get_by_text("Set up since").wait_for()
    await page.get_by_role("button", name="Make ten codes").click()
    await page.locator("ol li").nth(9).wait_for()
    codes = await page.locator("ol li").all_inner_texts()
    assert len(set(codes)) == 10
    await page.context.clear_cookies()
    await sign_in(page, site)
    await page.get_by_label("One-time code").fill("000000")
    await page.get_by_role("button", name="Next").click()
    await page.get_by_role("alert").wait_for()
    await page.get_by_role("button", name="Use a recovery code").click()
    await page.get_by_label("Recovery code").fill(codes[0])
    await page.get_by_role("button", name="Next").click()
    await at_home(page)


async def test_a_forgotten_passphrase_is_replaced_with_a_recovery_code(home, site, chromium):
    async with home.browser() as ann:
        codes = (await ann.ask("POST", "/api/factors/recovery-codes", {})).json()["codes"]
    page = await new_page(chromium)
    await page.goto(site)
    await page.get_by_role("button", name="Passphrase forgotten?").click()
    await page.get_by_label("Your name").fill("Ann")
    await page.get_by_role("button", name="Next").click()
    await page.get_by_label("Recovery code").fill(codes[0])
    await page.get_by_label("New passphrase", exact=True).fill("velvet harbour spindle cactus")
    await page.get_by_role("button", name="Set this passphrase").click()
    await sign_in(page, site, "velvet harbour spindle cactus")
    await at_home(page)


async def test_an_old_sign_in_is_asked_who_is_there(home, site, chromium):
    page = await new_page(chromium)
    await sign_in(page, site)
    await at_home(page)
    home.household.signin._confirmed.clear()
    await page.goto(f"{site}/security")
    await page.get_by_role("button", name="Make ten codes").click()
    dialog = page.get_by_role("dialog", name="Is it you?")
    await dialog.get_by_label("Passphrase").fill("wrong")
    await dialog.get_by_role("button", name="Go on").click()
    await dialog.get_by_role("alert").wait_for()
    await dialog.get_by_label("Passphrase").fill(PASSPHRASE)
    await dialog.get_by_role("button", name="Go on").click()
    await expect(page.locator("ol li")).to_have_count(10)


async def test_a_copied_cookie_gets_no_keys(site, chromium):
    page = await new_page(chromium)
    await sign_in(page, site)
    await at_home(page)
    asked = """async () => {
        const keys = {live: [], recordings: [], exports: []};
        const headers = {'X-Keepsight': '1', 'Content-Type': 'application/json'};
        const options = {method: 'POST', headers, body: JSON.stringify(keys)};
        const answers = await Promise.all([
            fetch('/api/keys', options), fetch('/api/cameras'), fetch('/api/session')]);
        return Promise.all(answers.map(async a => [a.status, (await a.json()).error ?? '']));
    }"""
    thief = await chromium.new_context(service_workers="block")
    await thief.add_cookies(await page.context.cookies())
    theirs = await thief.new_page()
    # Even the whole program, with the cookie and a key of its own, is not let in.
    await theirs.goto(site)
    await theirs.get_by_role("button", name="Sign in", exact=True).wait_for()
    assert await theirs.evaluate(asked) == [
        [401, "proof_missing"], [401, "proof_missing"], [200, ""],
    ]  # fmt: skip
    # And who was robbed stays signed in.
    await page.reload()
    await at_home(page)


async def test_the_private_key_cannot_leave_the_browser(site, chromium):
    page = await new_page(chromium)
    await sign_in(page, site)
    await at_home(page)
    found = await page.evaluate("""async () => {
        const open = indexedDB.open('keepsight');
        const done = request => new Promise((yes, no) => {
            request.onsuccess = () => yes(request.result); request.onerror = no; });
        const store = (await done(open)).transaction('device').objectStore('device');
        const {privateKey} = await done(store.get('signing key pair'));
        const tried = await crypto.subtle.exportKey('pkcs8', privateKey).then(
            () => 'left', error => error.name);
        return [privateKey.extractable, tried];
    }""")
    assert found == [False, "InvalidAccessError"]


async def test_a_camera_with_a_pin_waits_for_it_on_a_shared_device(home, site, chromium, clip):
    async with camera_with_pin(home, clip):
        page = await new_page(chromium)
        await sign_in_shared(page, site)
        await page.get_by_text("Locked with a PIN").click()
        await page.get_by_label("Enter the PIN of this camera").fill("0000")
        await page.get_by_role("button", name="Show", exact=True).click()
        await page.get_by_text("This PIN is wrong").wait_for()
        await page.locator("main input[type=password]").fill("4729")
        await page.get_by_role("button", name="Show", exact=True).click()
        await page.locator("main .container canvas, main .container video").first.wait_for()
        assert await page.get_by_text("Locked with a PIN").count() == 0


async def test_recordings_of_a_camera_with_a_pin_wait_for_it_too(home, site, chromium, clip):
    async with camera_with_pin(home, clip) as added:
        page = await new_page(chromium)
        await sign_in_shared(page, site)
        await page.get_by_text("Locked with a PIN").wait_for()
        minute_ago_us = SystemClock().wall_us() - 60_000_000
        await page.goto(f"{site}/timeline?camera={added}&at={minute_ago_us}")
        stage = page.locator(".stage[data-mode=playback]")
        await stage.get_by_label("Enter the PIN of this camera").fill("4729")
        assert await stage.locator(".container").count() == 0
        await stage.get_by_role("button", name="Show", exact=True).click()
        await stage.locator(".container").wait_for()
        await stage.locator("form").wait_for(state="detached")


async def test_at_an_ip_address_the_way_out_is_said(site, chromium):
    page = await new_page(chromium)
    address = site.replace("localhost", "127.0.0.1")
    await sign_in(page, address)
    await at_home(page)
    assert await page.get_by_role("button", name="Sign in with a passkey").count() == 0
    await page.goto(f"{address}/security")
    await page.get_by_text("Passkeys need a name instead of an IP address").wait_for()
    assert await page.get_by_role("button", name="Add a passkey").is_disabled()


async def test_a_locked_hub_says_that_it_needs_a_passphrase(tmp_path, cheap_argon2, chromium):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
    async with running_hub(directory) as home, open_door(home) as url:
        page = await new_page(chromium, has_authenticator=True)
        await page.goto(url)
        await page.get_by_text("needs a passphrase once").wait_for()
        assert await page.get_by_role("button", name="Sign in with a passkey").count() == 0
        await page.get_by_label("Your name").fill("Ann")
        await page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
        await page.get_by_role("button", name="Unlock").click()
        await at_home(page)
