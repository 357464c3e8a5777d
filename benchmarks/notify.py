"""How long from the first picture with a person, as it reaches the hub, until push has the message.

Real parts throughout: simulated cameras that play a film of visits, a hub with its watcher and
detector, a push service over TLS that opens each message. When a person is in view is told by the
footage's reference, not by the watcher; the picture of that moment is known by its coded bytes.
"""

import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import uvloop
from tests.home import Browser, Home, running_hub, set_up, simulated_camera
from tests.push_service import PushBrowser, push_service

from benchmarks.detect_clip import CLIP, CLIP_RATE, EMPTY, NOISE_SIGMA, VISITS, is_here
from benchmarks.figure import Figure
from keepsight.core.clock import SystemClock
from keepsight.hub.event import Event
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.watch.models import models_folder
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat
from keepsight.seal.header import Stream

CAMERAS: Final = 4
STAGGER_SECONDS: Final = 3.0
QUIET_SECONDS: Final = 12
GOP_SECONDS: Final = 2
SIZE: Final = (640, 360)
TAIL_BYTES: Final = 64
"""Of a coded picture: enough to tell it from all others."""
GRACE_SECONDS: Final = 20.0
TOLD_SECONDS_P95_MAX: Final = 3.0
OWN_SECONDS_P95_MAX: Final = 0.5
HOUSEHOLD: Final = "5e" * 16


@dataclass(frozen=True, slots=True)
class Film:
    """A film of visits with an empty room between them."""

    path: Path
    begins: tuple[int, ...]
    """Numbers of the pictures with which visits begin."""
    tails: dict[bytes, int]
    """Last bytes of those pictures, and which visit they begin."""
    seconds: float


def make_film(path: Path) -> Film:
    """Code the film as a camera would, noise on every picture."""
    with av.open(str(CLIP)) as container:
        pictures = [
            frame.reformat(*SIZE, format="yuv420p", interpolation="AREA").to_ndarray()
            for frame in container.decode(video=0)
        ]
    quiet = [EMPTY[0] + n % (EMPTY[1] - EMPTY[0]) for n in range(QUIET_SECONDS * CLIP_RATE)]
    order, begins = list(quiet), []
    for begin, end in VISITS:
        begins.append(len(order))
        order += [*range(begin, end), *quiet]
    generator, tails = np.random.default_rng(1), {}
    gop = str(GOP_SECONDS * CLIP_RATE)
    options = {"preset": "veryfast", "bf": "0", "g": gop, "keyint_min": gop, "sc_threshold": "0"}
    with av.open(str(path), "w") as film:
        video: Any = film.add_stream("libx264", rate=CLIP_RATE, options=options)
        video.width, video.height, video.pix_fmt, video.bit_rate = *SIZE, "yuv420p", 400_000

        def write(packets: list[Any], count: list[int]) -> None:
            for packet in packets:
                if count[0] in begins:
                    tails[bytes(packet)[-TAIL_BYTES:]] = begins.index(count[0])
                count[0] += 1
                film.mux(packet)

        count = [0]
        for number in order:
            coded = pictures[number].copy()
            noise = generator.normal(0, NOISE_SIGMA, (SIZE[1], SIZE[0])).astype(np.int16)
            coded[: SIZE[1]] = np.clip(coded[: SIZE[1]] + noise, 0, 255)
            write(video.encode(av.VideoFrame.from_ndarray(coded, format="yuv420p")), count)
        write(video.encode(None), count)
    return Film(path, tuple(begins), tails, len(order) / CLIP_RATE)


@dataclass
class Eye:
    """Sees the first picture of each visit come in, beside the recorder and the watcher."""

    film: Film
    seen_us: list[int] = field(default_factory=list)
    """Wall time of each."""

    def on_format(self, stream_format: StreamFormat) -> None:
        """Nothing to do."""

    def on_unit(self, unit: AccessUnit) -> None:
        """A picture came in."""
        if unit.is_video and bytes(unit.parts[-1])[-TAIL_BYTES:] in self.film.tails:
            self.seen_us.append(SystemClock().wall_us())

    def on_break(self, reason: BreakReason, wall_us: int) -> None:
        """Nothing to do."""


