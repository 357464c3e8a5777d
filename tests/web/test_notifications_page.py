"""Notifications in a real Chromium with a real hub, door and receivers.

No browser here reaches its maker's push service, so the one thing that is put in its place is the
subscription that the service would hand out: it leads to the push service of the tests. What then
arrives there is given to the page's real service worker, which has to show it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from keepsight.door.config import BUILT_UI
from tests.broker_server import PASSWORD as BROKER_PASSWORD
from tests.broker_server import USER as BROKER_USER
from tests.broker_server import mosquitto, needs_mosquitto
from tests.home import HOUSEHOLD, Home, running_hub, set_up, simulated_camera
from tests.hub.notices.told import visit
from tests.push_service import PushBrowser, PushService, decode, push_service
from tests.web.test_ledger_page import WAIT_MS, door_before, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCREENSHOTS = os.environ.get("KEEPSIGHT_SCREENSHOTS")
"""A folder for pictures of the pages, for whoever wants to look at them."""
SUBSCRIBES = """(given) => {
  let made = null;
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly || applicationServerKey.length !== 65) throw new Error('wrong options');
    const options = { applicationServerKey: applicationServerKey.buffer };
    const unsubscribe = async () => { made = null; return true; };
    made = { endpoint: given.endpoint, options, unsubscribe, toJSON: () => given };
    return made;
  };
}"""


async def look(page: Page, name: str) -> None:
    if SCREENSHOTS is None:
        return
    for width, scheme in ((1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.emulate_media(color_scheme=scheme)
        await page.wait_for_timeout(400)
        await page.screenshot(path=f"{SCREENSHOTS}/{name}-{width}-{scheme}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.emulate_media(color_scheme="light")


async def deliver(page: Page, site: str, message: dict[str, Any] | str) -> list[dict[str, Any]]:
    """Give a message to the page's service worker, as the browser would; the notices it shows."""
    session = await page.context.new_cdp_session(page)
    registrations: list[str] = []

    def found(event: dict[str, Any]) -> None:
        registrations.extend(one["registrationId"] for one in event["registrations"])

    session.on("ServiceWorker.workerRegistrationUpdated", found)
    await session.send("ServiceWorker.enable")
    for _ in range(100):
        if registrations:
            break
        await page.wait_for_timeout(50)
    data = message if isinstance(message, str) else json.dumps(message)
    body = {"origin": site, "registrationId": registrations[0], "data": data}
    await session.send("ServiceWorker.deliverPushMessage", body)
    script = """async (count) => {
      const registration = await navigator.serviceWorker.ready;
      for (let tries = 0; tries < 100; tries += 1) {
        const shown = await registration.getNotifications();
        if (shown.length > 0) {
          const plain = shown.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
          for (const one of shown) one.close();
          return plain;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return [];
    }"""
    shown: list[dict[str, Any]] = await page.evaluate(script, 1)
    return shown


async def add_service(page: Page, service: PushService) -> None:
    """An owner names the tests' push service besides the known ones."""
    await page.get_by_text("A service of your own").click()
    await page.get_by_label("Further services").fill(f"localhost:{service.port}")
    await page.get_by_label("Certificate of your own").last.fill(service.authority_pem)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved")).to_be_visible(timeout=WAIT_MS)


async def wish(page: Page, home: Home) -> None:
    """Quiet but on Sundays, and no cats."""
    await page.get_by_role("switch", name="Quiet hours").click()
    await expect(page.get_by_role("group", name="Quiet hours 1")).to_be_visible()
    await page.get_by_role("button", name="Sunday").click()
    await page.get_by_text("Some kinds").click()
    await page.get_by_role("button", name="Cat", exact=True).click()
    household = home.hub.household
    assert household is not None

    async def is_kept() -> bool:
        (member,) = household.people.members
        now = household.notices.rule(member)
        quiet = now.quiet and now.quiet[0].weekdays == frozenset(range(6))
        return bool(quiet and now.kinds is not None and "cat" not in now.kinds)

    await home.wait_for(is_kept)


