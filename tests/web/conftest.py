"""A real Chromium, the built harness page, and a household behind the smallest possible door."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.web.house import House

ROOT: Final = Path(__file__).parents[2]
CHROMIUM_ARGUMENTS: Final = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip

WAIT_MS: Final = 30_000
"""Usual bound of every `expect`: no test is about time, and a busy machine draws late."""
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built page of web/tests/harness."""
    vite = ROOT / "web" / "node_modules" / ".bin" / "vite"
    if not vite.exists():
        pytest.skip("web/node_modules is missing: run `npm ci` in web/")
    folder = tmp_path_factory.mktemp("harness")
    subprocess.run(
        [vite, "build", "-c", "tests/harness/vite.config.ts", "--outDir", folder],
        cwd=ROOT / "web",
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium of the system, else the one Playwright knows."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=path, args=CHROMIUM_ARGUMENTS, chromium_sandbox=False
        )
        yield started
        await started.close()


class Visit:
    """A page with the media engine, enrolled in a household."""

    def __init__(self, page: Page, house: House) -> None:
        self.page, self.house = page, house
        self.complaints: list[str] = []
        """What the page wrote as an error: broken policies and uncaught exceptions above all."""
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    async def call(self, name: str, *arguments: object) -> Any:
        """Call a function of the harness."""
        return await self.page.evaluate(
            "([name, values]) => window.harness[name](...values)", [name, list(arguments)]
        )

    async def player(self, tile: int, method: str, *arguments: object) -> None:
        """Call a method of a playback player."""
        await self.page.evaluate(
            "([tile, method, values]) => { window.harness.player(tile)[method](...values) }",
            [tile, method, list(arguments)],
        )

    async def report(self, tile: int) -> dict[str, Any]:
        """The newest report of a tile."""
        reports = await self.call("reports", tile)
        return reports[-1] if reports else {}

    async def time_us(self, tile: int) -> int:
        """Wall time that a playback tile reported last."""
        return int((await self.report(tile)).get("timeUs", 0))

    async def until(
        self,
        condition: Callable[[], Awaitable[bool]],
        what: str,
        seconds: float = 20,
    ) -> None:
        """Wait for a condition; a generous limit, so that a slow machine is no failure."""
        for _ in range(int(seconds / 0.05)):
            if await condition():
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"{what} did not happen within {seconds} s; the page said {self.complaints}")

    async def until_state(self, tile: int, state: str) -> dict[str, Any]:
        """Wait until a tile reports this state."""

        async def is_so() -> bool:
            return (await self.report(tile)).get("state") == state

        await self.until(is_so, f"tile {tile}: state {state}")
        return await self.report(tile)

    async def until_colour(self, tile: int, colour: tuple[int, int, int]) -> dict[str, Any]:
        """Wait until the middle of a tile has about this colour."""

        async def is_so() -> bool:
            return is_near((await self.call("look", tile) or {}).get("colour"), colour)

        await self.until(is_so, f"tile {tile}: colour {colour}")
        return dict(await self.call("look", tile))


def is_near(found: list[int] | None, colour: tuple[int, int, int]) -> bool:
    """Whether two colours are the same but for what a codec does."""
    return bool(found) and all(abs(a - b) < 40 for a, b in zip(found or [], colour, strict=False))


@pytest.fixture
async def visit(harness: Path, browser: Browser) -> AsyncIterator[Callable[..., Awaitable[Visit]]]:
    """Opens a page on a household: `await visit(house, script)`; cameras run while it is open."""
    ends: list[Callable[[], Awaitable[object]]] = []
    async with asyncio.TaskGroup() as tasks:

        async def start(house: House, script: str = "") -> Visit:
            runner = web.AppRunner(house.app(harness), shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            ends.append(runner.cleanup)
            live = tasks.create_task(house.run_live())

            async def stop() -> None:
                live.cancel()

            ends.append(stop)
            page = await browser.new_page()
            ends.append(page.close)
            if script:
                await page.add_init_script(script)
            made = Visit(page, house)
            port = runner.addresses[0][1]
            await page.goto(f"http://localhost:{port}/")
            await page.wait_for_function("window.harness !== undefined")
            public = await made.call("enroll")
            house.device_key = bytes.fromhex(
                await page.evaluate(
                    "text => [...atob(text)]"
                    ".map(c => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')",
                    public,
                )
            )
            await made.call("start", house.household.hex(), house.device_id.hex())
            return made

        yield start
        for end in reversed(ends):
            await end()
