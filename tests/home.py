"""A household for tests: a real hub on real sockets, simulated cameras in real processes, and a
browser-like device that signs in, asks for keys and opens what it gets. Nothing here is faked."""

import asyncio
import base64
import contextlib
import io
import sys
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import av
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from keepsight.core.clock import SystemClock
from keepsight.core.secret import Secret
from keepsight.hub import access, keyring
from keepsight.hub.hub import Hub
from keepsight.seal.frame import Expectation, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import HEADER_BYTES, Context, Kind, Stream, read_header
from keepsight.seal.release import unwrap_on_device
from tests.prover import Prover

HOUSEHOLD = "5e" * 16
PASSPHRASE = "gravel teapot orbit lantern"


def write_clip(
    path: Path,
    *,
    size=(320, 240),
    seconds=4,
    rate=10,
    shade=60,
    has_sound=True,
    codec="libx264",
) -> Path:
    """A small film: a bright square that moves over a plain background, one keyframe a second."""
    with av.open(str(path), "w") as film:
        options = {"preset": "ultrafast", "bf": "0"}
        if codec == "libx265":
            options = {"preset": "ultrafast", "x265-params": "bframes=0:log-level=none:pools=1"}
        video = film.add_stream(codec, rate=rate, options=options)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.gop_size = rate
        audio = film.add_stream("aac", rate=16_000) if has_sound else None
        for number in range(seconds * rate):
            picture = np.full((size[1], size[0], 3), shade, np.uint8)
            left = 4 * number % (size[0] - 40)
            picture[40:80, left : left + 40] = (240, 200, 40)
            film.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        film.mux(video.encode(None))
        if audio is not None:
            tone = (np.sin(np.arange(16_000 * seconds) * 0.17) * 8000).astype(np.int16)
            for start in range(0, len(tone), 1024):
                frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], "s16", "mono")
                frame.sample_rate, frame.pts = 16_000, start
                film.mux(audio.encode(frame))
            film.mux(audio.encode(None))
    return path


@dataclass
class SimulatedCamera:
    """A camera process; `url` once it listens."""

    arguments: tuple[str, ...]
    port: int = 0
    url: str = ""
    process: asyncio.subprocess.Process | None = None

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "keepsight.camera", "serve", "--child"),
            *("--rtsp", f"127.0.0.1:{self.port}/main"),
            *self.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        line = (await self.process.stdout.readline()).decode()
        assert line.startswith("listening "), line
        self.url = line.removeprefix("listening ").strip()
        self.port = int(self.url.rsplit(":", 1)[1].split("/")[0])
        return self

    async def stop(self):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if self.process is not None:
            self.process._transport.close()
        self.process = None


@contextlib.asynccontextmanager
async def simulated_camera(clip, *arguments):
    camera = SimulatedCamera(("--clip", str(clip), *arguments))
    await camera.start()
    try:
        yield camera
    finally:
        await camera.stop()


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        import json

        return json.loads(self.body)


@dataclass
class Browser:
    """One device of a member, talking to a hub's api.sock as the door would."""

    session: aiohttp.ClientSession
    private: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    device_id: str = ""
    prover: Prover | None = field(default_factory=Prover)
    """Proves each request, as browsers do; None: a client of before there were proofs."""

    @property
    def device(self):
        public = self.private.public_key().public_bytes_raw()
        device = {"name": "Test browser", "public_key": base64.b64encode(public).decode()}
        return {**device, "signing_key": self.prover.signing_key} if self.prover else device

    async def ask(self, method, path, body=None, *, headers=None, **query):
        """Ask, and once more where the hub wants a proof of its own time and this session."""
        answer = await self._ask_once(method, path, body, headers, query)
        if answer.status == 401 and self.prover and b'"proof_stale"' in answer.body:
            self.prover.learn(answer.json()["fields"])
            return await self._ask_once(method, path, body, headers, query)
        return answer

    async def _ask_once(self, method, path, body, headers, query):
        sent = {"X-Keepsight": "1", **(headers or {})}
        if self.prover and path.startswith("/api/") and "DPoP" not in sent:
            sent["DPoP"] = self.prover.prove(method, path)
        content = {"data": io.BytesIO(body)} if isinstance(body, bytes) else {"json": body}
        async with self.session.request(
            method, f"http://hub.test{path}", **content, params=query or None, headers=sent
        ) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.read())

    async def get(self, path, **query):
        answer = await self.ask("GET", path, **query)
        assert answer.status == 200, (path, answer.status, answer.body[:300])
        return answer.json()

    async def sign_in(self, member="Ann", passphrase=PASSPHRASE):
        body = {"member": member, "passphrase": passphrase, "device": self.device}
        answer = await self.ask("POST", "/api/session", body)
        if answer.status == 200:
            self.device_id = answer.json()["device_id"]
        return answer

    async def join(self, secret, passphrase=PASSPHRASE):
        """Use an invite, as the page does; a display gives no passphrase."""
        body = {"secret": secret, "device": self.device}
        if passphrase is not None:
            body["passphrase"] = passphrase
        answer = await self.ask("POST", "/api/join", body)
        if answer.status == 200:
            self.device_id = answer.json()["device_id"]
        return answer

    async def window(self, household: str, release: dict) -> WindowKey:
        """The window key inside a Release, as the browser gets it."""
        context = Context(
            bytes.fromhex(household),
            bytes.fromhex(release["camera"]),
            Stream[release["stream"].upper()],
            release["epoch"],
            bytes.fromhex(release["writer"]),
        )
        secret = unwrap_on_device(
            base64.b64decode(release["wrapped"]),
            self.private,
            purpose=release["purpose"],
            context=context,
            device=bytes.fromhex(self.device_id),
        )
        return WindowKey(secret, context)


