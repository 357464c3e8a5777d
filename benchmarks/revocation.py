"""How long a removed device can open what is sealed after its removal.

Real hubs, cameras and door. Before each removal a device signs in, watches through the door, and
collects every key that it can get: of live windows, the next ones too, and of growing recordings.
Somebody else's device taps the door and keeps every sealed fragment, as a cache would. Afterwards
each of the removed device's secrets is tried on each fragment that came later.
"""

import asyncio
import contextlib
import json
import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
import uvloop
from tests.camera.clips import Film, make_film
from tests.home import Browser, Home, running_hub, set_up, simulated_camera

from benchmarks.door_rig import child
from benchmarks.figure import Figure
from keepsight.core.clock import SystemClock
from keepsight.seal.frame import Expectation, Refusal, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind, Stream, read_header

REMOVALS: Final = 100
HOUSEHOLDS: Final = 4
"""At work at the same time, each with two cameras."""
GOP_FRAMES: Final = (20, 200)
"""Of the two cameras: a keyframe every second, and every ten seconds."""
SETTLE_SECONDS: Final = 1.5
"""How long a device collects keys before it is removed."""
WATCH_SECONDS: Final = 6.5
"""How long everything is kept after each removal."""
OPENABLE_SECONDS_MAX: Final = 5.0
ANY: Final = Expectation((Kind.INIT, Kind.STILL, Kind.GOP))
OPAQUE_BYTES: Final = 16