@dataclass
class Notes:
    """When what was known, in wall time."""

    phone: PushBrowser
    stored_us: dict[str, int] = field(default_factory=dict)
    """By event: when it was noticed and stored."""
    cameras: dict[str, bytes] = field(default_factory=dict)
    told_us: dict[str, int] = field(default_factory=dict)

    def on_event(self, phase: str, event: Event) -> None:
        """Of the hub's events."""
        if phase == "start":
            self.stored_us[event.event_id.hex()] = SystemClock().wall_us()
            self.cameras[event.event_id.hex()] = event.camera_id

    async def listen(self) -> None:
        """Until cancelled: write down when a message had arrived and was opened."""
        while True:
            for message in self.phone.messages:
                self.told_us.setdefault(message["event"], SystemClock().wall_us())
            await asyncio.sleep(0.002)


async def _woken(owner: Browser, service: Any) -> PushBrowser:
    allowed = await owner.ask("PUT", "/api/notices/services", {"allowed": True, **service.services})
    assert allowed.status == 200, allowed.body
    phone: PushBrowser = service.browser()
    for method, path, body in (
        ("POST", "/api/notices/push", phone.subscription),
        ("PATCH", "/api/notices", {"gap_seconds": 0, "hourly_max": 60, "kinds": ["person"]}),
    ):
        answer = await owner.ask(method, path, body)
        assert answer.status == 200, answer.body
    return phone


@contextlib.asynccontextmanager
async def _watching(home: Home, film: Film) -> AsyncIterator[dict[bytes, Eye]]:
    """Cameras that play the film, each a little later than the one before."""
    async with contextlib.AsyncExitStack() as stack:
        eyes = {}
        for number in range(CAMERAS):
            camera = await stack.enter_async_context(simulated_camera(film.path))
            added = await home.add_camera(camera.url, name=f"Camera {number}")
            assert home.household is not None
            running = home.household.roster.find(bytes.fromhex(added["id"]))
            assert running is not None
            eye = eyes[running.camera.camera_id] = Eye(film)
            running.fanouts[Stream.MAIN].attach(eye)
            await asyncio.sleep(STAGGER_SECONDS)
        yield eyes


async def _measure(folder: Path, film: Film) -> tuple[list[float], list[float], int, int]:
    async with (
        push_service(folder / "push") as service,
        running_hub(
            folder / "data" / "households" / HOUSEHOLD, watching="on", models=models_folder()
        ) as home,
    ):
        await set_up(home)
        assert home.household is not None
        async with home.browser() as owner:
            notes = Notes(await _woken(owner, service))
            home.household.events.listeners.append(notes.on_event)
            listening = asyncio.ensure_future(notes.listen())
            async with _watching(home, film) as eyes:
                await asyncio.sleep(film.seconds + GRACE_SECONDS - CAMERAS * STAGGER_SECONDS)
            listening.cancel()
    return _joined(notes, eyes)


def _joined(notes: Notes, eyes: dict[bytes, Eye]) -> tuple[list[float], list[float], int, int]:
    """Seconds in view until told, seconds stored until told, visits, and visits told."""
    in_view, own, told = [], [], set()
    for event, told_us in notes.told_us.items():
        own.append((told_us - notes.stored_us[event]) / 1e6)
        camera = notes.cameras[event]
        begins = [at for at in eyes[camera].seen_us if at <= told_us]
        if begins and (camera, begins[-1]) not in told:
            told.add((camera, begins[-1]))
            in_view.append((told_us - begins[-1]) / 1e6)
    return in_view, own, sum(len(eye.seen_us) for eye in eyes.values()), len(told)


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * len(values)))]


def run() -> list[Figure]:
    """Figures; empty where the footage is not on this machine."""
    if not is_here():
        return []
    with tempfile.TemporaryDirectory(prefix="keepsight-bench-") as name:
        folder = Path(name)
        film = make_film(folder / "film.mp4")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            in_view, own, visits, told = runner.run(_measure(folder, film))
    assert in_view, "nothing was told"
    note = f"{told} of {visits} visits told, {CAMERAS} cameras, 640x360 at {CLIP_RATE}/s"
    late, mine = _p95(in_view), _p95(own)
    goal, own_goal = f"at most {TOLD_SECONDS_P95_MAX:g} s", f"at most {OWN_SECONDS_P95_MAX:g} s"
    return [
        Figure("notify.in_view_to_pushed_p50", statistics.median(in_view), "s", note=note),
        Figure(
            "notify.in_view_to_pushed_p95", late, "s", goal=goal, met=late <= TOLD_SECONDS_P95_MAX
        ),
        Figure("notify.stored_to_pushed_p50", statistics.median(own), "s"),
        Figure(
            "notify.stored_to_pushed_p95", mine, "s", goal=own_goal, met=mine <= OWN_SECONDS_P95_MAX
        ),
        Figure("notify.visits_told", told / max(1, visits), "share", note=note),
    ]
