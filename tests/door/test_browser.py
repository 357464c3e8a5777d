"""Goal: the built pages run under the door's policy, nothing else does. Method: real Chromium."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from keepsight.door.config import BUILT_UI
from keepsight.door.ui import Ui
from tests.door.conftest import MakeHouse

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not (BUILT_UI / "index.html").exists(), reason="the UI is not built"),
]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield await browser.new_page()
        await browser.close()


async def test_pages_run_without_a_violation(make_house: MakeHouse, page: Page) -> None:
    house = await make_house(ui=Ui(BUILT_UI))
    await house.hub.stop()  # a hub that is away is an answer the page must show, not a failure
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"pageerror: {error}"))
    answer = await page.goto(house.url.replace("127.0.0.1", "localhost"))
    assert answer is not None
    assert answer.status == 200
    await page.wait_for_selector("h1, button")
    scope = await page.evaluate("navigator.serviceWorker.ready.then(found => found.scope)")
    assert scope.startswith("http://localhost:")
    assert not [line for line in said if "503" not in line], said
    assert await page.evaluate("[isSecureContext, crossOriginIsolated]") == [True, True]


ATTEMPTS = {
    "ask another site": ("return fetch('http://127.0.0.1:9/')", "Failed to fetch"),
    "write markup": ("document.body.innerHTML = '<b>x</b>'; return 'set'", "TrustedHTML"),
    "make a policy": ("trustedTypes.createPolicy('other', {}); return 'made'", "disallowed"),
    "add a script": (
        """
        const script = document.createElement('script');
        script.text = 'window.ran = 1';
        document.body.append(script);
        return 'ran ' + window.ran
        """,
        "TrustedScript",
    ),
    "load a foreign image": (
        """
        return new Promise(done => {
          const image = new Image();
          image.onload = () => done('loaded');
          addEventListener('securitypolicyviolation', event => done(event.violatedDirective));
          image.src = 'http://127.0.0.1:9/x.png';
        })
        """,
        "img-src",
    ),
    "open a frame": (
        """
        return new Promise(done => {
          const frame = document.createElement('iframe');
          frame.src = 'data:,x';
          addEventListener('securitypolicyviolation', event => done(event.violatedDirective));
          document.body.append(frame);
        })
        """,
        "frame-src",
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_injected_code_gets_nowhere(make_house: MakeHouse, page: Page, name: str) -> None:
    attempt, stopped_by = ATTEMPTS[name]
    house = await make_house(ui=Ui(BUILT_UI))
    await page.goto(house.url.replace("127.0.0.1", "localhost"))
    result = await page.evaluate(
        "async () => { try { return String(await (async () => {" + attempt + "})()); } "
        "catch (error) { return String(error); } }"
    )
    assert stopped_by in result
