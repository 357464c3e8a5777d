"""The incident of December 2019, played again behind a real nginx, with and without sealing.

Two households with drawn cameras, real hubs, a real door; in front of everything an nginx whose
still cache leaves the household out of its key and answers from it when the origin is slow. First
the network is good, then one household's becomes poor, then it recovers. Both households' stills
pass through the same cache twice: plain, as the vendor sent them, and sealed.
"""

import asyncio
import contextlib
import itertools
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web
from playwright.async_api import Browser, Page

from keepsight.camera.drawn import to_frame
from keepsight.camera.mark import Mark
from keepsight.camera.scene import Caption, Picture, find_scene
from keepsight.core.clock import SystemClock
from keepsight.hub.event import Event
from keepsight.seal.frame import Expectation, Reason, Refusal, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind
from tests.home import Home, SimulatedCamera, running_hub, set_up, split_fragments
from tests.hostile.canary import (
    HOUSEHOLDS,
    bring_back,
    door_of,
    household_mark,
    jpeg,
    jpeg_of,
    mark_of_jpeg,
    marked_picture,
    sign_in,
)
from tests.hostile.programs import find, running, write_nginx
from tests.ports import free_port

SCENES: Final = {"north": "front-door", "south": "living-room"}
NAMES: Final = {"north": "Front door", "south": "Living room"}
POOR_SECONDS: Final = 3.5
"""What a poor network adds. Live falls back to stills above 2.5 s."""
SETTLE_SECONDS: Final = 7.0
"""The page measures a network's delay against the best ping it had; one comes every 5 s."""
PHASES: Final = ("good", "poor", "recovered")
CLOCK: Final = SystemClock()
PLAIN_PAGE: Final = """<!doctype html><html lang="en"><title>Plain stills</title>
<style>body{{margin:0;background:#0f1413;color:#fff;font:600 14px system-ui}}
img{{display:block;width:100vw;height:100vh;object-fit:contain}}</style>
<img alt="camera" src="/plain/still">
<script>
  const image = document.querySelector('img');
  const next = () => setTimeout(async () => {{
    try {{
      const answer = await fetch('/plain/still');
      if (answer.ok) image.src = URL.createObjectURL(await answer.blob());
    }} catch {{ /* keeps the last one, as vendors' displays do */ }}
    next();
  }}, 1300);
  next();
</script></html>"""
_NGINX: Final = """
  map $http_upgrade $connection_wanted {{ default upgrade; '' ''; }}
  {servers}
"""
_SERVER: Final = """
  server {{
    listen 127.0.0.1:{port}; server_name {name}.localhost;
    proxy_set_header Host $http_host; proxy_http_version 1.1;
    location ~ ^/s/[0-9a-f]+/still$ {{
      proxy_pass http://127.0.0.1:{door}; proxy_cache_key "sealed still";
      {bad}
    }}
    location ~ ^/s/[0-9a-f]+/[0-9a-f]+/0-0$ {{
      proxy_pass http://127.0.0.1:{door}; proxy_cache_key "sealed picture of an event";
      {bad}
    }}
    location ~ ^/plain/(still|event)$ {{
      proxy_pass http://127.0.0.1:{plain}; proxy_cache_key "$uri";
      {bad}
    }}
    location /plain {{ proxy_pass http://127.0.0.1:{plain}; }}
    location / {{
      proxy_pass http://127.0.0.1:{door}; proxy_read_timeout 60s;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_wanted;
    }}
  }}"""
_BAD: Final = """
      proxy_cache bad; proxy_cache_valid 200 1s; proxy_read_timeout 400ms;
      proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
      proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
      proxy_set_header Host $http_host; proxy_set_header Connection "";"""


def event_picture(name: str) -> bytes:
    """A JPEG of an event of a household."""
    return jpeg(marked_picture(name, 1, 1))


async def notice(home: Home, name: str, camera: str) -> list[str]:
    """Have a hub store an event with a picture and a strip, as from the watcher; their ids."""
    events, camera_id = home.household.events, bytes.fromhex(camera)
    start_us = CLOCK.wall_us() - 10_000_000
    event = Event(
        secrets.token_bytes(16), camera_id, "person", start_us, start_us + 5_000_000,
        end_us=None, confidence=0.9, best_us=start_us, best_box=(0.1, 0.1, 0.3, 0.9),
    )  # fmt: skip
    events.on_event(camera_id, "start", event)
    events.on_picture(camera_id, event.event_id, event_picture(name))
    events.on_preview(camera_id, event.event_id, 1, 1, 1, event_picture(name))

    async def is_there() -> list[str]:
        found = await events.find(event.event_id)
        ids = [one.picture_id.hex() for one in found.pictures] if found else []
        return ids if len(ids) == 2 else []

    ids: list[str] = await home.wait_for(is_there)
    return ids


