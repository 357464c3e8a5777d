"""How long a picture takes from the fan-out to a viewer: sealing, feed, door, WebSocket."""

import asyncio
import statistics
from typing import Final

import uvloop

from benchmarks.door_rig import household_and_door, view
from benchmarks.figure import Figure
from keepsight.core.clock import SystemClock
from keepsight.seal.header import HEADER_BYTES, MAGIC, Kind, read_header

PICTURES: Final = 300
"""15 s: the door hangs up on a viewer that leaves its pings unanswered for 20 s."""
LATENCY_MS_MAX: Final = 10.0
"""Goal for the 95th percentile of this part; the screen's part is measured in the browser."""
OPAQUE_BYTES: Final = 16


class Receiver:
    """Notes when each fragment of a stream was complete at the socket."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._received = bytearray()
        self.delays_ms: list[float] = []
        self.full = asyncio.Event()

    def take(self, data: bytes) -> None:
        """More bytes of the WebSocket."""
        self._received += data
        while (length := self._frame_bytes()) is not None and length <= len(self._received):
            self._note(bytes(self._received[:length]))
            del self._received[:length]

    def _frame_bytes(self) -> int | None:
        """Length of the first frame, head included, once its head is there (RFC 6455, 5.2)."""
        if len(self._received) < 10:
            return None
        short = self._received[1]
        if short == 126:
            return 4 + int.from_bytes(self._received[2:4])
        if short == 127:
            return 10 + int.from_bytes(self._received[2:10])
        return 2 + short

    def _note(self, frame: bytes) -> None:
        at = frame.find(MAGIC, 0, HEADER_BYTES)
        if at < OPAQUE_BYTES:
            return  # a text
        header = read_header(frame, at)
        if header.kind != Kind.INIT:
            self.delays_ms.append((self._clock.monotonic_us() - header.monotonic_us) / 1000)
            if len(self.delays_ms) >= PICTURES:
                self.full.set()


async def _delays_ms() -> list[float]:
    async with household_and_door() as (household, _, port):
        await asyncio.sleep(1)
        receiver = Receiver()
        viewer = await view(port, household.opaque, receiver.take)
        await asyncio.sleep(2.5)
        receiver.delays_ms.clear()  # those of the kept GOP, which is late by its nature
        async with asyncio.timeout(60):
            await receiver.full.wait()
        viewer.transport.abort()
        return receiver.delays_ms


def run() -> list[Figure]:
    """Milliseconds from the fan-out to the viewer's socket."""
    delays_ms = sorted(uvloop.run(_delays_ms()))
    late_ms = delays_ms[int(0.95 * len(delays_ms))]
    note = "one viewer on loopback, 2304x1296 at 20 pictures a second, 4 Mbit/s"
    return [
        Figure("live.to_socket_median", statistics.median(delays_ms), "ms", note=note),
        Figure(
            "live.to_socket_p95",
            late_ms,
            "ms",
            goal=f"at most {LATENCY_MS_MAX:g} ms",
            met=late_ms <= LATENCY_MS_MAX,
            note=note,
        ),
    ]
