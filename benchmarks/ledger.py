"""Log, then release: what a durable, proven line costs, against only syncing the same bytes.

500 viewers ask for the keys of a wall of four windows every four seconds each, about twelve times
as often as they would; each answer waits until its lines are durable. The floor is the least that
any ledger has to do: as many bytes appended to a file, synced once a group, with the same load.
"""

import asyncio
import gc
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from benchmarks.figure import Figure
from keepsight.core.clock import SystemClock
from keepsight.hub.exposure import Person, Wanted, find_exposures
from keepsight.hub.journal import COMMIT_GAP_SECONDS, open_journal
from keepsight.hub.keyrelease import ReleasableWindow, Viewer, release_windows
from keepsight.hub.keyring import new_keyring
from keepsight.hub.member import Device, Member, Role
from keepsight.hub.scribe import Dated, Scribe, open_scribe
from keepsight.seal.audit import audit
from keepsight.seal.header import Context, Stream
from keepsight.seal.ledger import LineError

VIEWERS: Final = 500
WINDOWS: Final = 4
ASKS: Final = 4
EVERY_SECONDS: Final = 4.0
SATURATED_ASKS: Final = 40
LEAVES: Final = 1_000_000
BATCH: Final = 5_000
CAMERAS: Final = 8
P99_MS_GOAL: Final = 25.0
LINE_BYTES: Final = 330
"""A release line with its hashes."""
HOUSEHOLD: Final = b"\x5e" * 16
START_US: Final = 1_790_000_000_000_000
MINUTE_US: Final = 60_000_000
Ask = Callable[[int], Awaitable[object]]