@dataclass
class Tap:
    """Everything that the door sends to somebody who may watch."""

    port: int
    browser: Browser
    fragments: list[tuple[float, bytes]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Watch all cameras until cancelled or hung up on; follow new names."""
        base = f"http://127.0.0.1:{self.port}"
        jar = self.browser.session.cookie_jar
        cookie = "; ".join(f"{one.key}={one.value}" for one in jar)
        headers = {"Cookie": cookie, "Origin": base}
        loop = asyncio.get_running_loop()
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.ws_connect(
                base.replace("http", "ws") + "/live",
                headers=headers,
                protocols=("keepsight.live.1",),
                max_msg_size=0,
            ) as socket,
        ):
            await self._watch(socket)
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.fragments.append((loop.time(), message.data[OPAQUE_BYTES:]))
                    continue
                said = json.loads(message.data)
                if "ping" in said:
                    await socket.send_json({"pong": said["ping"]})
                if said.get("renewed"):
                    await self._watch(socket)
        self.closed.set()

    async def _watch(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        answer = await self.browser.ask("GET", "/api/cameras")
        if answer.status == 200:
            streams = [s["opaque"] for camera in answer.json() for s in camera["streams"]]
            await socket.send_json({"watch": streams})


@dataclass
class Removal:
    """What one removed device could open, in seconds after the owner's request."""

    live_seconds: float
    recorded_seconds: float
    hung_up_seconds: float
    newer: int
    """Fragments that it opened after OPENABLE_SECONDS_MAX."""
    tried: int


class Thief:
    """A device that keeps every secret it was given."""

    def __init__(self, household: str, browser: Browser) -> None:
        self._household = household
        self._browser = browser
        self.secrets: dict[tuple[bytes, int, bytes], WindowKey] = {}
        """By camera, stream and writer."""

    async def collect(self, cameras: list[str]) -> int:
        """Ask for every key there is; the answer's status."""
        now_us = SystemClock().wall_us()
        recordings = []
        for camera in cameras:
            query = {"camera": camera, "from": now_us - 120_000_000, "to": now_us}
            answer = await self._browser.ask("GET", "/api/recordings", **query)
            if answer.status == 200:
                writers = [s["writer"] for s in answer.json()["segments"]][-4:]
                recordings.append({"camera": camera, "stream": "main", "writers": writers})
        live = [{"camera": c, "stream": s} for c in cameras for s in ("main", "audio")]
        body = {"live": live, "recordings": recordings}
        answer = await self._browser.ask("POST", "/api/keys", body)
        for release in answer.json().get("keys", []) if answer.status == 200 else []:
            key = await self._browser.window(self._household, release)
            context = key.context
            self.secrets[context.camera, context.stream, context.writer] = key
        return answer.status

    def opens(self, sealed: bytes) -> bool:
        """Whether any secret opens it, whatever its header says."""
        header = read_header(sealed)
        for key in self.secrets.values():
            with contextlib.suppress(Refusal):
                open_sealed(key, ANY, sealed)
                return True
            if (header.writer, header.camera) == (key.context.writer, key.context.camera):
                raise AssertionError("its own window does not open: the bench sees nothing")
        return False


async def _remove_one(home: Home, owner: Browser, tap: Tap, cameras: list[str]) -> Removal:
    loop = asyncio.get_running_loop()
    async with home.browser() as browser, asyncio.TaskGroup() as tasks:
        thief = Thief(home.directory.name, browser)
        watching = Tap(tap.port, browser)
        tasks.create_task(watching.run())
        until = loop.time() + SETTLE_SECONDS
        while loop.time() < until:
            assert await thief.collect(cameras) == 200
            await asyncio.sleep(0.2)
        start, start_us = loop.time(), SystemClock().wall_us()
        path = f"/api/devices/{browser.device_id}"
        removing = tasks.create_task(owner.ask("DELETE", path))
        for _ in range(1000):
            if await thief.collect(cameras) != 200:
                break
        assert (await removing).status == 204
        async with asyncio.timeout(WATCH_SECONDS):
            await watching.closed.wait()
        hung_up = loop.time() - start
        await asyncio.sleep(max(0.0, start + WATCH_SECONDS - loop.time()))
    later = [(at - start, sealed) for at, sealed in tap.fragments if at >= start]
    opened = [at for at, sealed in later if thief.opens(sealed)]
    tap.fragments.clear()
    return Removal(
        max(opened, default=0.0),
        await _recorded_seconds(owner, cameras, thief, start_us),
        hung_up,
        sum(at > OPENABLE_SECONDS_MAX for at in opened),
        len(later),
    )


async def _recorded_seconds(
    owner: Browser, cameras: list[str], thief: Thief, start_us: int
) -> float:
    """Until which moment the recordings open with the removed device's keys."""
    latest_us = start_us
    for camera in cameras:
        now_us = SystemClock().wall_us()
        query = {"camera": camera, "from": start_us - 120_000_000, "to": now_us}
        answer = await owner.get("/api/recordings", **query)
        for segment in answer["segments"]:
            place = bytes.fromhex(camera), int(Stream.MAIN), bytes.fromhex(segment["writer"])
            if place in thief.secrets:
                latest_us = max(latest_us, segment["end_us"])
    return (latest_us - start_us) / 1e6


async def _household(
    folder: Path, number: int, urls: list[str], starting: asyncio.Lock
) -> list[Removal]:
    name = f"{number + 1:032x}"
    path = folder / f"door-{number}.json"
    async with running_hub(folder / "data" / "households" / name) as home:
        async with starting:  # tables are made by a library that wants the process for itself
            await set_up(home)
        cameras = [(await home.add_camera(url, f"Camera {i}"))["id"] for i, url in enumerate(urls)]
        front = {"household": name, "port": 0, "run_dir": str(home.hub.run_directory)}
        await asyncio.to_thread(path.write_text, json.dumps({"households": [front]}))
        async with (
            child("-m", "keepsight.door", "--config", str(path)) as (_, port),
            home.browser() as owner,
            asyncio.TaskGroup() as tasks,
        ):
            tap = Tap(port, owner)
            tapping = tasks.create_task(tap.run())
            await asyncio.sleep(2 * SETTLE_SECONDS)
            found = [
                await _remove_one(home, owner, tap, cameras) for _ in range(REMOVALS // HOUSEHOLDS)
            ]
            tapping.cancel()
        return found


async def _removals() -> list[Removal]:
    with tempfile.TemporaryDirectory(prefix="keepsight-bench-") as name:
        folder = Path(name)
        films = [make_film(folder, Film(gop_frames=gop, seconds=40)) for gop in GOP_FRAMES]
        async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            urls = [(await stack.enter_async_context(simulated_camera(f))).url for f in films]
            starting = asyncio.Lock()
            runs = [
                tasks.create_task(_household(folder, number, urls, starting))
                for number in range(HOUSEHOLDS)
            ]
            await asyncio.wait(runs)
        return [removal for run in runs for removal in run.result()]


def _late(seconds: list[float], share: float) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


def run() -> list[Figure]:
    """Seconds from the owner's request to the last fragment that opens, and what opened later."""
    removals = uvloop.run(_removals())
    figures = []
    goal = f"at most {OPENABLE_SECONDS_MAX:.0f} s"
    for what in ("live", "recorded", "hung_up"):
        seconds: list[float] = [getattr(removal, f"{what}_seconds") for removal in removals]
        figures.append(Figure(f"revocation.{what}_median", statistics.median(seconds), "s"))
        late = _late(seconds, 0.99)
        met = late <= OPENABLE_SECONDS_MAX
        figures.append(Figure(f"revocation.{what}_p99", late, "s", goal=goal, met=met))
    newer, tried = sum(r.newer for r in removals), sum(r.tried for r in removals)
    note = f"{len(removals)} removals, {tried} fragments tried with every secret"
    figures.append(
        Figure("revocation.newer_opened", newer, "fragments", goal="none", met=not newer, note=note)
    )
    return figures