@dataclass
class Road:
    """The way from nginx to one household; poor when told so."""

    target_port: int
    is_poor: bool = False
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, delayed while the road is poor."""
        with contextlib.suppress(OSError, asyncio.CancelledError):  # cancelled when all ends
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
            upwards = asyncio.ensure_future(self._pump(reader, up_writer, is_answer=False))
            try:
                await self._pump(up_reader, writer, is_answer=True)
            finally:
                upwards.cancel()
                up_writer.close()
                writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(4096)

        async def deliver() -> None:
            while True:
                at, data = await due.get()
                await asyncio.sleep(max(0.0, at - loop.time()))
                if not data or writer.is_closing():
                    writer.close()
                    return
                writer.write(data)

        delivering = asyncio.ensure_future(deliver())
        try:
            while data := await reader.read(65536):
                delay = POOR_SECONDS if self.is_poor and is_answer else 0.0
                await due.put((loop.time() + delay, data))
            await due.put((loop.time(), b""))
            await delivering
        except OSError:
            pass
        finally:
            delivering.cancel()


@dataclass
class Plain:
    """The vendor's side of then: newest stills as JPEG, by the household of the request's host."""

    pictures: dict[str, Picture] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)

    def still(self, name: str) -> bytes:
        """A JPEG of now."""
        picture = self.pictures.get(name)
        if picture is None:
            caption = Caption(NAMES[name], household_mark(name), 1)
            picture = Picture(find_scene(SCENES[name]), caption, 1280, 720, 3)
            self.pictures[name] = picture
        now = datetime.fromtimestamp(CLOCK.wall_us() / 1e6, UTC)
        frame = to_frame(picture.draw(now, next(self.numbers)))
        return jpeg_of(frame)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """Its port."""

        async def still(request: web.Request) -> web.Response:
            body = self.still(request.host.split(".", 1)[0])
            headers = {"Cache-Control": "private, no-store", "Content-Type": "image/jpeg"}
            return web.Response(body=body, headers=headers)

        async def event(request: web.Request) -> web.Response:
            body = event_picture(request.host.split(".", 1)[0])
            return web.Response(body=body, headers={"Content-Type": "image/jpeg"})

        async def page(_: web.Request) -> web.Response:
            return web.Response(text=PLAIN_PAGE.format(), content_type="text/html")

        app = web.Application()
        routes = {"/plain/still": still, "/plain/event": event, "/plain": page}
        app.add_routes([web.get(path, handler) for path, handler in routes.items()])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


@dataclass
class Rig:
    """Everything running: homes, door, roads, nginx."""

    homes: dict[str, Home]
    cameras: dict[str, dict[str, Any]]
    """As the API describes them."""
    roads: list[tuple[str, Road]]
    port: int

    def url(self, name: str, path: str) -> str:
        """Of a household's page or still, through nginx."""
        return f"http://{name}.localhost:{self.port}{path}"

    def set_poor(self, name: str, *, is_poor: bool) -> None:
        """The network of one household gets worse or better."""
        for household, road in self.roads:
            if household == name:
                road.is_poor = is_poor


async def _start_homes(stack: AsyncExitStack, folder: Path) -> tuple[dict[str, Home], Any]:
    homes, cameras = {}, {}
    for name, household in HOUSEHOLDS.items():
        directory = folder / "data" / "households" / household
        home = homes[name] = await stack.enter_async_context(running_hub(directory))
        await set_up(home)
        camera = SimulatedCamera(
            (
                "--scene", SCENES[name], "--household-mark", household_mark(name).hex(),
                "--camera-mark", "1", "--serial", name, "--seed", "3",
            )
        )  # fmt: skip
        await camera.start()
        stack.push_async_callback(camera.stop)
        sub_url = camera.url.rsplit("/", 1)[0] + "/sub"
        cameras[name] = await home.add_camera(camera.url, NAMES[name], sub_url=sub_url)
    return homes, cameras


async def _start_roads(
    stack: AsyncExitStack, ports: dict[str, int], plain_port: int
) -> list[tuple[str, Road]]:
    roads = []
    for name, door_port in ports.items():
        for target in (door_port, plain_port):
            road = Road(target)
            server = await asyncio.start_server(road.serve, "127.0.0.1", 0)
            stack.callback(server.close)
            road.port = server.sockets[0].getsockname()[1]
            roads.append((name, road))
    return roads


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    """Start everything; stops in order."""
    program = find("nginx")
    async with AsyncExitStack() as stack:
        homes, cameras = await _start_homes(stack, folder)
        ports = await stack.enter_async_context(door_of(folder, homes))
        plain_port = await stack.enter_async_context(Plain().running())
        roads = await _start_roads(stack, ports, plain_port)
        port = free_port()
        by_name: dict[str, list[int]] = {}
        for name, road in roads:
            by_name.setdefault(name, []).append(road.port)
        servers = "".join(
            _SERVER.format(name=name, port=port, door=door, plain=plain, bad=_BAD)
            for name, (door, plain) in by_name.items()
        )
        place = folder / "nginx"
        place.mkdir()
        arguments = write_nginx(place, _NGINX.format(servers=servers))
        await stack.enter_async_context(running(program, place, arguments, port))
        yield Rig(homes, cameras, roads, port)


