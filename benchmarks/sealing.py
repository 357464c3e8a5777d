"""Sealing a fragment, against only AES-256-GCM over the same bytes in the same run."""

import gc
import secrets
import time
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.figure import Figure
from keepsight.seal import frame
from keepsight.seal.frame import Expectation, Sealer, WindowKey
from keepsight.seal.header import Context, Kind, Stream

SIZES: Final = {"60_kb": 60_000, "400_kb": 400_000, "1_mb": 1_000_000}
"""A picture of a sub stream, a GOP of 1.6 Mbit/s, a GOP of 4 Mbit/s."""
BYTES_PER_ROUND: Final = 200_000_000
ROUNDS: Final = 5
RECORDED_BYTES_PER_HOUR: Final = 4_000_000 / 8 * 3600
"""A camera of 4 Mbit/s."""


def _seconds(work: Callable[[], object], times: int) -> float:
    """Processor time of one call, the best of ROUNDS."""
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        start_ns = time.process_time_ns()
        for _ in range(times):
            work()
        best = min(best, (time.process_time_ns() - start_ns) / times / 1e9)
    return best


def _bench(name: str, size: int) -> list[Figure]:
    """One size: sealing, only encrypting, and opening."""
    window = Context(bytes(16), bytes(16), Stream.MAIN, 1, bytes(16))
    key = WindowKey(secrets.token_bytes(32), window)
    raw, nonce, header = AESGCM(secrets.token_bytes(32)), bytes(12), bytes(122)
    payload, times, sealer = secrets.token_bytes(size), BYTES_PER_ROUND // size, Sealer(key)

    def seal() -> bytearray:
        return sealer.seal(Kind.GOP, payload, wall_us=0, monotonic_us=0)

    sealed, expected = seal(), Expectation((Kind.GOP,))
    sealing = _seconds(seal, times)
    floor = _seconds(lambda: raw.encrypt(nonce, payload, header), times)
    opening = _seconds(lambda: frame.open(key, expected, sealed), times)
    peer = "AESGCM.encrypt alone"
    return [
        Figure(
            f"sealing.{name}",
            size / sealing / 1e9,
            "GB/s",
            peer,
            size / floor / 1e9,
        ),
        Figure(f"sealing.{name}_each", sealing * 1e6, "us CPU per fragment", peer, floor * 1e6),
        Figure(
            f"sealing.{name}_camera_hour",
            sealing * RECORDED_BYTES_PER_HOUR / size,
            "CPU s per camera-hour of 4 Mbit/s",
        ),
        Figure(f"sealing.{name}_open", size / opening / 1e9, "GB/s"),
    ]


def run() -> list[Figure]:
    """Gigabytes a second, and microseconds a fragment."""
    return [figure for name, size in SIZES.items() for figure in _bench(name, size)]