class _Floor:
    """Group commit of plain bytes to one file."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._thread = ThreadPoolExecutor(1)
        self._pending: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()

    async def ask(self, _viewer: int) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append(done)
        self._wake.set()
        await done

    def _sync(self, count: int) -> None:
        os.write(self._descriptor, bytes(LINE_BYTES * WINDOWS * count))
        os.fdatasync(self._descriptor)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        free_at = 0.0
        while True:
            await self._wake.wait()
            await asyncio.sleep(free_at - loop.time())
            free_at = loop.time() + COMMIT_GAP_SECONDS
            self._wake.clear()
            batch, self._pending = self._pending, []
            await loop.run_in_executor(self._thread, self._sync, len(batch))
            for done in batch:
                done.set_result(None)


def _viewers() -> list[Viewer]:
    found = []
    for number in range(VIEWERS):
        member, device = (number + 1).to_bytes(16), (number + 1001).to_bytes(16)
        public = X25519PrivateKey.generate().public_key().public_bytes_raw()
        found.append(
            Viewer(
                Member(member, f"v{number}", Role.MEMBER, "", 1),
                Device(device, member, "screen", public, 1, 1),
            )
        )
    return found


def _windows() -> list[ReleasableWindow]:
    return [
        ReleasableWindow(
            Context(HOUSEHOLD, bytes([camera]) * 16, Stream.MAIN, 1, os.urandom(16)),
            "live", os.urandom(32), "avc1.640028", START_US, START_US + MINUTE_US,
        )
        for camera in range(WINDOWS)
    ]  # fmt: skip


async def _paced(ask: Ask) -> list[float]:
    """Milliseconds of each answer; each viewer asks at moments of its own."""
    taken: list[float] = []

    async def viewer(number: int) -> None:
        await asyncio.sleep(random.random() * EVERY_SECONDS)
        for _ in range(ASKS):
            begun = time.perf_counter()
            await ask(number)
            taken.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(max(0.0, begun + EVERY_SECONDS - time.perf_counter()))

    await asyncio.gather(*(viewer(number) for number in range(VIEWERS)))
    return sorted(taken)


async def _saturated(ask: Ask) -> float:
    """Lines a second when every viewer asks again at once."""

    async def viewer(number: int) -> None:
        for _ in range(SATURATED_ASKS):
            await ask(number)

    begun = time.perf_counter()
    await asyncio.gather(*(viewer(number) for number in range(VIEWERS)))
    return VIEWERS * SATURATED_ASKS * WINDOWS / (time.perf_counter() - begun)


async def _floor(directory: Path) -> tuple[list[float], float]:
    floor = _Floor(directory / "floor")
    runner = asyncio.ensure_future(floor.run())
    found = await _paced(floor.ask), await _saturated(floor.ask)
    runner.cancel()
    return found


async def _ledger(directory: Path) -> tuple[list[float], float, float]:
    journal = open_journal(directory, new_keyring(HOUSEHOLD, "Home", 1), SystemClock())
    runner = asyncio.ensure_future(journal.run())
    viewers, windows = _viewers(), _windows()
    lines = [
        {
            "type": "release", "purpose": "live", "camera": window.context.camera.hex(),
            "stream": "main", "epoch": 1, "writer": window.context.writer.hex(),
            "start_us": window.start_us, "end_us": window.end_us,
        }
        for window in windows
    ]  # fmt: skip
    ids = [(v.member.member_id.hex(), v.device.device_id.hex()) for v in viewers]

    async def release(number: int) -> object:
        return await release_windows(journal, viewers[number], windows)

    async def record(number: int) -> object:
        member, device = ids[number]
        return await journal.record(
            [{**line, "member": member, "device": device} for line in lines]
        )

    taken = await _paced(release)
    found = taken, await _saturated(record), await _saturated(release)
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    journal.close()
    return found


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def _latency() -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        directory = Path(folder)
        floor_ms, floor_rate = asyncio.run(_floor(directory))
        gc.collect()
        taken_ms, rate, release_rate = asyncio.run(_ledger(directory))
    peer = "fdatasync of the same bytes"
    for share in (0.5, 0.99):
        value = _at(taken_ms, share)
        is_goal = share == 0.99
        yield Figure(
            f"ledger.release_p{share * 100:.0f}", value, "ms, durable, 500 viewers",
            peer, _at(floor_ms, share), f"under {P99_MS_GOAL:.0f}" if is_goal else "",
            value < P99_MS_GOAL if is_goal else None,
            "four windows an answer: lines durable, then four HPKE wraps; 500 lines a second",
        )  # fmt: skip
    yield Figure("ledger.lines", rate, "durable lines/s, saturated", peer, floor_rate)
    yield Figure("ledger.releases", release_rate, "releases/s with their wraps, saturated")


def _fill(scribe: Scribe) -> float:
    """A log of LEAVES releases by 50 members on 8 cameras, a window a minute; lines a second."""
    begun = time.perf_counter()
    for first in range(0, LEAVES, BATCH):
        batch = []
        for n in range(first, first + BATCH):
            start_us = START_US + n // 64 * MINUTE_US
            entry = {
                "type": "release", "purpose": "live", "camera": f"{n % CAMERAS + 1:032x}",
                "stream": "main", "epoch": 1, "writer": f"{n:032x}", "start_us": start_us,
                "end_us": start_us + MINUTE_US, "member": f"{n % 50 + 1:032x}",
                "device": f"{n % 50 + 1001:032x}",
            }  # fmt: skip
            batch.append(Dated(entry, start_us, n))
        scribe.append(batch)
    return LEAVES / (time.perf_counter() - begun)


def _large() -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        scribe = open_scribe(Path(folder), new_keyring(HOUSEHOLD, "Home", 1))
        yield Figure("ledger.fill", _fill(scribe), "lines/s in batches of 5,000")
        size = (Path(folder) / "ledger.db").stat().st_size
        yield Figure("ledger.bytes", size / LEAVES, "bytes a line on disk")
        middle_us = START_US + LEAVES // 128 * MINUTE_US
        for name, minutes, camera in (
            ("hour_all", 60, None), ("day_camera", 1440, bytes(15) + b"\x03"),
        ):  # fmt: skip
            wanted = Wanted(middle_us, middle_us + minutes * MINUTE_US, camera)
            begun = time.perf_counter()
            found = find_exposures(scribe, wanted, LEAVES, lambda _m: Person("A", "", ""), {})
            taken = time.perf_counter() - begun
            yield Figure(
                f"ledger.exposed_{name}", taken * 1000, f"ms, {len(found)} of 1e6 lines",
                goal="under 1000", met=taken < 1,
            )  # fmt: skip
        begun = time.perf_counter()
        for n in range(0, LEAVES, LEAVES // 500):
            proof_n = max(1, n)
            if not scribe.root_at(proof_n):
                raise LineError("no root")
        each = (time.perf_counter() - begun) / 500
        yield Figure("ledger.root", each * 1000, "ms for a root over any part of 1e6 lines")
        begun = time.perf_counter()
        verdict = scribe.audit(audit)
        taken = time.perf_counter() - begun
        if not verdict.is_intact:
            raise LineError(verdict.problem)
        yield Figure("ledger.verify", taken, "s to read and hash 1e6 lines again")
        scribe.close()


def run() -> list[Figure]:
    """Latency with 500 viewers, lines a second, questions to a million lines."""
    return [*_latency(), *_large()]
