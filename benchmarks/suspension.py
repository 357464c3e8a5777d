"""How long a picture that is on goes on after its camera was switched off, and until it is back.

A real hub, door and camera. A viewer watches over the door's WebSocket; the owner switches the
camera off, waits until nothing comes any more, and brings it back.
"""

import asyncio
import contextlib
import json
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop
from tests.camera.clips import Film, make_film
from tests.home import Browser, running_hub, set_up, simulated_camera

from benchmarks.door_rig import child
from benchmarks.figure import Figure
from benchmarks.revocation import Tap

SUSPENSIONS: Final = 20
QUIET_SECONDS: Final = 2.0
"""Nothing came for so long: it has ended."""
WAIT_SECONDS: Final = 15.0
ENDED_SECONDS_MAX: Final = 1.0
GOP_FRAMES: Final = 20
HOUSEHOLD: Final = "5e" * 16


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds after the owner's request."""

    ended_seconds: float
    """Until the viewer got the last fragment."""
    refused_seconds: float
    """Until no key was handed out any more."""
    keys: int
    """Handed out later than that."""


async def _keys(viewer: Browser, camera: str) -> int:
    body = {"live": [{"camera": camera, "stream": "main"}]}
    return len((await viewer.ask("POST", "/api/keys", body)).json()["keys"])


async def _round(owner: Browser, viewer: Browser, tap: Tap, camera: str) -> Round:
    loop = asyncio.get_running_loop()
    tap.fragments.clear()
    async with asyncio.timeout(WAIT_SECONDS):
        while len(tap.fragments) < GOP_FRAMES:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.05)
    start = loop.time()
    placing = asyncio.ensure_future(
        owner.ask("POST", "/api/suspensions", {"camera": camera, "reason": "a bench"})
    )
    while await _keys(viewer, camera):  # noqa: ASYNC110 - a poll
        await asyncio.sleep(0.005)
    refused = loop.time() - start
    placed = await placing
    assert placed.status == 201, placed.body
    keys = 0
    until = loop.time() + QUIET_SECONDS
    while loop.time() < until:
        keys += await _keys(viewer, camera)
        await asyncio.sleep(0.1)
    ended = max((at - start for at, _ in tap.fragments), default=0.0)
    assert ended < QUIET_SECONDS, "pictures went on"
    lifted = await owner.ask("DELETE", f"/api/suspensions/{placed.json()['suspension']}")
    assert lifted.status == 204, lifted.body
    return Round(max(0.0, ended), refused, keys)


async def _rounds() -> list[Round]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keepsight-bench-")))
        film = make_film(folder, Film(gop_frames=GOP_FRAMES, seconds=40))
        camera = await stack.enter_async_context(simulated_camera(film))
        home = await stack.enter_async_context(
            running_hub(folder / "data" / "households" / HOUSEHOLD)
        )
        await set_up(home)
        added = (await home.add_camera(camera.url, "Hall"))["id"]
        front = {"household": HOUSEHOLD, "port": 0, "run_dir": str(home.hub.run_directory)}
        config = folder / "door.json"
        await asyncio.to_thread(config.write_text, json.dumps({"households": [front]}))
        arguments = ("-m", "keepsight.door", "--config", str(config))
        _, port = await stack.enter_async_context(child(*arguments))
        owner = await stack.enter_async_context(home.browser())
        viewer = await stack.enter_async_context(home.browser())
        found = []
        for _ in range(SUSPENSIONS):
            tap = Tap(port, viewer)
            watching = asyncio.ensure_future(tap.run())
            found.append(await _round(owner, viewer, tap, added))
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        return found


def _figures(name: str, seconds: list[float]) -> list[Figure]:
    late = max(seconds)  # of twenty, the 99th percentile is the worst
    goal, note = f"at most {ENDED_SECONDS_MAX:g} s", f"{len(seconds)} suspensions of one camera"
    met = late <= ENDED_SECONDS_MAX
    return [
        Figure(f"suspension.{name}_median", statistics.median(seconds), "s", note=note),
        Figure(f"suspension.{name}_p99", late, "s", goal=goal, met=met, note=note),
    ]


def run() -> list[Figure]:
    """Seconds until live ends and until keys are refused; keys handed out afterwards."""
    rounds = uvloop.run(_rounds())
    keys = sum(one.keys for one in rounds)
    return [
        *_figures("live_ended", [one.ended_seconds for one in rounds]),
        *_figures("keys_refused", [one.refused_seconds for one in rounds]),
        Figure("suspension.keys_later", keys, "keys", goal="none", met=not keys),
    ]
