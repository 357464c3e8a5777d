"""Builds and runs a household's recording: the file to read first in this folder.

    recorder (event loop) -> disk thread: reel -> film -> segment file -> index -> acknowledged

Everything here is synchronous and made to be called through `asyncio.to_thread` or from the one SQL
thread, except `recorder` and the recorder it returns, which belong to the event loop.
"""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.ballast import Ballast
from keepsight.hub.record.catalogue import Catalogue
from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.disk import Disk
from keepsight.hub.record.forecast import Forecast
from keepsight.hub.record.playback import Playback
from keepsight.hub.record.recorder import Recorder
from keepsight.hub.record.recovery import Recovered, Recovery, open_index
from keepsight.hub.record.reel import Desk, Reel
from keepsight.hub.record.retention import SWEEP_SEGMENTS, Deleted, Retention, free_bytes
from keepsight.hub.record.rounds import Rounds
from keepsight.hub.record.rules import EventSource, RetentionRules, no_events
from keepsight.hub.record.segment import make_folder
from keepsight.hub.record.vigil import Vigils
from keepsight.hub.recording import RecordingKeys, Segment
from keepsight.hub.store.recordings import IndexFailedError
from keepsight.seal.header import Stream
from keepsight.seal.press import Press

log = logging.getLogger(__name__)
SWEEP_US: Final = 60_000_000
"""Between two looks for what is too old or too much, unless the last look found more."""


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """For `GET /api/status`."""

    free_bytes: int
    total_bytes: int
    recorded_bytes: int
    bytes_per_day: int
    days_left: float | None
    state: str
    """ok, disk_full, disk_error, behind or index_error."""
    kept_deleted_us: int | None
    """When recordings of kept events last had to go, for lack of space."""


