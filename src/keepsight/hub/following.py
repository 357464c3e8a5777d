"""Recording follows events: tells what deletes recordings where somebody would have been noticed.

A camera that keeps only what is around events is looked at every few seconds. Only while its
watcher recognises things in everything that the camera sends does "no event" mean "nobody".
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from keepsight.hub.camera import StreamState
from keepsight.hub.running import RunningCamera
from keepsight.hub.store.recordings import IndexFailedError
from keepsight.hub.watch.watched import PICTURE_STREAMS
from keepsight.hub.watch.watchstate import WatchPhase

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
LOOK_SECONDS: Final = 5.0
SILENCE_US_MAX: Final = 8_000_000
"""A camera whose newest picture is older than this is not watched."""
FORGET_LOOKS: Final = 120
"""Events without recordings are forgotten at every such look: ten minutes."""


class Following:
    """Lives in the event loop's thread."""

    def __init__(self, household: "Household") -> None:
        self._household = household
        self._marks: dict[bytes, tuple[int, int]] = {}
        """By camera: since when it is watched, and by which start of the watcher."""
        self._forgotten_us: dict[bytes, int] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        looks = 0
        while True:
            self.look()
            looks += 1
            if looks % FORGET_LOOKS == 0:
                await self.forget()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Note of each camera that follows events whether it is watched at this moment."""
        vigils, watch = self._household.archive.recordings.vigils, self._household.watch
        for running in self._household.roster.running():
            camera = running.camera.camera_id
            if running.camera.rule.mode != "events":
                # What was recorded before the mode is chosen again does not follow events.
                vigils.forget(camera)
                continue
            state = watch.state(camera)
            mark = state.since_us, watch.starts
            if self._marks.get(camera) != mark:
                # It was not watched for a moment since the last look.
                self._marks[camera] = mark
                vigils.note(camera, is_watched=False)
            # Behind is not enough: pictures were left out, and somebody may be on them.
            is_watching = state.state is WatchPhase.WATCHING and self._is_seen_whole(running)
            vigils.note(camera, is_watched=is_watching)

    def _is_seen_whole(self, running: RunningCamera) -> bool:
        """Whether the camera sends what is watched, and its owner wants anything noticed."""
        now_us = self._household.clock.monotonic_us()
        for stream in PICTURE_STREAMS:
            ingest = running.ingests.get(stream)
            # The watcher gets the next stream only when this one is known to be gone.
            if ingest is not None and ingest.status.state is StreamState.RUNNING:
                unit_us = ingest.status.unit_monotonic_us
                is_sending = unit_us is not None and now_us - unit_us <= SILENCE_US_MAX
                return is_sending and bool(running.camera.watching.kinds)
        return False

    async def forget(self) -> None:
        """Forget the events whose recordings had to go for lack of space."""
        events = self._household.events
        for camera, before_us in self._household.archive.recordings.freed().items():
            if before_us > self._forgotten_us.get(camera, 0):
                try:
                    await events.forget_before(camera, before_us)
                except (IndexFailedError, OSError) as error:
                    log.warning("events without recordings could not be forgotten: %s", error)
                    continue
                self._forgotten_us[camera] = before_us
