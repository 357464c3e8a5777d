"""A real Chromium with the built media engine, for the benches that measure what a person sees.

The household is the one of tests/web: sealed by the hub's code, served by the smallest possible
door on loopback. So the figures hold the browser's part: fetch, open, decode, draw.
"""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from aiohttp import web
from playwright.async_api import Page, async_playwright
from tests.web.house import Film, House, shoot

ROOT: Final = Path(__file__).parents[1]
ARGUMENTS: Final = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
WITHOUT_WEBCODECS: Final = "delete globalThis.VideoDecoder;"
Result = TypeVar("Result")


def camera_film() -> Film:
    """The camera of reference measurements: 2304x1296, 20 pictures a second, 2 s GOP, 4 Mbit/s."""
    return shoot(
        (200, 30, 30), width=2304, height=1296, gop=40, count=80, bits_per_second=4_000_000
    )


def build_page(folder: Path) -> None:
    """Build the page of web/tests/harness."""
    vite = ROOT / "web" / "node_modules" / ".bin" / "vite"
    subprocess.run(
        [vite, "build", "-c", "tests/harness/vite.config.ts", "--outDir", folder],
        cwd=ROOT / "web",
        check=True,
        capture_output=True,
    )


class Screen:
    """The page, enrolled in a household."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def call(self, name: str, *arguments: object) -> Any:
        """Call a function of the harness."""
        return await self.page.evaluate(
            "([name, values]) => window.harness[name](...values)", [name, list(arguments)]
        )

    async def enrol(self, house: House) -> None:
        """Make the device key and tell the household of it."""
        public = await self.call("enroll")
        house.device_key = bytes(
            await self.page.evaluate("text => [...atob(text)].map(c => c.charCodeAt(0))", public)
        )
        await self.call("start", house.household.hex(), house.device_id.hex())

    async def wait(self, expression: str, argument: object = None) -> None:
        """Until a JavaScript expression is true."""
        await self.page.wait_for_function(expression, arg=argument, timeout=30_000)


@asynccontextmanager
async def screen(
    house: House, page_folder: Path, *, script: str = "", extra: Path | None = None
) -> AsyncIterator[Screen]:
    """A page on a household whose cameras run meanwhile.

    Args:
        house: its cameras run in real time while the page is open.
        page_folder: of `build_page`.
        script: runs in the page before anything else.
        extra: a folder served below /extra, for peers.
    """
    app = house.app(page_folder)
    if extra is not None:
        app.router.add_static("/extra", extra)
        app.router._resources.insert(0, app.router._resources.pop())  # noqa: SLF001 - before "/"
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    path = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        async with (
            async_playwright() as playwright,
            await playwright.chromium.launch(executable_path=path, args=ARGUMENTS) as browser,
            asyncio.TaskGroup() as tasks,
        ):
            live = tasks.create_task(house.run_live())
            page = await browser.new_page()
            if script:
                await page.add_init_script(script)
            await page.goto(f"http://localhost:{port}/")
            shown = Screen(page)
            await shown.wait("window.harness !== undefined")
            await shown.enrol(house)
            yield shown
            live.cancel()
    finally:
        await runner.cleanup()


def in_page(bench: Callable[[Path], Awaitable[Result]]) -> Result:
    """Build the page in a folder of its own and run a bench with it."""

    async def run() -> Result:
        with tempfile.TemporaryDirectory() as folder:
            await asyncio.to_thread(build_page, Path(folder))
            return await bench(Path(folder))

    return asyncio.run(run())


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