@dataclass
class Device:
    """A display without a browser: asks for stills through nginx, plain and sealed."""

    rig: Rig
    name: str
    cookie: str
    ask_keys: Callable[[], Awaitable[list[WindowKey]]]
    client: aiohttp.ClientSession
    keys: list[WindowKey] = field(default_factory=list)
    asked: int = 0
    opened: int = 0
    foreign: int = 0
    """Opened, and of another household. The promise is 0."""
    plain_foreign: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, WindowKey] = field(default_factory=dict)
    """Of its own event: windows by id."""
    event_opened: int = 0
    event_foreign: int = 0
    event_plain_foreign: int = 0
    event_refused: Counter[str] = field(default_factory=Counter)

    async def _get(self, path: str) -> bytes | None:
        headers = {"Host": f"{self.name}.localhost:{self.rig.port}", "Cookie": self.cookie}
        url = f"http://127.0.0.1:{self.rig.port}{path}"
        with contextlib.suppress(aiohttp.ClientError):
            async with self.client.get(url, headers=headers) as answer:
                return await answer.read() if answer.status == 200 else None
        return None

    async def look(self) -> None:
        """One still of each sort."""
        plain = await self._get("/plain/still")
        mark = mark_of_jpeg(plain) if plain else None
        self.plain_foreign += mark is not None and mark.household != household_mark(self.name)
        sealed = await self._get(f"/s/{self._opaque('sub')}/still")
        if sealed is None:
            return
        self.asked += 1
        still = split_fragments(sealed)[1]
        expected = Expectation((Kind.STILL,), now_us=CLOCK.wall_us(), age_us_max=120_000_000)
        reasons = []
        for key in self.keys:
            try:
                opened = open_sealed(key, expected, still)
            except Refusal as refusal:
                reasons.append(refusal.reason)
                continue
            self.opened += 1
            self.foreign += opened.context.household.hex() != HOUSEHOLDS[self.name]
            return
        reason = reasons[-1] if reasons else "no key"
        self.refused[reason] = self.refused.get(reason, 0) + 1
        if reason in {Reason.WRONG_WINDOW, "no key"}:
            self.keys = await self.ask_keys()  # its own camera's, whatever the bytes say

    @property
    def looks(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """What it does at once."""
        return self.look, self.look_at_event

    def _opaque(self, stream: str) -> str:
        streams = self.rig.cameras[self.name]["streams"]
        return next(str(one["opaque"]) for one in streams if one["stream"] == stream)

    def _is_foreign(self, picture: bytes) -> bool:
        mark = mark_of_jpeg(picture)
        return mark is not None and mark.household != household_mark(self.name)

    async def look_at_event(self) -> None:
        """The picture of an event as a vendor sends it; the own event's two pictures, sealed."""
        plain = await self._get("/plain/event")
        self.event_plain_foreign += plain is not None and self._is_foreign(plain)
        opaque = self._opaque("event")
        for picture_id, key in self.pictures.items():
            sealed = await self._get(f"/s/{opaque}/{picture_id}/0-0")
            if sealed is None:
                continue
            try:
                opened = open_sealed(key, Expectation((Kind.THUMB,), sequence_max=0), sealed)
            except Refusal as refusal:
                self.event_refused[refusal.reason] += 1
                continue
            self.event_opened += 1
            self.event_foreign += self._is_foreign(opened.payload)


@asynccontextmanager
async def device(rig_: Rig, name: str) -> AsyncIterator[Device]:
    """Enrolled in a household, with the keys of its camera's current windows."""
    home = rig_.homes[name]
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(home.browser())
        (cookie,) = list(browser.session.cookie_jar)
        camera = rig_.cameras[name]["id"]

        async def ask_keys() -> list[WindowKey]:
            wanted = {"live": [{"camera": camera, "stream": "sub"}]}
            answer = await browser.ask("POST", "/api/keys", wanted)
            releases = answer.json()["keys"] if answer.status == 200 else []
            return [await browser.window(HOUSEHOLDS[name], release) for release in releases]

        keys = await home.wait_for(ask_keys)
        ids = await notice(home, name, camera)
        asked = {"events": [{"camera": camera, "pictures": ids}]}
        releases = (await browser.ask("POST", "/api/keys", asked)).json()["keys"]
        pictures = {
            release["writer"]: await browser.window(HOUSEHOLDS[name], release)
            for release in releases
        }
        client = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        )
        session = f"{cookie.key}={cookie.value}"
        yield Device(rig_, name, session, ask_keys, client, keys, pictures=pictures)