async def test_a_phone_is_woken_tried_and_let_sleep(
    tmp_path: Path, cheap_argon2: None, clip: Path, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with (
        simulated_camera(clip) as camera,
        push_service(tmp_path / "push") as service,
        running_hub(directory) as home,
    ):
        await set_up(home, starts_unattended=False)
        added = await home.add_camera(camera.url, name="Hall")
        async with door_before(tmp_path, home) as port:
            site = f"http://localhost:{port}"
            context = await browser.new_context(locale="en-GB")
            await context.grant_permissions(["notifications"], origin=site)
            page = await context.new_page()
            complaints: list[str] = []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(f"{site}/notifications")
            await sign_in(page)
            await page.get_by_role("button", name="Allow push").click()
            wake = page.get_by_role("button", name="Wake this device")
            await expect(wake).to_be_visible(timeout=WAIT_MS)
            # Chromium without its maker's service says so, and nothing is left half done.
            await wake.click()
            await expect(page.get_by_role("alert")).to_contain_text("could not reach the service")
            assert (await home.control.ask("GET", "/api/privacy/egress")).json() == []
            await look(page, "off")

            await add_service(page, service)
            phone: PushBrowser = service.browser()
            await page.evaluate(SUBSCRIBES, phone.subscription)
            await wake.click()
            await expect(page.get_by_text("Through localhost")).to_be_visible(timeout=WAIT_MS)
            await page.get_by_role("button", name="Send a test").first.click()
            await expect(page.get_by_text("The service took the test")).to_be_visible()
            assert len(decode(next(iter(service.keys)))) == 65
            (shown,) = await deliver(page, site, phone.messages[-1])
            assert (shown["title"], shown["body"]) == ("Keepsight", "Notices arrive here.")

            assert home.household is not None
            event = visit(added["id"])
            home.household.notices.on_event("start", event)

            async def is_told() -> bool:
                return len(phone.messages) == 2

            await home.wait_for(is_told)
            (shown,) = await deliver(page, site, phone.messages[-1])
            assert shown["body"] == "Something was noticed."
            assert shown["data"] == {"path": f"/events?event={event.event_id.hex()}"}
            (strange,) = await deliver(page, site, "no JSON")
            assert strange["data"] == {"path": "/events"}

            await wish(page, home)
            await look(page, "on")
            await page.get_by_role("button", name="Stop").click()
            await expect(wake).to_be_visible(timeout=WAIT_MS)
            assert not any(c.is_allowed for c in home.household.egress.contacts())
            assert complaints == []
            await context.close()


@needs_mosquitto
async def test_an_owner_sets_up_a_broker_and_tries_it(
    tmp_path: Path, cheap_argon2: None, browser: Browser
) -> None:
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    page = await (await browser.new_context(locale="en-GB")).new_page()
    async with mosquitto(tmp_path / "broker") as broker, running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        async with door_before(tmp_path, home) as port:
            await page.goto(f"http://localhost:{port}/notifications")
            await sign_in(page)
            await page.get_by_role("button", name="Set up a broker").click()
            await page.get_by_label("Server", exact=True).fill("localhost")
            await page.get_by_label("Port", exact=True).fill(str(broker.server.port))
            await page.get_by_label("User name").fill(BROKER_USER)
            await page.get_by_label("Password").fill("wrong")
            await page.get_by_text("Certificate of your own authority").first.click()
            await page.get_by_label("Certificate of your own").first.fill(
                broker.server.authority_pem
            )
            await look(page, "broker")
            await page.get_by_role("button", name="Save").first.click()
            test = page.get_by_role("button", name="Send a test").last
            await test.click()
            await expect(page.get_by_role("alert")).to_contain_text("does not accept user name")
            await page.get_by_role("button", name="Change").click()
            await page.get_by_label("Password").fill(BROKER_PASSWORD)
            await page.get_by_role("button", name="Save").first.click()
            await test.click()
            await expect(page.get_by_text("The broker took the test")).to_be_visible()
            await expect(page.get_by_text("Connected.")).to_be_visible(timeout=30_000)
            await page.get_by_role("button", name="Tell no broker").click()
            await expect(page.get_by_text("No broker is set up.")).to_be_visible(timeout=WAIT_MS)
    await page.context.close()
