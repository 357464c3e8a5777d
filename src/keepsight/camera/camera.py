"""Builds and runs a camera made of software: a source in a thread, a server in the loop.

The one place where samples cross from the source's thread to the event loop.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from keepsight.camera.faults import Faults
from keepsight.camera.media import MAIN, SUB, VIDEO_CLOCK_RATE, Sample, Source, Tracks
from keepsight.camera.mount import Mount
from keepsight.camera.packetize import MTU_BYTES_DEFAULT
from keepsight.camera.server import CameraServer, Identity

IN_FLIGHT_SAMPLES_MAX: Final = 64
"""Between thread and loop; the source waits when the loop is that far behind."""
WAKE_SECONDS: Final = 0.5
"""How often a waiting source looks whether it shall stop."""
FAULT_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class MountRules:
    """How streams become packets."""

    path: str = "/main"
    """Of the main stream; the sub stream is at `/sub`."""
    mtu_bytes: int = MTU_BYTES_DEFAULT
    is_aggregating: bool = False
    clock_offset_us: int = 0
    """How wrong the camera's clock is, in its sender reports."""


def build_mounts(streams: dict[str, Tracks], rules: MountRules) -> dict[str, Mount]:
    """Mounts by URL path."""
    paths = {MAIN: rules.path, SUB: "/sub"}
    return {
        paths[name]: Mount(
            name,
            tracks,
            mtu_bytes=rules.mtu_bytes,
            is_aggregating=rules.is_aggregating,
            clock_offset_us=rules.clock_offset_us,
        )
        for name, tracks in streams.items()
    }


class _Joint:
    """Makes the timestamps of a second source continue those of the first."""

    def __init__(self) -> None:
        self._newest_us = 0
        self._shift_us = 0

    def shift(self) -> None:
        """Another source begins at 0 now."""
        self._shift_us = self._newest_us

    def place(self, sample: Sample, clock_rate: int) -> Sample:
        """The sample on the common timeline."""
        ticks = sample.media_ticks + self._shift_us * clock_rate // 1_000_000
        self._newest_us = max(self._newest_us, ticks * 1_000_000 // clock_rate)
        return replace(sample, media_ticks=ticks) if self._shift_us else sample


class Camera:
    """One simulated camera."""

    def __init__(
        self,
        source: Source,
        server: CameraServer,
        *,
        mount_rules: MountRules | None = None,
        other_source: Source | None = None,
        other_identity: Identity | None = None,
    ) -> None:
        """Put a camera together.

        Args:
            source: what it shows.
            server: who it is; its mounts are those of the source.
            mount_rules: for mounts that are built anew when the codec changes.
            other_source: plays after the fault `switch_after_seconds`.
            other_identity: after the fault `identity_after_seconds`.
        """
        self._source = source
        self._server = server
        self._mount_rules = mount_rules or MountRules()
        self._other_source = other_source
        self._other_identity = other_identity
        self._stop_source = threading.Event()
        self._joint = _Joint()

    async def run(
        self,
        host: str,
        port: int,
        stop: asyncio.Event,
        on_ready: Callable[[int], None] | None = None,
    ) -> None:
        """Serve until `stop` is set; `on_ready` is told the port.

        Raises:
            OSError: the address cannot be bound.
            ExceptionGroup: the source failed.
        """
        bound = await self._server.listen(host, port)
        if on_ready is not None:
            on_ready(bound)
        try:
            async with asyncio.TaskGroup() as group:
                faults = group.create_task(self._carry_out_faults())
                plays = group.create_task(self._play())
                await stop.wait()
                faults.cancel()
                self._stop_source.set()
                plays.cancel()
        finally:
            self._stop_source.set()
            await self._server.close()

    async def _play(self) -> None:
        """One source after the other, each in a thread."""
        while True:
            stop, source = self._stop_source, self._source
            await asyncio.to_thread(source.run, self._emitter(stop), self._server.demand, stop)
            if source is self._source:
                return

    def _emitter(self, stop: threading.Event) -> Callable[[Sample], None]:
        loop = asyncio.get_running_loop()
        room = threading.BoundedSemaphore(IN_FLIGHT_SAMPLES_MAX)

        def deliver(sample: Sample) -> None:
            room.release()
            if not stop.is_set():
                self._deliver(sample)

        def emit(sample: Sample) -> None:
            while not room.acquire(timeout=WAKE_SECONDS):
                if stop.is_set():
                    return
            if not loop.is_closed():
                loop.call_soon_threadsafe(deliver, sample)

        return emit

    def _deliver(self, sample: Sample) -> None:
        tracks = self._source.streams.get(sample.stream)
        audio = tracks.audio if tracks else None
        rate = VIDEO_CLOCK_RATE if sample.is_video or audio is None else audio.clock_rate
        self._server.publish(self._joint.place(sample, rate))

    # --- faults that need more than one sample or one connection

    async def _carry_out_faults(self) -> None:
        mischief = self._server.mischief
        faults = mischief.faults
        if faults == Faults():
            return  # nothing to look for, twenty times a second
        next_reboot = faults.reboot_every_seconds
        is_switched = is_replaced = False
        while True:
            await asyncio.sleep(FAULT_LOOK_SECONDS)
            age = mischief.age_seconds
            if next_reboot and faults.reboot_every_seconds and age >= next_reboot:
                await self._server.reboot(faults.reboot_seconds)
                next_reboot = mischief.age_seconds + faults.reboot_every_seconds
            after = faults.switch_after_seconds
            if after is not None and age >= after and not is_switched and self._other_source:
                is_switched = True
                await self._switch(self._other_source)
            after = faults.identity_after_seconds
            if after is not None and age >= after and not is_replaced and self._other_identity:
                is_replaced = True
                await self._server.reboot(faults.reboot_seconds, self._other_identity)

    async def _switch(self, other: Source) -> None:
        """Play another source: in band if its codecs are the same, else after a reboot."""
        before, after = self._source.streams[MAIN], other.streams[MAIN]
        is_in_band = before.video.codec == after.video.codec and before.audio == after.audio
        stop, self._stop_source, self._source = self._stop_source, threading.Event(), other
        stop.set()
        self._joint.shift()
        if not is_in_band:
            self._server.mounts = build_mounts(other.streams, self._mount_rules)
            await self._server.reboot(self._server.mischief.faults.reboot_seconds)
