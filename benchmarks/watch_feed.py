"""What it costs the hub to feed the watcher, and how long a picture is on its way to it.

Readers as the hub has them, on the loop that it runs on, a socket as it makes it, and a process
that takes messages with the watcher's own code and looks at the clock. Two runs over the same
pictures at the same pace: with readers that write, and with readers that are not chosen; the
difference is the cost of feeding.
"""

import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass, replace
from typing import Final

import uvloop
from tests.hub.record import footage

from benchmarks.figure import Figure
from keepsight.core.clock import SystemClock
from keepsight.hub.watch.outlet import Outlet
from keepsight.hub.watch.process import WatcherRun
from keepsight.hub.watch.reader import MediaTime, PictureReader
from keepsight.hub.watch.wire import Message, ToWatcher, pack
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat, VideoFormat

CAMERAS: Final = 34
FRAMES_PER_SECOND: Final = 15
SECONDS: Final = 12.0
WIDTH, HEIGHT = 640, 352
TAKER: Final = """
import json, os, statistics, time
from keepsight.detect.wire import Reader, pack_json, read_unit
reader, late = Reader(), []
while data := os.read(0, 256 << 10):
    now = time.monotonic_ns() // 1000
    for message in reader.feed(data):
        if message.kind == 2:
            late.append(now - read_unit(message).wall_us)
        elif late:
            late.sort()
            said = {"dropped": int(statistics.median(late))}
            said["reason"] = json.dumps([late[int(len(late) * 0.95)], late[-1]])
            os.write(1, pack_json(1, message.camera, said))
"""


@dataclass(frozen=True, slots=True)
class Fed:
    """One run."""

    cpu_seconds: float
    units: int
    said: dict[str, int]
    """`median`, `p95`, `most` in microseconds; empty where nothing was written."""


class Feeding:
    """Cameras that are not in step, and their readers."""

    def __init__(self, video: VideoFormat, units: list[AccessUnit], outlet: Outlet) -> None:
        self._units = units
        self.readers = []
        for number in range(CAMERAS):
            camera = bytes([number]) * 16
            reader = PictureReader(camera, outlet, MediaTime(), lambda: None)
            reader.on_format(StreamFormat(video))
            self.readers.append(reader)
        self.count = 0

    async def play(self) -> None:
        """All cameras for SECONDS."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        total = int(SECONDS * FRAMES_PER_SECOND) * CAMERAS
        for number in range(total):
            due = began + number / (FRAMES_PER_SECOND * CAMERAS)
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            turn, camera = divmod(number, CAMERAS)
            unit = self._units[(turn + 7 * camera) % len(self._units)]
            now_us = time.monotonic_ns() // 1000
            ticks = turn * 90_000 // FRAMES_PER_SECOND
            self.readers[camera].on_unit(
                replace(unit, wall_us=now_us, monotonic_us=now_us, media_ticks=ticks)
            )
            self.count += 1


async def _feed(*, is_written: bool) -> Fed:
    video, units = footage.video(
        "h264", width=WIDTH, height=HEIGHT, pictures=60, gop=30, fps=FRAMES_PER_SECOND
    )
    outlet, said, answered = Outlet(), {}, asyncio.Event()

    def hear(message: Message) -> None:
        found = json.loads(message.body)
        p95, most = json.loads(found["reason"])
        said.update(median=found["dropped"], p95=p95, most=most)
        answered.set()

    run = WatcherRun(SystemClock(), outlet, hear)
    ready = asyncio.Event()
    running = asyncio.ensure_future(run.run([sys.executable, "-c", TAKER], {}, on_ready=ready.set))
    await ready.wait()
    await asyncio.sleep(1)  # the interpreter starts
    feeding = Feeding(video, list(units), outlet)
    for reader in feeding.readers:
        if is_written:
            reader.begin()
    began = time.process_time()
    await feeding.play()
    cpu_seconds = time.process_time() - began
    sent = sum(reader.sent for reader in feeding.readers)
    if is_written:
        outlet.write(pack(ToWatcher.FORGET, bytes(16)))
        async with asyncio.timeout(10):
            await answered.wait()
    run.let_go()
    await running
    return Fed(cpu_seconds, sent, said)


def run() -> list[Figure]:
    """Feed both ways, twice."""
    costs, fed = [], []
    for _ in range(2):
        idle, busy = (uvloop.run(_feed(is_written=each)) for each in (False, True))
        costs.append((busy.cpu_seconds - idle.cpu_seconds) / SECONDS / CAMERAS * 1000)
        fed.append(busy)
    busy = fed[-1]
    note = f"{CAMERAS} cameras, {WIDTH}x{HEIGHT} at {FRAMES_PER_SECOND} pictures a second"
    return [
        Figure("watch_feed.cpu_a_camera", statistics.mean(costs), "ms CPU/s", note=note),
        Figure("watch_feed.to_watcher_median", busy.said["median"] / 1000, "ms", note=note),
        Figure("watch_feed.to_watcher_p95", busy.said["p95"] / 1000, "ms", note=note),
        Figure("watch_feed.to_watcher_most", busy.said["most"] / 1000, "ms", note=note),
        Figure("watch_feed.units", busy.units, "pictures", note=note),
    ]
