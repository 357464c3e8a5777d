"""Canary households: every picture of theirs carries a mark of household, camera and number.

Two real hubs, each with two real camera processes, behind one real door process, and a Chromium
that is signed in to both. What it shows is read back from its canvases and the marks are decoded.
"""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page

from keepsight.camera.mark import Mark, decode, draw
from tests.home import PASSPHRASE, Home, running_hub, set_up, simulated_camera

WIDTH: Final = 640
HEIGHT: Final = 360
FRAMES_PER_SECOND: Final = 12
HOUSEHOLDS: Final = {"north": "a1" * 16, "south": "b2" * 16}
CAMERAS: Final = (1, 2)
LABEL_SECONDS: Final = 5.0
"""A picture older than this on screen must carry its age. The page says it from 3 s on, and looks
twice a second; the rest is the way from camera to hub."""
SIGN_IN_SECONDS: Final = 120
"""Until the first picture; a busy machine takes its time."""
GRACE_SECONDS: Final = 1.5
"""Old pictures may stand unlabelled for a moment: until the page looks again."""
READER: Final = """() => {
  const rows = [], last = new Map();
  const scratch = new OffscreenCanvas(192, 48).getContext('2d', { willReadFrequently: true });
  const read = (tile) => {
    const shown = tile.querySelector('.container:not(.covered) :is(canvas, video)');
    const wide = shown?.videoWidth || shown?.width || 0, high = shown?.videoHeight || shown?.height;
    if (!wide || wide !== 640 || high !== 360) return;
    scratch.drawImage(shown, wide - 192, high - 48, 192, 48, 0, 0, 192, 48);
    const { data } = scratch.getImageData(0, 0, 192, 48);
    const grey = new Uint8Array(192 * 48);
    let sum = 0;
    for (let i = 0; i < grey.length; i++) {
      grey[i] = (data[4 * i] * 54 + data[4 * i + 1] * 183 + data[4 * i + 2] * 19) >> 8;
      sum = (Math.imul(sum, 31) + grey[i]) | 0;
    }
    const before = last.get(tile), now = Date.now();
    const isSame = before !== undefined && before.sum === sum;
    if (isSame && now - before.at < 250) return;
    last.set(tile, { sum, at: now });
    let text = '';
    if (!isSame) for (const byte of grey) text += String.fromCharCode(byte);
    rows.push({
      at: now, camera: tile.dataset.camera, state: tile.dataset.state, isSame,
      label: tile.querySelector('.age')?.textContent ?? null, strip: isSame ? null : btoa(text),
    });
  };
  const look = () => {
    for (const tile of document.querySelectorAll('a.tile')) read(tile);
    requestAnimationFrame(look);
  };
  look();
  window.takeRows = () => rows.splice(0);
}"""
"""Runs in the page: reads each tile's corner with the mark whenever its picture changes."""


def household_mark(name: str) -> bytes:
    """Six bytes of the household's id."""
    return bytes.fromhex(HOUSEHOLDS[name])[:6]


def marked_picture(name: str, camera: int, number: int) -> NDArray[np.uint8]:
    """Luma of one canary picture."""
    luma = np.full((HEIGHT, WIDTH), 70 if name == "north" else 150, np.uint8)
    left = 4 * number % (WIDTH - 60)
    luma[100:160, left : left + 60] = 220 if camera == 1 else 20
    draw(luma, Mark(household_mark(name), camera, number))
    return luma


def write_film(path: Path, name: str, camera: int, seconds: int) -> Path:
    """A film whose every picture has a number of its own; a keyframe every second."""
    with av.open(str(path), "w") as film:
        options = {"preset": "ultrafast", "bf": "0", "crf": "20"}
        video = film.add_stream("libx264", rate=FRAMES_PER_SECOND, options=options)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.gop_size = FRAMES_PER_SECOND
        for number in range(seconds * FRAMES_PER_SECOND):
            frame = av.VideoFrame.from_ndarray(marked_picture(name, camera, number), "gray")
            film.mux(video.encode(frame.reformat(format="yuv420p")))
        film.mux(video.encode(None))
    return path


def jpeg_of(frame: av.VideoFrame) -> bytes:
    """A picture as the plain control sends it."""
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    full = frame.reformat(format="yuvj420p")
    full.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(full), *encoder.encode(None)))


def jpeg(luma: NDArray[np.uint8]) -> bytes:
    """The same of brightness alone."""
    return jpeg_of(av.VideoFrame.from_ndarray(luma, "gray"))


