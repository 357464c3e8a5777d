"""When a camera was really watched: only there may "nothing happened" delete a recording.

The watcher's state is noted every few seconds. Notes that follow each other closely, on a clock
that nobody set in between, make one vigil. Whatever is no part of one counts as not watched: the
watcher was off, hung or behind, the camera sent it nothing, the hub was not running. Vigils are in
memory only, so after a start of the hub nothing before it is deleted as eventless.
"""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from keepsight.core.clock import Clock

NOTES_APART_US_MAX: Final = 30_000_000
"""Between two notes of one vigil."""
CLOCK_STEP_US_MAX: Final = 2_000_000
"""Wall time may move so far from monotonic time within a vigil."""
EVENT_DELAY_US: Final = 600_000_000
"""An event may be told so long after it began; until then nothing is eventless."""
DOUBT_US: Final = 10_000_000
"""A camera's silence is noticed so late: what is noted is believed up to so long before."""
VIGILS_MAX: Final = 64
"""A camera's; the oldest is forgotten first, and what was recorded in it is kept for its days."""


@dataclass(slots=True)
class Vigil:
    """From..to in wall time, and what to add to monotonic time to get wall time."""

    since_us: int
    until_us: int
    noted_monotonic_us: int
    offset_us: int


class Vigils:
    """Noted by the event loop, asked by the disk thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._vigils: dict[bytes, deque[Vigil]] = {}
        self._going_on: set[bytes] = set()
        self._offset_us = clock.wall_us() - clock.monotonic_us()

    def note(self, camera: bytes, *, is_watched: bool) -> None:
        """Say whether a camera is watched at this moment."""
        with self._lock:
            monotonic_us = self._look_at_clock()
            if not is_watched:
                self._going_on.discard(camera)
                return
            wall_us = monotonic_us + self._offset_us
            vigils = self._vigils.setdefault(camera, deque(maxlen=VIGILS_MAX))
            if camera in self._going_on:
                last = vigils[-1]
                is_close = monotonic_us - last.noted_monotonic_us <= NOTES_APART_US_MAX
                if is_close and abs(self._offset_us - last.offset_us) <= CLOCK_STEP_US_MAX:
                    last.until_us, last.noted_monotonic_us = wall_us, monotonic_us
                    return
            self._going_on.add(camera)
            vigils.append(Vigil(wall_us, wall_us, monotonic_us, self._offset_us))

    def forget(self, camera: bytes) -> None:
        """The camera is gone, or keeps everything: what was watched before says nothing."""
        with self._lock:
            self._vigils.pop(camera, None)
            self._going_on.discard(camera)

    def is_settled(self, camera: bytes, from_us: int, to_us: int) -> bool:
        """Whether it was watched all that time, long enough ago for every event to be known."""
        with self._lock:
            monotonic_us = self._look_at_clock()
            return any(
                vigil.since_us <= from_us and to_us <= self._settled_us(vigil, monotonic_us)
                for vigil in self._vigils.get(camera, ())
            )

    def settled_us(self, camera: bytes) -> int | None:
        """Nothing after this can be settled yet; None: nothing can."""
        with self._lock:
            monotonic_us = self._look_at_clock()
            vigils = self._vigils.get(camera, ())
            return max((self._settled_us(s, monotonic_us) for s in vigils), default=None)

    @staticmethod
    def _settled_us(vigil: Vigil, monotonic_us: int) -> int:
        # By the monotonic clock: wall time that was set must not make anything old.
        settled_us = monotonic_us + vigil.offset_us - EVENT_DELAY_US
        return min(vigil.until_us - DOUBT_US, settled_us)

    def _look_at_clock(self) -> int:
        """Monotonic time. After wall time went back it is used twice, so no vigil holds."""
        monotonic_us = self._clock.monotonic_us()
        before_us, self._offset_us = self._offset_us, self._clock.wall_us() - monotonic_us
        if self._offset_us < before_us - CLOCK_STEP_US_MAX:
            self._vigils.clear()
            self._going_on.clear()
        return monotonic_us
