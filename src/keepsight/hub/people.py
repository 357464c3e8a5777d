"""The people of one open household: members, their devices and sessions, in memory and stored.

Lives in the event loop's thread; what it stores goes through the household's SQL thread.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from keepsight.hub.access import Access, hash_token
from keepsight.hub.epochs import RollReason
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.member import Device, Member, Session
from keepsight.hub.store.people import PeopleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepsight.hub.household import Household


class BarredError(Exception):
    """This member was removed; an older backup brought them back, and that does not count."""


class People:
    """Who belongs to the household, and who is signed in."""

    def __init__(self, household: "Household", store: PeopleStore, access: Access) -> None:
        self._household = household
        self._access = access
        self.store = store
        """For use inside `household.sql` only."""
        self.members: dict[bytes, Member] = {}
        self.devices: dict[bytes, Device] = {}
        self.sessions: dict[bytes, Session] = {}
        self.on_session_end: Callable[[bytes], None] = lambda _token_hash: None
        """Tells the door to close what this session has open."""

    async def load(self) -> None:
        """Read everybody."""
        household = self._household
        mine, now_us = household.household_id, household.clock.wall_us()
        members = await household.sql(self.store.list_members, mine)
        devices = await household.sql(self.store.list_devices, mine)
        sessions = await household.sql(self.store.list_sessions, mine, now_us)
        self.members = {member.member_id: member for member in members}
        self.devices = {device.device_id: device for device in devices}
        self.sessions = {session.token_hash: session for session in sessions}

    def bar(self, strangers: frozenset[bytes]) -> None:
        """Leave out members and devices that the signed membership log does not name."""
        self.members = {i: m for i, m in self.members.items() if i not in strangers}
        self.devices = {
            i: d
            for i, d in self.devices.items()
            if i not in strangers and d.member_id not in strangers
        }

    def check_belongs(self, member: Member) -> None:
        """Somebody may be in the database and not on the log: after a backup was put back.

        Raises:
            BarredError: they do not belong to the household any more.
        """
        if member.member_id in self._household.membership.barred:
            raise BarredError(member.name)

    # Members

    async def add_member(self, member: Member, *, by: str) -> None:
        """Take somebody in, after the ledger has them.

        Raises:
            keepsight.hub.store.people.NameTakenError: another member has this name.
        """
        household = self._household
        await household.sql(self.store.check_name, household.household_id, member.name)
        await household.journal.record(
            [
                {
                    "type": "member_added",
                    "member": member.member_id.hex(),
                    "name": member.name,
                    "role": member.role.value,
                    "by": by,
                }
            ]
        )
        await household.membership.changed(
            "member_added", members={member.member_id: member.role.value}
        )
        await household.sql(self.store.add_member, household.household_id, member)
        self.members[member.member_id] = member

    # Sessions

    def find_session(self, token: str) -> tuple[Session, Viewer] | None:
        """The live session of a cookie's value, with its member and device."""
        session = self.sessions.get(hash_token(token)) if token else None
        if session is None or session.expires_us <= self._household.clock.wall_us():
            return None
        member = self.members.get(session.member_id)
        device = self.devices.get(session.device_id)
        if member is None or device is None:
            return None
        return session, Viewer(member, device)

    async def start_session(self, member: Member, device: Device) -> tuple[str, Session]:
        """Sign a device in.

        Raises:
            BarredError: the member was removed.
        """
        household = self._household
        self.check_belongs(member)
        token, session = await household.sql(
            self._access.start_session, member.member_id, device.device_id
        )
        self.sessions[session.token_hash] = session
        seen = replace(device, last_seen_us=session.created_us)
        self.devices[device.device_id] = seen
        await household.sql(self.store.put_device, household.household_id, seen)
        await household.journal.record(
            [
                {
                    "type": "sign_in",
                    "member": member.member_id.hex(),
                    "device": device.device_id.hex(),
                }
            ]
        )
        return token, session

    async def end_session(self, token_hash: bytes) -> None:
        """End one session; its open pictures close within a second."""
        household = self._household
        self.sessions.pop(token_hash, None)
        await household.sql(self.store.end_session, household.household_id, token_hash)
        self.on_session_end(token_hash)

    async def end_every_session(self) -> None:
        """Everybody signs in again."""
        for token_hash in tuple(self.sessions):
            await self.end_session(token_hash)

    # Devices

    async def enrol_device(self, device: Device) -> None:
        """Remember a device, after the ledger does."""
        household = self._household
        await household.journal.record(
            [
                {
                    "type": "device_enrolled",
                    "device": device.device_id.hex(),
                    "member": device.member_id.hex(),
                    "name": device.name,
                }
            ]
        )
        await household.membership.changed("device_enrolled", devices=[device])
        await household.sql(self.store.put_device, household.household_id, device)
        self.devices[device.device_id] = device

    async def remove_device(self, device_id: bytes, *, by: str, is_own_wish: bool = False) -> None:
        """Forget a device, end its sessions, and start new windows whose keys it never gets.

        A new epoch follows, unless the device itself signed out and gave up its key.
        """
        household = self._household
        self.devices.pop(device_id, None)
        ended = await household.sql(self.store.remove_device, household.household_id, device_id)
        for token_hash in ended:
            self.sessions.pop(token_hash, None)
            self.on_session_end(token_hash)
        household.roster.roll_windows()
        household.archive.recordings.roll()
        await household.journal.record(
            [{"type": "device_removed", "device": device_id.hex(), "by": by}]
        )
        await household.membership.changed("device_removed", gone=[device_id])
        if not is_own_wish:
            await household.epochs.roll(RollReason.DEVICE_REMOVED, by=by)