def mark_of_jpeg(body: bytes) -> Mark | None:
    """What a JPEG says about itself."""
    decoder = av.CodecContext.create("mjpeg", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    for frame in (*decoder.decode(av.Packet(body)), *decoder.decode(None)):
        return decode(np.asarray(frame.to_ndarray(format="gray")))
    return None


@dataclass
class Reading:
    """What one page has shown."""

    household: str
    frames: int = 0
    """Different pictures whose mark was read."""
    foreign: int = 0
    """Of another household, or of another camera of the same one."""
    unread: int = 0
    """Different pictures without a readable mark: no claim is made about them."""
    old: int = 0
    """Looks at a picture older than LABEL_SECONDS."""
    unlabelled: int = 0
    """Stretches in which an old picture stood without its age for longer than the grace."""
    age_seconds_max: float = 0.0
    numbers: dict[str, int] = field(default_factory=dict)
    """Which camera mark belongs to which tile."""
    _last: dict[str, tuple[Mark, float]] = field(default_factory=dict)
    _start: dict[str, float] = field(default_factory=dict)
    _bare_since: dict[str, float] = field(default_factory=dict)

    def take(self, rows: list[dict[str, Any]]) -> None:
        """Judge what the page's reader noted."""
        for row in rows:
            tile = row["camera"]
            if row["strip"] is not None:
                mark = _decode(row["strip"])
                if mark is None:
                    self.unread += 1
                    self._last.pop(tile, None)
                    continue
                self.frames += 1
                is_own = mark.household == household_mark(self.household)
                if not is_own or mark.camera != self.numbers.get(tile, mark.camera):
                    self.foreign += 1
                self._last[tile] = mark, row["at"] / 1000
            if tile in self._last:
                self._weigh_age(tile, self._last[tile][0], row)

    def _weigh_age(self, tile: str, mark: Mark, row: dict[str, Any]) -> None:
        at = row["at"] / 1000
        zero = at - mark.frame / FRAMES_PER_SECOND
        self._start[tile] = min(self._start.get(tile, zero), zero)
        age = zero - self._start[tile]
        self.age_seconds_max = max(self.age_seconds_max, age)
        is_old = age > LABEL_SECONDS
        self.old += is_old
        if not is_old or row["label"]:
            self._bare_since.pop(tile, None)
            return
        since = self._bare_since.setdefault(tile, at)
        if at - since > GRACE_SECONDS:
            self.unlabelled += 1
            self._bare_since[tile] = at


def _decode(strip: str) -> Mark | None:
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    picture[-48:, -192:] = np.frombuffer(base64.b64decode(strip), np.uint8).reshape(48, 192)
    return decode(picture)


@asynccontextmanager
async def canary_home(
    folder: Path, name: str, films: dict[int, Path], *camera_options: str
) -> AsyncIterator[tuple[Home, dict[str, int]]]:
    """A hub with its cameras; which camera mark belongs to which camera."""
    async with AsyncExitStack() as stack:
        directory = folder / "data" / "households" / HOUSEHOLDS[name]
        home = await stack.enter_async_context(running_hub(directory))
        await set_up(home)
        numbers = {}
        for number, film in films.items():
            camera = await stack.enter_async_context(
                simulated_camera(film, "--serial", f"{name}-{number}", *camera_options)
            )
            added = await home.add_camera(camera.url, f"{name} {number}")
            numbers[added["id"]] = number
        yield home, numbers


@asynccontextmanager
async def door_of(folder: Path, homes: dict[str, Home]) -> AsyncIterator[dict[str, int]]:
    """A real door process in front of these homes: household to port."""
    config = {
        "households": [
            {"household": HOUSEHOLDS[name], "port": 0, "run_dir": str(home.hub.run_directory)}
            for name, home in homes.items()
        ]
    }
    path = folder / "door.json"
    path.write_text(json.dumps(config))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "keepsight.door", "--config", str(path), "--child",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        ports = {}
        async with asyncio.timeout(30):
            for name in homes:
                line = (await process.stdout.readline()).decode()
                ports[name] = int(line.strip().rpartition(":")[2])
        yield ports
    finally:
        process.terminate()
        await process.communicate()


async def bring_back(home: Home) -> None:
    """What an owner does who has looked: a foreign picture suspends the way it came."""
    answer = await home.control.ask("GET", "/api/suspensions")
    for suspension in answer.json()["in_force"]:
        await home.control.ask("DELETE", f"/api/suspensions/{suspension['suspension']}")


async def sign_in(page: Page, port: int, host: str = "localhost") -> None:
    """Through the page, as a person does."""
    await page.goto(f"http://{host}:{port}/")
    await page.get_by_label("Your name").fill("Ann")
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("a.tile canvas", timeout=SIGN_IN_SECONDS * 1000)
