"""What each member may see: the grants of an open household, and the decision made from them.

Every question of authority comes here (`decide`). When somebody may see less than before, whether
by an owner's hand or because a grant ran out, the windows that are open end at once, so that a key
which was released opens nothing that is sealed from now on.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from keepsight.hub.authority import NOT_GRANTED, Decision, decide, local_time
from keepsight.hub.grant import Capability, Grant, as_fields
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.member import Member, Role
from keepsight.hub.store.people import PeopleStore
from keepsight.hub.suspension import Attempt, Suspension
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
GRANTS_MAX: Final = 200
"""Of one member."""
CHECK_SECONDS: Final = 1.0
"""How late the end of a grant is noticed, at most."""
LOCAL: Final = bytes(16)
"""The owner at this machine's command line."""


class Rights:
    """Grants by member. Lives in the event loop's thread."""

    def __init__(self, household: "Household", store: PeopleStore) -> None:
        self._household = household
        self._store = store
        self._grants: dict[bytes, tuple[Grant, ...]] = {}
        self._holding: frozenset[bytes] = frozenset()
        self.suspended: Callable[[], tuple[Suspension, ...]] = tuple
        """What is switched off now."""

    async def load(self) -> None:
        """Read everybody's grants."""
        household = self._household
        found: dict[bytes, list[Grant]] = {}
        for grant in await household.sql(self._store.list_grants, household.household_id):
            found.setdefault(grant.member_id, []).append(grant)
        self._grants = {member: tuple(grants) for member, grants in found.items()}
        self._holding = self._holding_now()

    def of(self, member_id: bytes) -> tuple[Grant, ...]:
        """A member's grants, also those that have run out."""
        return self._grants.get(member_id, ())

    def holds(self, grant: Grant) -> bool:
        """Whether a grant allows anything at this moment."""
        now_us = self._household.clock.wall_us()
        return grant.holds(now_us, local_time(now_us))

    def forget(self, member_id: bytes) -> None:
        """The member is gone; the store has removed their grants already."""
        self._grants.pop(member_id, None)

    # Deciding

    def decide(
        self, viewer: Viewer | None, camera_id: bytes, capability: Capability, path: str = ""
    ) -> Decision:
        """Whether this may go on now.

        Args:
            viewer: who asks; None is the owner at this machine's command line.
            camera_id: 16 bytes, of a camera that may be gone.
            capability: what is asked for.
            path: host name that the browser asked for.
        """
        role = self._role(viewer)
        if role is None:
            return NOT_GRANTED
        running = self._household.roster.find(camera_id)
        if running is not None and running.camera.is_trial and role is not Role.OWNER:
            return NOT_GRANTED
        attempt = self._attempt(viewer, camera_id, capability, path)
        return decide(
            role,
            attempt,
            self.of(attempt.member_id),
            self.suspended(),
            self._household.clock.wall_us(),
        )

    def _role(self, viewer: Viewer | None) -> Role | None:
        """As it is now: who asks may have been demoted or removed since they came in."""
        if viewer is None:
            return Role.OWNER
        member = self._household.people.members.get(viewer.member.member_id)
        return member.role if member else None

    def _attempt(
        self, viewer: Viewer | None, camera_id: bytes, capability: Capability, path: str
    ) -> Attempt:
        member = viewer.member if viewer else None
        running = self._household.roster.find(camera_id)
        return Attempt(
            camera_id=camera_id,
            vendor=running.camera.vendor if running else "",
            model=running.camera.model if running else "",
            capability=capability,
            member_id=member.member_id if member else LOCAL,
            device_id=viewer.device.device_id if viewer else LOCAL,
            integration=member.integration if member else "",
            path=path,
        )

    def concerning(self, viewer: Viewer, path: str = "") -> tuple[Suspension, ...]:
        """What is switched off of what was granted to somebody: no other is theirs to know."""
        attempts = [
            self._attempt(viewer, running.camera.camera_id, capability, path)
            for running in self._household.roster.running()
            for capability in self.granted(viewer, running.camera.camera_id, path)
        ]
        return tuple(
            suspension
            for suspension in self.suspended()
            if any(suspension.matches(attempt) for attempt in attempts)
        )

    def granted(
        self, viewer: Viewer | None, camera_id: bytes, path: str = ""
    ) -> tuple[Capability, ...]:
        """What is granted now on a camera, whether it is suspended or not."""
        found = []
        for capability in Capability:
            decision = self.decide(viewer, camera_id, capability, path)
            if decision.is_allowed or decision.suspension is not None:
                found.append(capability)
        return tuple(found)

    # Changing

    async def replace(self, member: Member, wanted: Iterable[Grant], *, by: str) -> None:
        """Give a member these grants and no others, after the ledger has them.

        Raises:
            ValueError: too many.
        """
        household = self._household
        grants = tuple(
            replace(grant, grant_id=keys.new_id(), member_id=member.member_id) for grant in wanted
        )
        if len(grants) > GRANTS_MAX:
            raise ValueError(f"at most {GRANTS_MAX} grants for one member")
        line = {"type": "granted", "member": member.member_id.hex(), "by": by}
        await household.journal.record([{**line, "grants": [as_fields(grant) for grant in grants]}])
        await household.sql(
            self._store.replace_grants, household.household_id, member.member_id, grants
        )
        is_new = not self.of(member.member_id)
        self._grants[member.member_id] = grants
        self._holding = self._holding_now()
        if not is_new:
            self.narrow()

    def narrow(self) -> None:
        """Somebody may see less: new windows, and the door asks for every session anew."""
        household = self._household
        household.roster.roll_windows()
        household.archive.recordings.roll()
        household.feed.renew()

    # Time

    def _holding_now(self) -> frozenset[bytes]:
        """Ids of the grants that hold at this moment."""
        return frozenset(
            grant.grant_id
            for grants in self._grants.values()
            for grant in grants
            if self.holds(grant)
        )

    def keep_time(self) -> bool:
        """Notice grants that have begun or run out; whether any has."""
        before, self._holding = self._holding, self._holding_now()
        if before - self._holding:
            self.narrow()
        elif self._holding - before:
            self._household.feed.renew()
        return before != self._holding

    async def run(self) -> None:
        """Keep time, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self.keep_time():
                log.info("a grant has begun or ended")
