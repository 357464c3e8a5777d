"""What the watcher says, judged before anything is done with it, and bounded while it waits.

The watcher decodes what cameras send, so whoever owns a camera may own the watcher: everything here
is hostile. It may lie about what it sees; it must not fill memory or the disk, stop the hub, or
change what it said nothing about.
"""

import logging
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Final, Literal

from keepsight.core.clock import Clock
from keepsight.hub.event import KIND_LENGTH_MAX, Box, Event, PictureRole
from keepsight.hub.store.events import EVENT_US_MAX

log = logging.getLogger(__name__)
Phase = Literal["start", "update", "end"]
EVENTS_PER_HOUR_MAX: Final = 600
"""Of one camera. A busy street has some hundred."""
EVENTS_PER_DAY_MAX: Final = 5000
OPEN_MAX: Final = 64
"""Events of one camera that go on at the same time."""
ENDED_MAX: Final = 1024
"""Events that are over and may still get a picture: that of a sound comes late."""
PENDING_MAX: Final = 4096
"""Events that wait to be stored, while the disk refuses."""
PICTURES_QUEUED_MAX: Final = 64
PICTURES_PER_EVENT_MAX: Final = 12
"""Of each role: better ones that replace those before."""
PICTURE_BYTES_MAX: Final = 256 * 1024
PREVIEW_BYTES_MAX: Final = 256 * 1024
PREVIEW_PLACES_MAX: Final = 64
ZONES_MAX: Final = 32
ZONE_LENGTH_MAX: Final = 100
PATH_POINTS_MAX: Final = 128
SPANS_MAX: Final = 256
"""Of movement, in one message, and waiting for each camera."""
AGE_US_MAX: Final = EVENT_US_MAX + 3_600_000_000
AHEAD_US_MAX: Final = 60_000_000
_HOUR_US: Final = 3_600_000_000
_JPEG: Final = b"\xff\xd8\xff"
_COMPLAINT_US: Final = 60_000_000


@dataclass(slots=True)
class Pending:
    """An event with what has become of it since it was stored last."""

    event: Event
    phases: list[Phase]


@dataclass(frozen=True, slots=True)
class PendingPicture:
    """A picture that waits to be sealed."""

    camera: bytes
    event_id: bytes
    role: PictureRole
    jpeg: bytes = field(repr=False)
    arrived_us: int
    """Wall time: it shows nothing after that."""
    columns: int = 1
    rows: int = 1
    count: int = 1


def _is_share(value: float) -> bool:
    return isfinite(value) and 0.0 <= value <= 1.0


def _box(box: Box | None) -> Box | None:
    is_sound = box is not None and len(box) == 4 and all(_is_share(part) for part in box)
    return box if is_sound else None


def judged(event: Event, camera: bytes, now_us: int) -> Event | None:
    """What of an event can be believed to be one; None: nothing."""
    is_timely = (
        now_us - AGE_US_MAX <= event.start_us <= now_us + AHEAD_US_MAX
        and event.last_us <= now_us + AHEAD_US_MAX
        and event.last_us - event.start_us < EVENT_US_MAX
    )
    is_formed = (
        event.camera_id == camera
        and len(event.event_id) == 16
        and 0 < len(event.kind) <= KIND_LENGTH_MAX
        and event.kind.isprintable()
        and isfinite(event.confidence)
    )
    if not (is_timely and is_formed):
        return None
    last_us = max(event.last_us, event.start_us)
    end_us = None if event.end_us is None else max(event.start_us, min(event.end_us, last_us))
    return replace(
        event,
        last_us=last_us,
        end_us=end_us,
        confidence=min(1.0, max(0.0, event.confidence)),
        best_us=min(max(event.best_us, event.start_us), last_us),
        best_box=_box(event.best_box),
        zones=tuple(zone for zone in event.zones[:ZONES_MAX] if len(zone) <= ZONE_LENGTH_MAX),
        path=tuple(
            point
            for point in event.path[:PATH_POINTS_MAX]
            if isfinite(point[0]) and _is_share(point[1]) and _is_share(point[2])
        ),
        is_kept=False,
        pictures=(),
    )