def split_fragments(data: bytes) -> list[bytes]:
    """Sealed fragments that lie back to back."""
    found, at = [], 0
    while at < len(data):
        end = at + HEADER_BYTES + read_header(data, at).length
        found.append(data[at:end])
        at = end
    return found


def open_all(key: WindowKey, data: bytes, kinds=(Kind.INIT, Kind.STILL, Kind.GOP)):
    return [open_sealed(key, Expectation(kinds), sealed) for sealed in split_fragments(data)]


@dataclass
class Home:
    """A running hub."""

    hub: Hub
    directory: Path
    control: Browser
    """Over control.sock: the local owner."""

    @property
    def household(self):
        return self.hub.household

    @contextlib.asynccontextmanager
    async def browser(self, *, is_signed_in=True):
        connector = aiohttp.UnixConnector(str(self.hub.run_directory / "api.sock"))
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
            browser = Browser(session)
            if is_signed_in:
                answer = await browser.sign_in()
                assert answer.status == 200, answer.body
            yield browser

    async def invite(self, name, role="guest", grants=(), **more):
        """An invite by the owner; its answer has the secret."""
        body = {"name": name, "role": role, "grants": list(grants), **more}
        answer = await self.control.ask("POST", "/api/invites", body)
        assert answer.status == 201, answer.body
        return answer.json()

    @contextlib.asynccontextmanager
    async def member(self, name, role="guest", grants=()):
        """The browser of somebody who has joined."""
        invite = await self.invite(name, role, grants)
        async with self.browser(is_signed_in=False) as browser:
            answer = await browser.join(invite["secret"], None if role == "display" else PASSPHRASE)
            assert answer.status == 200, answer.body
            yield browser

    async def add_camera(self, url, name="Hall", **more):
        answer = await self.control.ask("POST", "/api/cameras", {"url": url, "name": name, **more})
        assert answer.status == 200, answer.body
        return answer.json()

    async def wait_for(self, question, seconds=20):
        """Ask until the answer is true."""
        async with asyncio.timeout(seconds):
            while not (found := await question()):  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.05)
            return found

    async def status_of(self, camera_id):
        status = (await self.control.ask("GET", "/api/status")).json()
        return next(c for c in status["cameras"] if c["camera"] == camera_id)

    async def recorded_seconds(self, camera_id):
        now = SystemClock().wall_us()
        query = {"camera": camera_id, "from": now - 3_600_000_000, "to": now + 60_000_000}
        line = (await self.control.ask("GET", "/api/timeline", None, **query)).json()["cameras"][0]
        return sum(end - start for start, end in line["spans"]) / 1e6


@contextlib.asynccontextmanager
async def running_hub(directory: Path, *, watching="off", models=None, **options):
    """A hub in this process; stopped in order at the end. It watches its cameras if asked to."""
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a test may block
    environment = {
        "XDG_CONFIG_HOME": str(directory.parent.parent / "config"),
        "KEEPSIGHT_WATCHING": watching,
        **({} if models is None else {"KEEPSIGHT_MODELS": str(models)}),
    }
    hub = Hub(directory, clock=SystemClock(), environment=environment, **options)
    ready = asyncio.Event()
    runner = asyncio.ensure_future(hub.run(lambda _hub: ready.set()))
    waiting = asyncio.ensure_future(ready.wait())
    try:
        await asyncio.wait((runner, waiting), return_when=asyncio.FIRST_COMPLETED, timeout=30)
        if runner.done():
            runner.result()
        connector = aiohttp.UnixConnector(str(hub.run_directory / "control.sock"))
        async with aiohttp.ClientSession(connector=connector) as session:
            yield Home(hub, directory, Browser(session))
    finally:
        waiting.cancel()
        hub.stop()
        await asyncio.gather(runner, waiting, return_exceptions=True)


async def set_up(home: Home, *, starts_unattended=True):
    """Make the household with its owner Ann."""
    await home.hub.set_up("Home", "Ann", Secret(PASSPHRASE), starts_unattended=starts_unattended)


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Four seconds with sound."""
    return write_clip(tmp_path_factory.mktemp("films") / "clip.mp4")


@pytest.fixture
def cheap_argon2(monkeypatch):
    """Passphrases in tests need not be slow to guess."""
    for module in (keyring, access):
        monkeypatch.setattr(module, "ARGON2_MEMORY_KIB", 64)
        monkeypatch.setattr(module, "ARGON2_PASSES", 1)


@pytest.fixture
async def home(tmp_path, cheap_argon2):
    """A set-up household without cameras."""
    async with running_hub(tmp_path / "data" / "households" / HOUSEHOLD) as running:
        await set_up(running)
        yield running
