"""Deleting events: by an owner's hand, with their recordings, by age, and when they are too many.

Rows first, with the keys of their pictures; files second. In portions, so that others get to write
in between.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from keepsight.hub.archive import retention_rules
from keepsight.hub.events.intake import Intake
from keepsight.hub.events.pictures import PictureFiles
from keepsight.hub.record.retention import CLOCK_DOUBT_US, CLOCK_STEP_US_MAX
from keepsight.hub.store.activity import ActivityStore
from keepsight.hub.store.events import ENDLESS_US, IDS_MAX, EventStore

if TYPE_CHECKING:
    from keepsight.hub.household import Household

EVENTS_MAX: Final = 200_000
"""Of a household. Above, the oldest that are not kept go."""
RECORDINGS_FIRST_US: Final = 2 * 3_600_000_000
"""Events go so much later than their age says: recordings go by them, and go first."""
_DAY_US: Final = 86_400_000_000


class Deletion:
    """Lives in the event loop's thread."""

    def __init__(
        self, household: "Household", store: EventStore, movement: ActivityStore,
        files: PictureFiles, intake: Intake,
    ) -> None:  # fmt: skip
        self._household = household
        self._store = store
        self._movement = movement
        self._files = files
        self._intake = intake
        self.writing = asyncio.Lock()
        """Nothing is written while something is deleted: no picture comes back."""
        self._last_look_us = (household.clock.wall_us(), household.clock.monotonic_us())
        self._doubt_until_us = 0

    async def delete(self, ids: Sequence[bytes]) -> None:
        """Delete events, at most IDS_MAX, with their pictures and the keys of those."""
        home = self._household
        for event_id in ids:
            self._intake.drop(event_id)
        async with self.writing:
            gone = await home.sql(self._store.delete, home.household_id, ids)
        await asyncio.to_thread(self._files.remove, gone)

    async def _delete_all(self, next_ids: Callable[[], list[bytes]]) -> int:
        count = 0
        while ids := await self._household.sql(next_ids):
            await self.delete(ids)
            count += len(ids)
        if count:
            await self._household.sql(self._store.scrub)
        return count

    async def camera(self, camera: bytes) -> int:
        """Delete everything of a camera, kept events too; how many events."""
        home, store = self._household, self._store
        self._intake.drop_camera(camera)
        count = await self._delete_all(lambda: store.of_camera(home.household_id, camera))
        await home.sql(self._movement.forget, home.household_id, camera, 0, ENDLESS_US)
        await home.sql(store.forget_camera, home.household_id, camera)
        return count

    async def before(self, camera: bytes, before_us: int) -> int:
        """Delete what ended before a time and is not kept; how many events."""
        home, store = self._household, self._store
        count = await self._delete_all(lambda: store.before(home.household_id, camera, before_us))
        await home.sql(self._movement.forget, home.household_id, camera, 0, before_us)
        return count

    async def between(self, camera: bytes, from_us: int, to_us: int) -> int:
        """Delete what reaches into a time, kept events too; how many events."""
        home, store = self._household, self._store
        count = await self._delete_all(
            lambda: store.between(home.household_id, camera, from_us, to_us)
        )
        await home.sql(self._movement.forget, home.household_id, camera, from_us, to_us)
        return count

    async def old(self) -> None:
        """Delete what is older than its camera's rule says, and what is too much."""
        home = self._household
        now_us = home.clock.wall_us()
        if not self._is_clock_in_doubt():
            known = await home.sql(self._store.cameras, home.household_id)
            moved = await home.sql(self._movement.cameras, home.household_id)
            for camera in {*known, *moved}:
                days = self._days(camera)
                if days is not None:
                    await self.before(camera, now_us - days * _DAY_US - RECORDINGS_FIRST_US)
        too_many = await home.sql(self._store.count, home.household_id) - EVENTS_MAX
        while too_many > 0:
            count = min(too_many, IDS_MAX)
            ids = await home.sql(self._store.oldest, home.household_id, count)
            if not ids:
                return
            await self.delete(ids)
            too_many -= len(ids)

    def _days(self, camera: bytes) -> int | None:
        running = self._household.roster.find(camera)
        cameras = [running.camera] if running else []
        return retention_rules(self._household.settings, cameras).event_days_of(camera)

    def _is_clock_in_doubt(self) -> bool:
        clock, (wall_us, monotonic_us) = self._household.clock, self._last_look_us
        self._last_look_us = (clock.wall_us(), clock.monotonic_us())
        step_us = (self._last_look_us[0] - wall_us) - (self._last_look_us[1] - monotonic_us)
        if step_us > CLOCK_STEP_US_MAX:
            self._doubt_until_us = clock.monotonic_us() + CLOCK_DOUBT_US
        return clock.monotonic_us() < self._doubt_until_us
