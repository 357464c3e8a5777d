"""A household for the benches of the door: real sealing, real feed, and viewers that only read."""

import asyncio
import hashlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, cast

from aiohttp import web

from keepsight.core.clock import SystemClock
from keepsight.hub.camera import StreamState
from keepsight.hub.live.feed import Feed
from keepsight.hub.live.stream import LiveStream
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat, VideoFormat
from keepsight.seal.header import Stream

FRAMES_PER_SECOND: Final = 20
GOP_FRAMES: Final = 40
BYTES_PER_SECOND: Final = 500_000
"""4 Mbit/s; a keyframe is six times an ordinary picture."""
DELTA_BYTES: Final = BYTES_PER_SECOND * 2 // (GOP_FRAMES + 5)
KEY_BYTES: Final = 6 * DELTA_BYTES
START_SECONDS: Final = 20.0
FORMAT: Final = StreamFormat(
    VideoFormat(
        "h264",
        2304,
        1296,
        (bytes.fromhex("6742c00ad90141fb011000000300100000030320f1226a"), b"\x68\xcb\x8c\xb2"),
        "avc1.42c00a",
    )
)


class Camera:
    """Publishes pictures of the right size at the right time."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.live = LiveStream(
            household=bytes(16),
            camera=bytes(16),
            stream=Stream.MAIN,
            epoch=1,
            clock=self.clock,
            window_secret=lambda _: secrets.token_bytes(32),
        )
        self.live.on_format(FORMAT)
        self._count = 0

    def shoot(self) -> None:
        """One picture, dated now."""
        is_keyframe = self._count % GOP_FRAMES == 0
        size = KEY_BYTES if is_keyframe else DELTA_BYTES
        self.live.on_unit(
            AccessUnit(
                is_video=True,
                media_ticks=self._count * 90_000 // FRAMES_PER_SECOND,
                wall_us=self.clock.wall_us(),
                monotonic_us=self.clock.monotonic_us(),
                is_keyframe=is_keyframe,
                parts=[bytes(size)],
                size_bytes=size,
            )
        )
        self._count += 1

    async def run(self) -> None:
        """Publish until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self.shoot()
            due += 1 / FRAMES_PER_SECOND
            await asyncio.sleep(max(0.0, due - loop.time()))


class Household:
    """The hub's side: feed and the one API answer that the door needs."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.opaque = secrets.token_bytes(16)
        self.camera = Camera()
        self.feed = Feed(run_dir / "feed.sock")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve both sockets and publish."""
        app = web.Application()
        app.router.add_get("/api/session/streams", self._streams)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.UnixSite(runner, str(self.run_dir / "api.sock")).start()
        await self.feed.start()
        self.feed.add_stream(self.opaque, self.camera.live, StreamState.RUNNING)
        async with asyncio.TaskGroup() as tasks:
            publishing = tasks.create_task(self.camera.run())
            yield
            publishing.cancel()
        await self.feed.stop()
        await runner.cleanup()

    async def _streams(self, request: web.Request) -> web.Response:
        session = hashlib.sha256(request.headers["Cookie"].encode()).hexdigest()
        return web.json_response(
            {"session": session, "streams": [self.opaque.hex()], "exports": []}
        )


class Viewer(asyncio.Protocol):
    """A WebSocket that reads and throws away; `on_bytes` sees what came after the handshake.

    Each has a session of its own. It answers no pings, so it lasts 20 s.
    """

    def __init__(self, port: int, opaque: bytes, on_bytes: Callable[[bytes], None] | None) -> None:
        self._port = port
        self._opaque = opaque
        self._on_bytes = on_bytes
        self._is_open = False
        self.received_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self.transport = cast("asyncio.Transport", transport)
        host = f"127.0.0.1:{self._port}"
        self.transport.write(
            f"GET /live HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Cookie: ks-00000000={secrets.token_hex(8)}\r\n"
            "Sec-WebSocket-Protocol: keepsight.live.1\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Ask for the stream after the handshake, then count."""
        if not self._is_open:
            head, _, data = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101"):
                raise RuntimeError(head.decode(errors="replace"))
            self._is_open = True
            watch = json.dumps({"watch": [self._opaque.hex()]}).encode()
            # masked with zeros: RFC 6455, 5.3 asks a client for a mask, any mask
            self.transport.write(bytes((0x81, 0x80 | len(watch), 0, 0, 0, 0)) + watch)
        self.received_bytes += len(data)
        if self._on_bytes is not None:
            self._on_bytes(data)


async def view(port: int, opaque: bytes, on_bytes: Callable[[bytes], None] | None = None) -> Viewer:
    """Connect one viewer."""
    loop = asyncio.get_running_loop()
    _, viewer = await loop.create_connection(
        lambda: Viewer(port, opaque, on_bytes), "127.0.0.1", port
    )
    return viewer


@asynccontextmanager
async def child(*arguments: str) -> AsyncIterator[tuple[int, int]]:
    """A Python process that prints one line ending in its port: (process id, port)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await process.stdout.readline()).decode()
        yield process.pid, int(line.strip().rpartition(":")[2])
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def household_and_door() -> AsyncIterator[tuple[Household, int, int]]:
    """A running household behind a real door: household, the door's process id and port."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="keepsight-bench-"))
    try:
        household = Household(folder)
        config = {
            "households": [{"household": "0" * 32, "port": 0, "run_dir": str(folder)}],
        }
        path = folder / "door.json"
        await asyncio.to_thread(path.write_text, json.dumps(config))
        async with household.running(), child("-m", "keepsight.door", "--config", str(path)) as c:
            yield household, *c
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)