class Allowance:
    """How many events one camera may still begin. Time is monotonic."""

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun: deque[int] = deque(maxlen=EVENTS_PER_DAY_MAX)

    def take(self, now_us: int) -> bool:
        """Whether one more may begin; it counts then."""
        is_full = len(self._begun) == EVENTS_PER_DAY_MAX
        if is_full and now_us - self._begun[0] < 24 * _HOUR_US:
            return False
        is_busy = len(self._begun) >= EVENTS_PER_HOUR_MAX
        if is_busy and now_us - self._begun[-EVENTS_PER_HOUR_MAX] < _HOUR_US:
            return False
        self._begun.append(now_us)
        return True


class Intake:
    """Events that are open, and what waits to be stored. Lives in the event loop's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.open: dict[bytes, Event] = {}
        self.refused: Counter[bytes] = Counter()
        """What was not taken, by camera."""
        self.flooded_us: dict[bytes, int] = {}
        """When something was last too much, by camera; monotonic."""
        self._allowances: dict[bytes, Allowance] = {}
        self._pending: dict[bytes, Pending] = {}
        self._ended: dict[bytes, bytes] = {}
        """Camera by event, in the order in which they ended."""
        self._pictures: deque[PendingPicture] = deque()
        self._pictured: Counter[tuple[bytes, PictureRole]] = Counter()
        self._moved: dict[bytes, list[tuple[int, int]]] = {}
        self._complained_us: dict[bytes, int] = {}

    # Taking

    def event(self, camera: bytes, phase: Phase, said: Event) -> bool:
        """Take what begins, goes on or ends; whether it was taken."""
        before = self.open.get(said.event_id)
        is_its_own = before is not None and before.camera_id == camera
        if before and is_its_own and said.last_us - before.start_us >= EVENT_US_MAX:
            # Longer than any: what follows is not of this one.
            self._wait(replace(before, end_us=before.last_us), "end")
            return True
        event = judged(said, camera, self._clock.wall_us())
        if event is None:
            return self._refuse(camera, "what it says about an event makes no sense")
        if before is not None:
            return self._go_on(before, phase, event)
        # Else it is of one that was refused, was deleted or has ended.
        return phase == "start" and self._begin(camera, event)

    def _go_on(self, before: Event, phase: Phase, event: Event) -> bool:
        if before.camera_id != event.camera_id:
            return self._refuse(event.camera_id, "it speaks of another camera's event")
        if event.last_us < before.start_us:
            return self._refuse(event.camera_id, "an event ends before it begins")
        end_us = (event.end_us or event.last_us) if phase == "end" else None
        event = replace(event, start_us=before.start_us, kind=before.kind, end_us=end_us)
        self._wait(event, "end" if phase == "end" else "update")
        return True

    def _begin(self, camera: bytes, event: Event) -> bool:
        open_here = sum(one.camera_id == camera for one in self.open.values())
        if open_here >= OPEN_MAX or len(self._pending) >= PENDING_MAX:
            return self._overflow(camera, "too many events go on at once")
        allowance = self._allowances.setdefault(camera, Allowance())
        if event.event_id in self._pending or not allowance.take(self._clock.monotonic_us()):
            return self._overflow(camera, f"more than {EVENTS_PER_HOUR_MAX} events an hour")
        self._wait(replace(event, end_us=None), "start")
        return True

    def _wait(self, event: Event, phase: Phase) -> None:
        waiting = self._pending.setdefault(event.event_id, Pending(event, []))
        waiting.event = event
        if phase not in waiting.phases:
            waiting.phases.append(phase)
        if phase != "end":
            self.open[event.event_id] = event
            return
        self.open.pop(event.event_id, None)
        self._ended[event.event_id] = event.camera_id
        while len(self._ended) > ENDED_MAX:
            self._forget(next(iter(self._ended)))

    def _forget(self, event_id: bytes) -> None:
        self.open.pop(event_id, None)
        self._ended.pop(event_id, None)
        for role in ("picture", "preview"):
            self._pictured.pop((event_id, role), None)

    def picture(self, new: PendingPicture) -> bool:
        """Take a picture of an event that is open or ended lately; whether it was taken."""
        about = self.open.get(new.event_id)
        camera = about.camera_id if about else self._ended.get(new.event_id)
        if camera != new.camera:
            return False
        places = new.columns * new.rows
        bytes_max = PICTURE_BYTES_MAX if new.role == "picture" else PREVIEW_BYTES_MAX
        is_formed = (
            new.jpeg.startswith(_JPEG)
            and len(new.jpeg) <= bytes_max
            and min(new.columns, new.rows, new.count) > 0
            and new.count <= places <= PREVIEW_PLACES_MAX
        )
        if not is_formed:
            return self._refuse(new.camera, "a picture is none, or too large")
        self._pictures = deque(
            one for one in self._pictures if (one.event_id, one.role) != (new.event_id, new.role)
        )
        if len(self._pictures) >= PICTURES_QUEUED_MAX:
            return self._overflow(new.camera, "pictures come faster than they can be sealed")
        if self._pictured[new.event_id, new.role] >= PICTURES_PER_EVENT_MAX:
            return False
        self._pictured[new.event_id, new.role] += 1
        self._pictures.append(new)
        return True

    def activity(self, camera: bytes, spans: Sequence[tuple[int, int]]) -> None:
        """Take movement that was nobody's."""
        now_us = self._clock.wall_us()
        earliest_us, latest_us = now_us - AGE_US_MAX, now_us + AHEAD_US_MAX
        waiting = self._moved.setdefault(camera, [])
        for start_us, end_us in spans[:SPANS_MAX]:
            if earliest_us <= start_us < end_us <= latest_us and len(waiting) < SPANS_MAX:
                waiting.append((start_us, end_us))

    def _overflow(self, camera: bytes, why: str) -> bool:
        self.flooded_us[camera] = self._clock.monotonic_us()
        return self._refuse(camera, why)

    def _refuse(self, camera: bytes, why: str) -> bool:
        self.refused[camera] += 1
        now_us = self._clock.monotonic_us()
        if now_us - self._complained_us.get(camera, -_COMPLAINT_US) >= _COMPLAINT_US:
            self._complained_us[camera] = now_us
            count = self.refused[camera]
            log.warning("camera %s: not taken: %s (%d so far)", camera.hex()[:8], why, count)
        return False

    # Handing on

    def take(self) -> list[Pending]:
        """Everything that waits to be stored, in the order in which it began."""
        pending, self._pending = list(self._pending.values()), {}
        return pending

    def put_back(self, pending: Sequence[Pending]) -> None:
        """What could not be stored waits on, with what came since."""
        newer, self._pending = self._pending, {}
        for one in pending:
            self._pending[one.event.event_id] = one
        for event_id, one in newer.items():
            older = self._pending.get(event_id)
            phases = older.phases if older else []
            one.phases = [*phases, *(phase for phase in one.phases if phase not in phases)]
            self._pending[event_id] = one

    def take_activity(self) -> dict[bytes, list[tuple[int, int]]]:
        """Movement that waits to be stored, by camera."""
        moved, self._moved = self._moved, {}
        return moved

    def next_picture(self) -> PendingPicture | None:
        """The picture that has waited longest."""
        return self._pictures.popleft() if self._pictures else None

    def drop(self, event_id: bytes) -> None:
        """Forget an event that is not to be stored, or is deleted."""
        self._forget(event_id)
        self._pending.pop(event_id, None)
        self._pictures = deque(one for one in self._pictures if one.event_id != event_id)

    def drop_camera(self, camera: bytes) -> None:
        """Forget everything of a camera."""
        cameras = {event_id: event.camera_id for event_id, event in self.open.items()}
        for event_id, its_camera in [*cameras.items(), *self._ended.items()]:
            if its_camera == camera:
                self._forget(event_id)
        self._pending = {
            i: one for i, one in self._pending.items() if one.event.camera_id != camera
        }
        self._pictures = deque(one for one in self._pictures if one.camera != camera)
        self._moved.pop(camera, None)
        self._allowances.pop(camera, None)
        self.flooded_us.pop(camera, None)

    def end_all(self) -> None:
        """Nothing more comes: whatever is open ended when it was noticed last."""
        for event in list(self.open.values()):
            self._wait(replace(event, end_us=event.last_us), "end")
