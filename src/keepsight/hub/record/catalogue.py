"""What is recorded, as far as it is durable: the index, and what is not in the index yet.

Growing segments are listed with their durable fragments, so playback can follow at two seconds'
distance. When the index cannot be written (disk full), rows wait here and are written later; the
segment files are the truth in the meantime.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from keepsight.hub.recording import Gap, Segment
from keepsight.hub.store.recordings import IndexFailedError, RecordingStore
from keepsight.seal.header import Stream

log = logging.getLogger(__name__)
WAITING_MAX: Final = 20_000
"""Index changes that wait; beyond it the oldest is left to the next start's recovery."""


class Growing(Protocol):
    """A segment that is being written."""

    @property
    def writer(self) -> bytes:
        """Its writer id."""
        ...

    def durable(self) -> Segment:
        """As far as it survives a power cut."""
        ...


class Catalogue:
    """Read from any thread; changed from the disk thread."""

    def __init__(self, household: bytes, store: RecordingStore) -> None:
        self._household = household
        self._store = store
        self._lock = threading.Lock()
        self._growing: dict[Growing, None] = {}
        self._unlisted: dict[bytes, Segment] = {}
        self._waiting: deque[Callable[[], None]] = deque()
        self.is_index_failing = False
        """The last change of the index was refused."""

    # Changing

    def grow(self, film: Growing) -> None:
        """A segment was begun."""
        with self._lock:
            self._growing[film] = None

    def drop(self, film: Growing) -> None:
        """A segment was begun and nothing of it lasts."""
        with self._lock:
            self._growing.pop(film, None)

    def finish(self, film: Growing, *, is_named: bool) -> Segment | None:
        """A segment ended: list it for good.

        Args:
            film: the growing segment.
            is_named: its file has the final name; otherwise it stays a `.part` until recovery.

        Returns:
            The segment, or None if nothing of it is durable.
        """
        segment = replace(film.durable(), is_growing=not is_named)
        if not segment.fragments:
            self.drop(film)
            return None
        with self._lock:
            self._unlisted[segment.writer] = segment
            self._growing.pop(film, None)
        if is_named:
            self._change(lambda: self._add(segment))
        return segment

    def open_gap(self, camera: bytes, stream: Stream, gap: Gap) -> None:
        """Write a gap down."""
        self._change(lambda: self._store.open_gap(self._household, camera, stream, gap))

    def close_gaps(self, camera: bytes, stream: Stream, end_us: int) -> None:
        """End the gap that lasts."""
        self._change(lambda: self._store.close_gaps(self._household, camera, stream, end_us))

    def retry(self) -> None:
        """Write what waits, in order, until the index refuses again."""
        while self._waiting:
            try:
                self._waiting[0]()
            except IndexFailedError as error:
                if not self.is_index_failing:
                    log.error("the index of recordings refuses changes: %s", error)  # noqa: TRY400
                self.is_index_failing = True
                return
            self._waiting.popleft()
        self.is_index_failing = False

    def _change(self, act: Callable[[], None]) -> None:
        if len(self._waiting) >= WAITING_MAX:
            self._waiting.popleft()
        self._waiting.append(act)
        self.retry()

    def _add(self, segment: Segment) -> None:
        self._store.add(self._household, [segment])
        with self._lock:
            self._unlisted.pop(segment.writer, None)

    # Asking

    def segments(self, camera: bytes, stream: Stream, from_us: int, to_us: int) -> list[Segment]:
        """Segments that reach into from_us..to_us, by start, the growing one last.

        After the clock went back, two segments may cover the same wall time; both are listed.

        Raises:
            IndexFailedError: the index cannot be read.
        """
        # Asked in this order, so that a segment on its way into the index is never in neither.
        fresh = self._unlisted_now()
        listed = self._store.segments(self._household, camera, stream, from_us, to_us)
        return _merge(listed, fresh, camera, stream, from_us, to_us)

    def brief(self, camera: bytes, stream: Stream, from_us: int, to_us: int) -> list[Segment]:
        """The same without the fragments of segments that are in the index; see the store."""
        fresh = self._unlisted_now()
        listed = self._store.brief(self._household, camera, stream, from_us, to_us)
        return _merge(listed, fresh, camera, stream, from_us, to_us)

    def find(self, writers: Sequence[bytes]) -> dict[bytes, Segment]:
        """The segments with these writer ids.

        Raises:
            IndexFailedError: the index cannot be read.
        """
        wanted = set(writers)
        found = {s.writer: s for s in self._unlisted_now() if s.writer in wanted}
        missing = [writer for writer in wanted if writer not in found]
        if missing:
            found |= {s.writer: s for s in self._store.find(self._household, missing)}
        return found

    def is_open(self, writer: bytes) -> bool:
        """Whether this segment is being written or waits for its row."""
        with self._lock:
            films = list(self._growing)
            if writer in self._unlisted:
                return True
        return any(film.writer == writer for film in films)

    def gaps(self, camera: bytes, stream: Stream, from_us: int, to_us: int) -> list[Gap]:
        """Gaps that reach into from_us..to_us, by start."""
        return self._store.gaps(self._household, camera, stream, from_us, to_us)

    def _unlisted_now(self) -> list[Segment]:
        with self._lock:
            films, unlisted = list(self._growing), list(self._unlisted.values())
        return [s for s in (*unlisted, *(film.durable() for film in films)) if s.fragments]


def _merge(  # noqa: PLR0913, PLR0917 - a query's parts
    listed: list[Segment], fresh: list[Segment], camera: bytes, stream: Stream,
    from_us: int, to_us: int,
) -> list[Segment]:  # fmt: skip
    known = {segment.writer for segment in listed}
    listed += [
        s
        for s in fresh
        if s.camera == camera and s.stream is stream and s.writer not in known
        and s.start_us < to_us and s.end_us > from_us
    ]  # fmt: skip
    listed.sort(key=lambda s: s.start_us)
    return listed