async def plain_mark(page: Page) -> Mark | None:
    """What the plain page shows, read from its screen."""
    shot = await page.screenshot(type="jpeg", quality=90)
    return mark_of_jpeg(shot)


async def until_plain_shows(page: Page, name: str, seconds: float = 60) -> None:
    """Wait until the plain page shows this household's picture."""
    async with asyncio.timeout(seconds):
        while True:
            mark = await plain_mark(page)
            if mark is not None and mark.household == household_mark(name):
                return
            await asyncio.sleep(0.2)


async def until_tile_is(page: Page, state: str, seconds: float = 90) -> None:
    """Wait until the only tile of the wall is in this state."""
    await page.wait_for_selector(f'a.tile[data-state="{state}"]', timeout=seconds * 1000)


async def replay(browser: Browser, rig_: Rig, folder: Path) -> dict[str, Path]:
    """Good, poor, recovered; a picture of both pages in each."""
    context = await browser.new_context(viewport={"width": 720, "height": 405})
    plain, sealed = await context.new_page(), await context.new_page()
    shots: dict[str, Path] = {}

    async def keep(phase: str) -> None:
        for kind, page in (("plain", plain), ("sealed", sealed)):
            shots[f"{kind} {phase}"] = folder / f"{kind}-{phase}.png"
            await page.screenshot(path=shots[f"{kind} {phase}"])

    await plain.goto(rig_.url("north", "/plain"))
    await sign_in(sealed, rig_.port, "north.localhost")
    async with device(rig_, "south") as neighbour, asyncio.TaskGroup() as tasks:

        async def look() -> None:
            while True:
                await neighbour.look()
                await asyncio.sleep(0.4)

        await neighbour.look()
        await until_plain_shows(plain, "north")
        await until_tile_is(sealed, "live")
        await asyncio.sleep(SETTLE_SECONDS)
        await keep("good")
        looking = tasks.create_task(look())
        rig_.set_poor("north", is_poor=True)
        await until_tile_is(sealed, "refused")
        await until_plain_shows(plain, "south")
        await until_tile_is(sealed, "refused")
        await keep("poor")
        looking.cancel()
        rig_.set_poor("north", is_poor=False)
        await until_plain_shows(plain, "north")
        await asyncio.sleep(SETTLE_SECONDS)
        await bring_back(rig_.homes["north"])
        await until_tile_is(sealed, "live")
        await keep("recovered")
    await context.close()
    return shots


_CELL: Final = '<figure><img src="{src}" alt=""><figcaption>{text}</figcaption></figure>'
_SHEET: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The incident</title>
<style>body{{font:15px/1.45 system-ui,sans-serif;margin:28px;background:#f6f7f5;color:#1a201d}}
h1{{font-size:24px;margin:0 0 6px}}p{{margin:0 0 18px;max-width:90ch}}
h2{{font-size:17px;margin:22px 0 8px}}
.row{{display:grid;grid-template-columns:repeat(3,1fr);gap:14px}}figure{{margin:0}}
img{{width:100%;border-radius:8px;border:1px solid #cfd5d1;display:block}}
figcaption{{padding:6px 2px;color:#3d4743}}</style>
<h1>The incident of December 2019, replayed</h1>
<p>North's camera looks at a front door, South's into a living room. One nginx stands before both:
its key for stills leaves out the household, and it answers from what it has when the origin is
slow. Above, stills as a vendor sends them; below, the same cache with sealed stills.</p>
<h2>Plain stills, on North's screen</h2><div class="row">{plain}</div>
<h2>Sealed stills, on North's screen</h2><div class="row">{sealed}</div></html>"""
_TEXTS: Final = {
    "plain good": "Good network: North sees its own front door.",
    "plain poor": "Poor network: North sees South's living room.",
    "plain recovered": "Recovered: right again, as if nothing had been.",
    "sealed good": "Good network: North sees its own front door, live.",
    "sealed poor": "Poor network: South's still arrives, and is refused.",
    "sealed recovered": "Recovered: live again, once the owner has looked.",
}


def write_sheet(folder: Path, shots: dict[str, Path]) -> Path:
    """One page with all six."""
    rows = {
        kind: "".join(
            _CELL.format(src=shots[f"{kind} {phase}"].name, text=_TEXTS[f"{kind} {phase}"])
            for phase in PHASES
        )
        for kind in ("plain", "sealed")
    }
    path = folder / "incident.html"
    path.write_text(_SHEET.format(**rows))
    return path
