"""Events of an open household: from the watcher into the store, and from there to whoever may know.

One task writes: events first, because somebody waits to be told of them, then pictures, one at a
time. What waits is bounded in `intake.py`.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from keepsight.hub.event import Event
from keepsight.hub.events.deletion import Deletion
from keepsight.hub.events.intake import Intake, Pending, PendingPicture, Phase
from keepsight.hub.events.pictures import PictureFiles
from keepsight.hub.keyrelease import ReleasableWindow
from keepsight.hub.keyring import KeyringError
from keepsight.hub.store.activity import ActivityStore
from keepsight.hub.store.event_list import (
    DayCount,
    EventFilter,
    EventList,
    ListReader,
    SeenEvent,
)
from keepsight.hub.store.events import EventsFailedError, EventStore, StoredPicture
from keepsight.seal.header import Stream
from keepsight.seal.keys import UnwrapError

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
UPDATE_SECONDS: Final = 2.0
"""So late an event that goes on is stored; one that begins or ends is stored at once."""
RETRY_SECONDS: Final = 5.0
FIRST_LOOK_SECONDS: Final = 600.0
"""Nothing is deleted by age before: a machine without a clock of its own asks others first."""
RULES_SECONDS: Final = 3600.0
FLOOD_ALARM_US: Final = 3_600_000_000
"""So long after the last event that was too much, the status page says so."""

Listener = Callable[[str, Event], None]
"""Told of an event when it is stored: `start`, `update` or `end`, and `picture` when it has another
picture. Called in the event loop; must not block."""


class Events:
    """What was noticed. Lives in the event loop's thread."""

    def __init__(self, household: "Household") -> None:
        self._household = household
        engine = household.store.engine
        self.store = EventStore(engine)
        self.listing = EventList(engine)
        self.movement = ActivityStore(engine)
        self.intake = Intake(household.clock)
        self.files = PictureFiles(
            household.directory / "events", household.keyring, household.clock
        )
        self.listeners: list[Listener] = []
        self._wake = asyncio.Event()
        self._is_timed = False
        self.deletion = Deletion(household, self.store, self.movement, self.files, self.intake)

    # From the watcher

    def on_event(self, camera: bytes, phase: Phase, event: Event) -> None:
        """Something begins, goes on or ends. Never blocks, never raises."""
        if self._is_known(camera) and self.intake.event(camera, phase, event):
            if phase == "update":
                self._wake_later(UPDATE_SECONDS)
            else:
                self._wake.set()

    def on_picture(self, camera: bytes, event_id: bytes, jpeg: bytes) -> None:
        """A better picture of an event, a JPEG. Never blocks, never raises."""
        now_us = self._household.clock.wall_us()
        self._on_picture(PendingPicture(camera, event_id, "picture", jpeg, now_us))

    def on_preview(  # noqa: PLR0913, PLR0917 - the watcher's message
        self, camera: bytes, event_id: bytes, columns: int, rows: int, count: int, jpeg: bytes
    ) -> None:
        """Several small pictures of an event in one JPEG. Never blocks, never raises."""
        now_us = self._household.clock.wall_us()
        self._on_picture(
            PendingPicture(camera, event_id, "preview", jpeg, now_us, columns, rows, count)
        )

    def _on_picture(self, new: PendingPicture) -> None:
        if self._is_known(new.camera) and self.intake.picture(new):
            self._wake.set()

    def on_activity(self, camera: bytes, spans: Sequence[tuple[int, int]]) -> None:
        """Movement that was nobody's. Never blocks, never raises."""
        if self._is_known(camera):
            self.intake.activity(camera, spans)
            self._wake_later(UPDATE_SECONDS)

    def _is_known(self, camera: bytes) -> bool:
        running = self._household.roster.find(camera)
        return running is not None and not running.camera.is_trial

    def _wake_later(self, seconds: float) -> None:
        def wake() -> None:
            self._is_timed = False
            self._wake.set()

        if not self._is_timed:
            self._is_timed = True
            asyncio.get_running_loop().call_later(seconds, wake)

    # Running

    async def load(self) -> None:
        """End what the last stop left open. Before anything is deleted by rules."""
        household = self._household
        ended = await household.sql(self.store.end_open, household.household_id)
        if ended:
            log.info("%d events were open at the last stop and ended then", ended)

    async def run(self) -> None:
        """Store what comes, until cancelled."""
        await self._sweep()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._work()
            except Exception:
                # Nothing that is noticed may stop the recording.
                log.exception("some events could not be stored")

    async def _sweep(self) -> None:
        household = self._household.household_id
        try:
            swept = await asyncio.to_thread(
                self.files.sweep,
                lambda camera, day: self.store.pictures_of_day(household, camera, day),
            )
        except (EventsFailedError, OSError) as error:
            log.warning("pictures of events could not be looked through: %s", error)
            return
        if swept:
            log.info("%d pictures of events had no row and were removed", swept)

    async def keep_rules(self) -> None:
        """Forget what is old, once an hour, until cancelled."""
        await asyncio.sleep(FIRST_LOOK_SECONDS)
        while True:
            try:
                await self.deletion.old()
            except (EventsFailedError, OSError) as error:
                log.warning("old events could not be forgotten: %s", error)
            await asyncio.sleep(RULES_SECONDS)

    def alarms(self) -> list[dict[str, Any]]:
        """Cameras of which more is noticed than is stored, with a code for the UI's catalogue."""
        now_us = self._household.clock.monotonic_us()
        flooded = self.intake.flooded_us.values()
        if not any(now_us - at_us < FLOOD_ALARM_US for at_us in flooded):
            return []
        text = "a camera notices so much that some of it is left out: set zones or fewer kinds"
        return [{"code": "events_dropped", "text": text, "since_us": None}]

    async def stop(self) -> None:
        """Nothing more comes: end what is open and write it down."""
        self.intake.end_all()
        await self._work()

    async def _work(self) -> None:
        async with self.deletion.writing:
            await self._write()
            while (picture := self.intake.next_picture()) is not None:
                await self._press(picture)
                await self._write()

    async def _write(self) -> None:
        household, pending = self._household, self.intake.take()
        begun = [one.event for one in pending if "start" in one.phases]
        changed = [one.event for one in pending if "start" not in one.phases]
        try:
            if pending:
                new = await household.sql(self.store.write, household.household_id, begun, changed)
                self._tell(pending, new)
            for camera, spans in self.intake.take_activity().items():
                await household.sql(self.movement.add, household.household_id, camera, spans)
        except EventsFailedError as error:
            log.warning("events could not be stored, tried again: %s", error)
            self.intake.put_back(pending)
            self._wake_later(RETRY_SECONDS)

    def _tell(self, pending: Sequence[Pending], new: set[bytes]) -> None:
        for one in pending:
            event_id = one.event.event_id
            if "start" in one.phases and event_id not in new:
                self.intake.drop(event_id)  # its id is another event's
                continue
            for phase in one.phases:
                event = one.event
                if phase == "start" and "end" in one.phases:
                    event = replace(event, end_us=None)
                self._say(phase, event)

    def _say(self, phase: str, event: Event) -> None:
        for listener in self.listeners:
            try:
                listener(phase, event)
            except Exception:
                log.exception("somebody could not be told of an event")

    async def _press(self, new: PendingPicture) -> None:
        household = self._household
        event = await self.find(new.event_id)
        if event is None or event.camera_id != new.camera:
            return
        try:
            stored = await asyncio.to_thread(self.files.press, event, new)
        except OSError as error:
            log.warning("a picture of an event was not written: %s", error)
            return
        try:
            before = await household.sql(self.store.put_picture, household.household_id, stored)
        except (LookupError, EventsFailedError) as error:
            log.info("a picture of an event was not kept: %s", error)
            await asyncio.to_thread(self.files.remove, [stored])
            return
        if before is not None:
            await asyncio.to_thread(self.files.remove, [before])
        kept = [one for one in event.pictures if one.role != new.role]
        self._say("picture", replace(event, pictures=(*kept, stored.picture)))

    # Looking

    async def page(self, who: ListReader, wanted: EventFilter, limit: int) -> list[SeenEvent]:
        """Events, newest first."""
        home = self._household
        return await home.sql(self.listing.page, home.household_id, who, wanted, limit)

    async def find(self, event_id: bytes) -> Event | None:
        """One event."""
        home = self._household
        return await home.sql(self.store.find, home.household_id, event_id)

    async def cameras_of(self, ids: Sequence[bytes]) -> dict[bytes, bytes]:
        """The camera of each event that is there."""
        home = self._household
        return await home.sql(self.store.cameras_of, home.household_id, ids)

    async def find_as(self, who: ListReader, event_id: bytes) -> SeenEvent | None:
        """One event, and whether somebody has seen it."""
        home = self._household
        return await home.sql(self.listing.find, home.household_id, who, event_id)

    async def days(self, cameras: Sequence[bytes], edges: Sequence[int]) -> list[DayCount]:
        """How many events of each kind began between one edge and the next."""
        home = self._household
        return await home.sql(self.listing.days, home.household_id, cameras, edges)

    def spans_now(
        self, camera: bytes, from_us: int, to_us: int
    ) -> list[tuple[int, int | None, bool]]:
        """Begin, end and whether it is kept, of each event that reaches into a time.

        One that goes on has no end. Blocking, from any thread.
        """
        return self.store.spans(self._household.household_id, camera, from_us, to_us)

    async def spans(
        self, camera: bytes, from_us: int, to_us: int
    ) -> list[tuple[int, int | None, bool]]:
        """The same, for the event loop."""
        return await self._household.sql(self.spans_now, camera, from_us, to_us)

    async def activity(self, camera: bytes, from_us: int, to_us: int) -> list[tuple[int, int]]:
        """Movement that was nobody's and reaches into a time."""
        home = self._household
        return await home.sql(self.movement.spans, home.household_id, camera, from_us, to_us)

    # Seen and kept

    async def unseen(self, who: ListReader, cameras: Sequence[bytes]) -> int:
        """How many events are new to somebody, counted up to UNSEEN_MAX."""
        home = self._household
        return await home.sql(self.listing.unseen, home.household_id, who, cameras)

    async def mark(self, who: ListReader, ids: Sequence[bytes], *, is_seen: bool) -> None:
        """Somebody has seen these, or wants to see them again."""
        home = self._household
        await home.sql(self.listing.mark, home.household_id, who.member, ids, is_seen=is_seen)

    async def mark_until(self, who: ListReader, cameras: Sequence[bytes], until_us: int) -> None:
        """Somebody has seen all that began until then."""
        home = self._household
        await home.sql(self.listing.mark_until, home.household_id, who, cameras, until_us)

    async def marks(self, member: bytes) -> list[dict[str, Any]]:
        """Everything that is stored of what a member has seen, for them to read."""
        home = self._household
        return await home.sql(self.listing.marks, home.household_id, member)

    async def forget_member(self, member: bytes) -> None:
        """The member is gone."""
        home = self._household
        await home.sql(self.listing.forget_member, home.household_id, member)

    async def keep(self, event: Event, *, is_kept: bool, by: str) -> None:
        """Keep an event and its recordings until somebody says otherwise, on the ledger first.

        Raises:
            keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
        """
        home = self._household
        kind = "event_kept" if is_kept else "event_not_kept"
        await home.journal.record([_line(kind, event, by)])
        await home.sql(self.store.keep, home.household_id, event.event_id, is_kept=is_kept)
        if not is_kept:
            home.archive.recordings.look_again(event.camera_id)

    # Pictures

    async def windows(self, camera: bytes, ids: Sequence[bytes]) -> list[ReleasableWindow]:
        """The windows of some pictures of one camera; those that are gone are left out."""
        household = self._household.household_id

        def ask() -> list[ReleasableWindow]:
            windows = []
            for stored in self.store.find_pictures(household, camera, ids):
                try:
                    secret = self.files.secret(stored)
                except (UnwrapError, KeyringError):
                    continue
                context = self.files.context(camera, stored.picture)
                times = (stored.start_us, stored.end_us)
                windows.append(ReleasableWindow(context, "event", secret, "", *times))
            return windows

        return await self._household.sql(ask)

    async def find_picture(self, opaque: bytes, picture_id: bytes) -> StoredPicture | None:
        """A picture; None when there is none, or the stream's name is another's."""
        home = self._household
        found = await home.sql(self.store.find_pictures, home.household_id, None, [picture_id])
        for stored in found:
            if home.keyring.opaque_stream(stored.camera, Stream.EVENT) == opaque:
                return stored
        return None

    async def sealed(self, stored: StoredPicture) -> bytes | None:
        """A sealed picture; None where its file is gone."""
        return await asyncio.to_thread(self.files.read, stored)

    # Deleting

    async def delete(self, event: Event, *, by: str) -> None:
        """Delete an event with its pictures and their keys, on the ledger first.

        Raises:
            keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
        """
        await self._household.journal.record([_line("event_deleted", event, by)])
        await self.deletion.delete([event.event_id])
        await self._household.sql(self.store.scrub)
        self._household.archive.recordings.look_again(event.camera_id)

    async def drop_camera(self, camera: bytes) -> int:
        """Delete everything of a camera, kept events too; how many events."""
        return await self.deletion.camera(camera)

    async def forget_before(self, camera: bytes, before_us: int) -> int:
        """Delete what ended before a time and is not kept; how many events."""
        return await self.deletion.before(camera, before_us)

    async def drop_between(self, camera: bytes, from_us: int, to_us: int) -> int:
        """Delete what reaches into a time that an owner wants gone, kept too; how many events."""
        return await self.deletion.between(camera, from_us, to_us)


def _line(kind: str, event: Event, by: str) -> dict[str, object]:
    times = {"from_us": event.start_us, "to_us": event.end_us or event.last_us}
    return {"type": kind, "camera": event.camera_id.hex(), **times, "by": by}