class Recordings:
    """One household's recordings."""

    def __init__(  # noqa: PLR0913 - its parts, each given once by works.py
        self, folder: Path, keys: RecordingKeys, clock: Clock, rules: RetentionRules,
        *, events: EventSource = no_events, acknowledge: Callable[[Segment], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """Open the index and recover what the last stop left; may take seconds.

        Args:
            folder: the household's data directory.
            keys: the open keyring.
            clock: wall and monotonic time.
            rules: what is kept; change it later with `set_rules`.
            events: what happened when, for the rules; asked in the disk thread.
            acknowledge: called in the disk thread with each segment as far as it is durable.

        Raises:
            OSError: the data directory cannot be written; the message says which file.
        """
        self.household = keys.household
        self._folder = folder
        self._root = folder / "segments"
        self._clock = clock
        make_folder(self._root)
        self.recovered = Recovered()
        self.store = open_index(folder, keys.household, clock, self.recovered)
        day_keys = DayKeys(self._root, keys)
        self._recovery = Recovery(self._root, keys.household, self.store, day_keys, self.recovered)
        self._recovery.prepare()
        self.catalogue = Catalogue(keys.household, self.store)
        self.playback = Playback(self._root, keys.household, day_keys)
        self._disk = Disk(clock)
        self.vigils = Vigils(clock)
        self._retention = Retention(
            root=self._root, household=keys.household, store=self.store, day_keys=day_keys,
            ballast=Ballast(folder / "ballast"), clock=clock, rules=rules,
            rounds=Rounds(
                household=keys.household, store=self.store, clock=clock, vigils=self.vigils,
                events=events,
            ),
        )  # fmt: skip
        self._desk = Desk(
            household=keys.household, root=self._root, day_keys=day_keys, disk=self._disk,
            press=Press(),
            catalogue=self.catalogue, clock=clock, make_room=self._retention.make_room,
            acknowledge=acknowledge,
        )  # fmt: skip
        self._recorders: dict[tuple[bytes, Stream], tuple[Recorder, Reel]] = {}
        self._interrupted = {(c, s): end for c, s, end in self._recovery.interrupted()}
        self._sweep_due_us = 0
        self._is_stopping = threading.Event()
        self._reconciler = threading.Thread(target=self._reconcile, name="reconcile", daemon=True)

    def start(self) -> None:
        """Start the disk thread, and compare index and files in the background."""
        self._disk.every_tick(self.catalogue.retry)
        self._disk.every_tick(self._sweep)
        for (camera, stream), end_us in self._interrupted.items():
            _, reel = self._recorder(camera, stream)
            self._disk.call(partial(reel.resume_gap, end_us, BreakReason.HUB_STOPPED))
        self._disk.start()
        self._reconciler.start()

    def stop(self) -> None:
        """End every segment, write everything down, close. Blocks for as long as the disk takes."""
        self._is_stopping.set()
        for recorder, _ in self._recorders.values():
            recorder.on_break(BreakReason.HUB_STOPPED, self._clock.wall_us())
        if not self._disk.stop():
            log.error("the disk is stuck: the last pictures are not written")
            return
        self._reconciler.join()
        self.store.close()

    # For the event loop

    def recorder(self, camera: bytes, stream: Stream) -> Recorder:
        """The reader to attach to a stream's fan-out; always the same one for a stream."""
        return self._recorder(camera, stream)[0]

    def roll(self, camera: bytes | None = None) -> None:
        """Begin new segments, so new keys, at the next keyframe: after a revocation."""
        for (of, _), (recorder, _) in self._recorders.items():
            if camera is None or of == camera:
                recorder.roll()

    def set_rules(self, rules: RetentionRules) -> None:
        """Keep by these rules from now on."""
        self._retention.rules = rules
        self._disk.call(self._retention.rounds.begin_anew)
        self._sweep_due_us = 0

    def look_again(self, camera: bytes) -> None:
        """An event of this camera is gone, or not kept any more: its recordings may go."""
        self._disk.call(partial(self._retention.rounds.begin_anew, camera))

    def freed(self) -> dict[bytes, int]:
        """Before when cameras have no recordings any more, for lack of space."""
        return self._retention.freed()

    # For a thread

    def delete_range(self, camera: bytes, from_us: int, to_us: int) -> Deleted:
        """Delete a camera's whole segments inside a range; blocks, recording goes on meanwhile.

        Raises:
            OSError: the disk refused; what was begun is finished at the next start.
            IndexFailedError: the index refused.
        """
        doomed = self._retention.within(camera, from_us, to_us)
        total = Deleted(0, 0)
        for first in range(0, len(doomed), SWEEP_SEGMENTS):
            batch = doomed[first : first + SWEEP_SEGMENTS]
            deleted = self._disk.call(partial(self._retention.delete, batch)).result()
            total = Deleted(
                total.segments + deleted.segments, total.size_bytes + deleted.size_bytes
            )
        return total

    def delete_camera(self, camera: bytes) -> Deleted:
        """Delete everything of a camera. Detach its recorders from the fan-out before.

        Raises:
            OSError: the disk refused; what was begun is finished at the next start.
            IndexFailedError: the index refused.
        """
        mine = [key for key in self._recorders if key[0] == camera]
        for key in mine:
            stop = partial(self._recorders[key][1].stop, BreakReason.STOPPED, self._clock.wall_us())
            self._disk.call(stop).result()
        deleted = self.delete_range(camera, 0, 1 << 62)
        self._disk.call(partial(self._retention.forget_camera, camera)).result()
        self.vigils.forget(camera)
        for key in mine:
            del self._recorders[key]
        return deleted

    def forecast(self) -> Forecast:
        """How long the disk lasts."""
        return self._retention.forecast()

    def status(self) -> DiskStatus:
        """Space, growth and health of the disk; asks the index.

        Raises:
            OSError: the disk cannot be asked.
            IndexFailedError: the index cannot be read.
        """
        status = os.statvfs(self._root)
        forecast = self._retention.forecast()
        troubles = {recorder.trouble for recorder, _ in self._recorders.values()}
        state = "ok"
        for reason, word in (
            (BreakReason.DISK_ERROR, "disk_error"),
            (BreakReason.DISK_FULL, "disk_full"),
            (BreakReason.RECORDER_BEHIND, "behind"),
        ):
            if reason in troubles:
                state = word
                break
        else:
            state = "index_error" if self.catalogue.is_index_failing else "ok"
        return DiskStatus(
            free_bytes=free_bytes(self._root), total_bytes=status.f_blocks * status.f_frsize,
            recorded_bytes=sum(self.store.streams(self.household).values()),
            bytes_per_day=forecast.bytes_per_day, days_left=forecast.days_left, state=state,
            kept_deleted_us=self._retention.kept_deleted_us,
        )  # fmt: skip

    # Inside

    def _recorder(self, camera: bytes, stream: Stream) -> tuple[Recorder, Reel]:
        if (camera, stream) not in self._recorders:
            reel = Reel(self._desk, camera, stream)
            self._recorders[camera, stream] = Recorder(reel, self._disk), reel
        return self._recorders[camera, stream]

    def _sweep(self) -> None:
        now_us = self._clock.monotonic_us()
        if now_us < self._sweep_due_us:
            return
        self._sweep_due_us = now_us + SWEEP_US
        try:
            deleted = self._retention.sweep().segments
            if deleted >= SWEEP_SEGMENTS or self._retention.is_behind:
                self._sweep_due_us = now_us
        except (OSError, IndexFailedError) as error:
            log.warning("old recordings could not be deleted: %s", error)

    def _reconcile(self) -> None:
        try:
            self._recovery.reconcile(self.catalogue.is_open, self._is_stopping.is_set)
        except (OSError, IndexFailedError) as error:
            log.warning("index and files could not be compared: %s", error)
