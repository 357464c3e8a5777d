"""Goal: a running door with real hubs' feeds behind it. Method: real sockets on free ports."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import aiohttp
import pytest
import uvloop

from keepsight.core.clock import SystemClock
from keepsight.door.config import FrontConfig
from keepsight.door.front import Front
from keepsight.door.ui import Ui
from tests.door.fake_hub import FakeCamera, FakeHub, Session


class House:
    """One household with its front running."""

    def __init__(self, hub: FakeHub, front: Front, client: aiohttp.ClientSession) -> None:
        self.hub = hub
        self.front = front
        self.client = client
        self.session: Session = hub.add_session()

    @property
    def url(self) -> str:
        return self.front.urls[0]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def headers(self) -> dict[str, str]:
        return {**self.hub.cookie(self.session), "Origin": self.url, "X-Keepsight": "1"}

    async def connect(
        self, headers: dict[str, str] | None = None
    ) -> aiohttp.ClientWebSocketResponse:
        return await self.client.ws_connect(
            f"{self.url}/live",
            headers=self.headers if headers is None else headers,
            protocols=("keepsight.live.1",),
            max_msg_size=0,
        )

    def camera(self) -> FakeCamera:
        return self.hub.add_camera()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The door's loop: its transports count unsent bytes in their own way."""
    return {"uvloop": uvloop.new_event_loop}


MakeHouse = Callable[..., Awaitable[House]]


@pytest.fixture
def ui_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Keepsight</title>")
    (folder / "assets" / "index-a1b2c3d4.js").write_text("export {};" * 500)
    (folder / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "secret.key").write_text("not to be served")
    return folder


@pytest.fixture
async def make_house(tmp_path: Path, ui_folder: Path) -> AsyncIterator[MakeHouse]:
    """Starts a hub and its front; both stop with the test."""
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(_CancelledGroup())

        async def make(name: str = "home", **kwargs: object) -> House:
            hub = FakeHub(tmp_path / name)
            await hub.start()
            stack.push_async_callback(hub.stop)
            options: dict[str, object] = {
                "ui": Ui(ui_folder),
                "clock": SystemClock(),
                "ssl_context": None,
                "trust": None,
                "host_names": frozenset({"cameras.example"}),
                "origins": (),
                "cache_bytes_max": 1024 * 1024,
            }
            config = FrontConfig(hub.hex, "127.0.0.1", 0, hub.run_dir)
            front = Front(config, **{**options, **kwargs})  # type: ignore[arg-type]
            await front.start()
            stack.push_async_callback(front.stop)
            tasks.start(front)
            client = await stack.enter_async_context(
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            )
            return House(hub, front, client)

        yield make


class _CancelledGroup:
    """Runs the fronts' feed clients and cancels them at the end."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Future[None]] = []

    def start(self, front: Front) -> None:
        self._tasks.append(asyncio.ensure_future(front.run()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
