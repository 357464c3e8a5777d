"""A hub for the door's tests: the real feed and the real sealing, an API of a few lines.

It notes every request, so that a test can show what never reached it.
"""

import json
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from keepsight.core.clock import SystemClock
from keepsight.hub.camera import StreamState
from keepsight.hub.live.feed import Feed
from keepsight.hub.live.stream import LiveStream
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat, VideoFormat
from keepsight.seal.frame import WindowKey
from keepsight.seal.header import Context, Stream

SPS = bytes.fromhex("6742c00ad90141fb011000000300100000030320f1226a")
PPS = bytes.fromhex("68cb8cb2")
VIDEO = StreamFormat(VideoFormat("h264", 320, 240, (SPS, PPS), "avc1.42c00a"))
STEP_TICKS = 3600


@dataclass
class Session:
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    hash: bytes = field(default_factory=lambda: secrets.token_bytes(32))


class FakeCamera:
    """A live stream and somebody who presses the shutter."""

    def __init__(self, household: bytes, stream: Stream = Stream.MAIN) -> None:
        self.opaque = secrets.token_bytes(16)
        self.secrets: dict[Context, bytes] = {}
        self.clock = SystemClock()
        self.live = LiveStream(
            household=household,
            camera=secrets.token_bytes(16),
            stream=stream,
            epoch=1,
            clock=self.clock,
            window_secret=self.secret_of,
        )
        self.live.on_format(VIDEO)
        self.ticks = 0

    def secret_of(self, context: Context) -> bytes:
        return self.secrets.setdefault(context, secrets.token_bytes(32))

    def key(self) -> WindowKey:
        window = self.live.current_window()
        assert window is not None
        return WindowKey(self.secret_of(window.context), window.context)

    def shoot(self, size_bytes: int = 500, *, is_keyframe: bool = False) -> None:
        self.ticks += STEP_TICKS
        sample = (size_bytes - 4).to_bytes(4) + secrets.token_bytes(size_bytes - 4)
        self.live.on_unit(
            AccessUnit(
                is_video=True,
                media_ticks=self.ticks,
                wall_us=self.clock.wall_us(),
                monotonic_us=self.clock.monotonic_us(),
                is_keyframe=is_keyframe,
                parts=[sample],
                size_bytes=size_bytes,
            )
        )


class FakeHub:
    """One household."""

    def __init__(self, run_dir: Path, household: bytes | None = None) -> None:
        self.household = household or secrets.token_bytes(16)
        self.run_dir = run_dir
        self.feed = Feed(run_dir / "feed.sock")
        self.cameras: list[FakeCamera] = []
        self.sessions: list[Session] = []
        self.exports: list[str] = []
        self.recorded: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self._stack = AsyncExitStack()

    @property
    def hex(self) -> str:
        return self.household.hex()

    @property
    def cookie_name(self) -> str:
        return f"ks-{self.hex[:8]}"

    def add_camera(self) -> FakeCamera:
        camera = FakeCamera(self.household)
        self.cameras.append(camera)
        self.feed.add_stream(camera.opaque, camera.live, StreamState.RUNNING)
        return camera

    def add_session(self) -> Session:
        session = Session()
        self.sessions.append(session)
        return session

    def cookie(self, session: Session) -> dict[str, str]:
        return {"Cookie": f"{self.cookie_name}={session.token}"}

    async def start(self) -> None:
        self.run_dir.mkdir(parents=True, exist_ok=True)
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_get("/api/session/streams", self._streams)
        app.router.add_get("/s/{opaque}/still", self._still)
        app.router.add_get("/s/{tail:.*}", self._recorded)
        app.router.add_route("*", "/api/{tail:.*}", self._echo)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.UnixSite(runner, str(self.run_dir / "api.sock")).start()
        await self.feed.start()
        self._stack.push_async_callback(self.feed.stop)

    async def stop(self) -> None:
        await self._stack.aclose()

    def _session(self, request: web.Request) -> Session | None:
        proto = request.headers.get("X-Forwarded-Proto")
        name = ("__Host-" if proto == "https" else "") + self.cookie_name
        token = request.cookies.get(name)
        return next((s for s in self.sessions if s.token == token), None)

    async def _note(self, request: web.Request) -> None:
        body = await request.read()
        self.requests.append((request.method, request.raw_path, dict(request.headers), body))

    async def _streams(self, request: web.Request) -> web.Response:
        await self._note(request)
        session = self._session(request)
        if session is None:
            return web.json_response({"error": "signed_out"}, status=401)
        return web.json_response(
            {
                "session": session.hash.hex(),
                "streams": [camera.opaque.hex() for camera in self.cameras],
                "exports": self.exports,
            }
        )

    async def _still(self, request: web.Request) -> web.Response:
        await self._note(request)
        opaque = request.match_info["opaque"]
        camera = next((c for c in self.cameras if c.opaque.hex() == opaque), None)
        sealed = camera.live.still() if camera else None
        if sealed is None or self._session(request) is None:
            return web.json_response({"error": "no_picture", "state": "running"}, status=404)
        return web.Response(body=sealed, content_type="application/octet-stream")

    async def _recorded(self, request: web.Request) -> web.Response:
        await self._note(request)
        body = self.recorded.get(request.raw_path)
        if body is None or self._session(request) is None:
            return web.json_response({"error": "not_found"}, status=404)
        return web.Response(body=body, content_type="application/octet-stream")

    async def _echo(self, request: web.Request) -> web.Response:
        await self._note(request)
        headers = {"X-Powered-By": "a hub", "Cache-Control": "public, max-age=60", "ETag": '"a"'}
        response = web.Response(
            text=json.dumps({"household": self.hex, "path": request.raw_path}),
            content_type="application/json",
            headers=headers,
        )
        if request.method == "DELETE":
            response.headers["Clear-Site-Data"] = '"cookies", "storage"'
            return response
        response.headers.add("Set-Cookie", f"{self.cookie_name}=fresh; HttpOnly")
        response.headers.add("Set-Cookie", "ks-00000000=foreign; HttpOnly")
        return response
