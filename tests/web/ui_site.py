"""The pages with their mock household, served as the door serves them: same files and policy."""

import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page

from keepsight.door.headers import content_security_policy
from keepsight.door.ui import Ui

WEB: Final = Path(__file__).parents[2] / "web"
DESKTOP: Final = (1440, 900)
PHONE: Final = (360, 640)


def build_mock(folder: Path) -> None:
    """Build web/ with the mock household into `folder`."""
    vite = WEB / "node_modules" / ".bin" / "vite"
    if not vite.exists():
        pytest.skip("web/node_modules is missing: run `npm ci` in web/")
    command = [vite, "build", "--mode", "mock", "--outDir", folder, "--emptyOutDir"]
    subprocess.run(command, cwd=WEB, check=True, capture_output=True)


def mock_site(folder: Path) -> web.Application:
    """The door's own list of files and its policy, without a hub behind it."""
    ui = Ui(folder)

    async def serve(request: web.Request) -> web.Response:
        file = ui.find(request.path)
        if file is None:
            return web.Response(status=404)
        policy = content_security_policy(request.host, is_tls=False)
        headers = {"Content-Type": file.content_type, "Content-Security-Policy": policy}
        return web.Response(body=file.body, headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    return app


@dataclass
class Visitor:
    """One browser window on the mock site."""

    browser: Browser
    address: str
    size: tuple[int, int] = DESKTOP
    theme: str = "light"
    locale: str = "en-GB"
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the page: a broken policy or an uncaught exception above all."""
    context: BrowserContext = field(init=False)
    page: Page = field(init=False)

    async def open(self, path: str, scenario: str) -> Page:
        """A fresh browser profile at `path` of the scenario's household."""
        theme: Any = self.theme
        self.context = await self.browser.new_context(
            viewport={"width": self.size[0], "height": self.size[1]},
            color_scheme=theme, locale=self.locale, timezone_id="Europe/Berlin",
            service_workers="block", reduced_motion="reduce", accept_downloads=True,
        )  # fmt: skip
        self.page = page = await self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)
        await page.goto(f"{self.address}{path}?mock={scenario}")
        await page.wait_for_selector("h1, h2")
        return page

    def _on_console(self, message: Any) -> None:
        is_ours = message.type in ("error", "warning") and "by Playwright" not in message.text
        if is_ours:
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
def mock_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, built once."""
    folder = tmp_path_factory.mktemp("ui")
    build_mock(folder)
    return folder


@pytest.fixture
async def address(mock_folder: Path) -> AsyncIterator[str]:
    """Where the mock site listens."""
    runner = web.AppRunner(mock_site(mock_folder))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://localhost:{runner.addresses[0][1]}"
    await runner.cleanup()
