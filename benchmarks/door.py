"""What one more viewer of a 4 Mbit/s stream costs the door, against a plain aiohttp broadcast.

Same camera, same bytes, same run; the difference between MANY viewers and one, so that what a
process costs anyway does not count.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

import uvloop

from benchmarks.door_rig import BYTES_PER_SECOND, Household, child, household_and_door, view
from benchmarks.figure import Figure
from benchmarks.usage import cpu_seconds, resident_bytes

MANY: Final = 50
SECONDS: Final = 6.0
SETTLE_SECONDS: Final = 2.5
"""More than a GOP, so that everybody is past the burst of the kept one."""
ROUNDS: Final = 2
RATIO_MAX: Final = 1.5


async def _cost(pid: int, port: int, household: Household, viewers: int) -> float:
    """Per cent of a core with this many viewers.

    Raises:
        RuntimeError: they did not get the stream.
    """
    async with AsyncExitStack() as stack:
        watching = [await view(port, household.opaque) for _ in range(viewers)]
        for viewer in watching:
            stack.callback(viewer.transport.abort)
        await asyncio.sleep(SETTLE_SECONDS)
        loop = asyncio.get_running_loop()
        got = sum(viewer.received_bytes for viewer in watching)
        before, began = cpu_seconds(pid), loop.time()
        await asyncio.sleep(SECONDS)
        spent, seconds = cpu_seconds(pid) - before, loop.time() - began
        got = sum(viewer.received_bytes for viewer in watching) - got
    if got < 0.9 * viewers * BYTES_PER_SECOND * seconds:
        raise RuntimeError(f"{viewers} viewers got {got} bytes in {seconds:.1f} s")
    return 100 * spent / seconds


async def _measure() -> list[Figure]:
    async with AsyncExitStack() as stack:
        household, door, door_port = await stack.enter_async_context(household_and_door())
        feed = str(household.run_dir / "feed.sock")
        plain, plain_port = await stack.enter_async_context(
            child("-m", "benchmarks.plain_broadcast", feed, household.opaque.hex())
        )
        each: dict[int, list[float]] = {door: [], plain: []}
        for _ in range(ROUNDS):
            for pid, port in ((door, door_port), (plain, plain_port)):
                one = await _cost(pid, port, household, 1)
                many = await _cost(pid, port, household, MANY)
                each[pid].append((many - one) / (MANY - 1))
        memory = [resident_bytes(pid) / 1e6 for pid in (door, plain)]
    ours, theirs = min(each[door]), min(each[plain])
    peer = "plain aiohttp broadcast"
    return [
        Figure(
            "door.viewer",
            ours,
            "% of a core per viewer",
            peer,
            theirs,
            f"at most {RATIO_MAX} of it",
            ours / theirs <= RATIO_MAX,
            f"4 Mbit/s, {MANY} viewers less one, best of {ROUNDS} rounds, no TLS",
        ),
        Figure("door.memory", memory[0], "MB resident", peer, memory[1]),
    ]


def run() -> list[Figure]:
    """Processor time of one more viewer, and memory."""
    return uvloop.run(_measure())
