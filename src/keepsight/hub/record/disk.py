"""The household's one disk thread: runs writing jobs in order, syncs files together.

The event loop hands over and never waits. What does not fit into the bounded queue is the caller's
gap, not this process's memory. Every file is durable at most SYNC_SECONDS after it was written;
doing the due ones in one go lets the file system commit its journal once for several cameras.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Protocol, TypeVar

from keepsight.core.clock import Clock

log = logging.getLogger(__name__)
T = TypeVar("T")
QUEUE_BYTES_MAX: Final = 192 * 1024 * 1024
QUEUE_JOBS_MAX: Final = 4096
SYNC_SECONDS: Final = 0.5
TICK_SECONDS: Final = 1.0


class Syncable(Protocol):
    """A file that was written to and is not durable yet."""

    def sync(self) -> None:
        """Make it durable; deals with its own errors."""
        ...


class Disk:
    """One thread, one queue."""

    def __init__(
        self, clock: Clock, *, bytes_max: int = QUEUE_BYTES_MAX, jobs_max: int = QUEUE_JOBS_MAX
    ) -> None:
        self._clock = clock
        self._bytes_max = bytes_max
        self._jobs_max = jobs_max
        self._queue: queue.SimpleQueue[tuple[Callable[[], object], int] | None]
        self._queue = queue.SimpleQueue()
        # Each counter has one writer, so the difference needs no lock.
        self._put_bytes = 0
        self._taken_bytes = 0
        self._dirty: dict[Syncable, None] = {}
        self._ticking: tuple[Callable[[], None], ...] = ()
        self._sync_due_us: int | None = None
        self._tick_due_us = 0
        self._thread = threading.Thread(target=self._run, name="disk", daemon=True)

    @property
    def queued_bytes(self) -> int:
        """Handed over and not written yet."""
        return self._put_bytes - self._taken_bytes

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30) -> bool:
        """Finish what is queued, sync, end the thread. True unless the disk is stuck."""
        self._queue.put(None)
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def offer(self, job: Callable[[], object], size_bytes: int) -> bool:
        """Hand over a writing job, from the event loop's thread only; False when it is full."""
        waiting_bytes = self._put_bytes - self._taken_bytes
        if waiting_bytes + size_bytes > self._bytes_max or self._queue.qsize() >= self._jobs_max:
            return False
        self._put_bytes += size_bytes
        self._queue.put((job, size_bytes))
        return True

    def call(self, job: Callable[[], T]) -> Future[T]:
        """Run something small between the writing jobs, from any thread, and get its result."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(job())
            except Exception as error:  # noqa: BLE001 - goes to the asker
                future.set_exception(error)

        self._queue.put((run, 0))
        return future

    def every_tick(self, act: Callable[[], None]) -> None:
        """Run `act` in the disk thread about once a second. Before `start`."""
        self._ticking = (*self._ticking, act)

    def written(self, file: Syncable) -> None:
        """Tell that a file needs a sync; from the disk thread only."""
        self._dirty[file] = None
        if self._sync_due_us is None:
            self._sync_due_us = self._clock.monotonic_us() + int(SYNC_SECONDS * 1e6)

    def synced(self, file: Syncable) -> None:
        """Tell that a file was synced or given up; from the disk thread only."""
        self._dirty.pop(file, None)

    def _run(self) -> None:
        self._tick_due_us = self._clock.monotonic_us() + int(TICK_SECONDS * 1e6)
        while True:
            due_us = min(self._sync_due_us or self._tick_due_us, self._tick_due_us)
            wait_us = due_us - self._clock.monotonic_us()
            try:
                item = self._queue.get(timeout=max(0.0, wait_us / 1e6))
            except queue.Empty:
                self._do_due()
                continue
            if item is None:
                self._sync_all()
                return
            self._guarded(item[0])
            self._taken_bytes += item[1]
            if wait_us <= 0:
                self._do_due()

    def _do_due(self) -> None:
        now_us = self._clock.monotonic_us()
        if self._sync_due_us is not None and now_us >= self._sync_due_us:
            self._sync_all()
        if now_us >= self._tick_due_us:
            self._tick_due_us = now_us + int(TICK_SECONDS * 1e6)
            for act in self._ticking:
                self._guarded(act)

    def _sync_all(self) -> None:
        dirty, self._dirty, self._sync_due_us = self._dirty, {}, None
        for file in dirty:
            self._guarded(file.sync)

    def _guarded(self, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception:
            # A fault of one camera's job must not end the recording of the others.
            log.exception("disk: a job failed")
