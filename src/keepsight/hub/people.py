"""The people of one open household: members, their devices and sessions, in memory and stored.

Lives in the event loop's thread; what it stores goes through the household's SQL thread.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Final

from keepsight.core.secret import Secret
from keepsight.hub.access import IDLE_US, STARTED, Access, Start, hash_token
from keepsight.hub.epochs import RollReason
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.member import Device, Member, Role, Session, check_owner_fits
from keepsight.hub.store.people import PeopleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepsight.hub.household import Household

SEEN_US: Final = 5 * 60 * 1_000_000
"""How exactly is known when a session was last seen."""


class BarredError(Exception):
    """This member was removed; an older backup brought them back, and that does not count."""


class LastOwnerError(ValueError):
    """A household needs somebody who decides: make somebody else an owner first."""


class People:
    """Who belongs to the household, and who is signed in."""

    def __init__(self, household: "Household", store: PeopleStore, access: Access) -> None:
        self._household = household
        self._access = access
        # One change at a time: two owners who demote each other must not both be believed.
        self._changing = asyncio.Lock()
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

    def bar(self, strangers: frozenset[bytes], roles: Mapping[bytes, str]) -> None:
        """Leave out members and devices that the signed membership log does not name.

        Args:
            strangers: whom the database knows beyond the log.
            roles: by the log; one that was changed in the database alone does not count.
        """
        self.members = {
            i: replace(m, role=Role(roles[i]))
            for i, m in self.members.items()
            if i not in strangers and i in roles
        }
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
        async with self._changing:
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

    def _check_owner_stays(self, member: Member) -> None:
        owners = {i for i, one in self.members.items() if one.role is Role.OWNER}
        if owners == {member.member_id}:
            raise LastOwnerError

    async def change_member(self, after: Member, *, by: str, was: Member | None = None) -> Member:
        """Give a member another name, role, e-mail address or integration.

        Whoever may do less than before loses what is open; the rest signs in as before.

        Args:
            after: as they are to be.
            by: for the ledger.
            was: as they were when `after` was made of them; what changed since stays changed.

        Returns:
            The member as they are now.

        Raises:
            BarredError: they were removed meanwhile.
            LastOwnerError: nobody could decide for the household any more.
            keepsight.hub.member.TooManyOwnersError: there are enough owners.
            keepsight.hub.store.people.NameTakenError: another member has this name.
        """
        async with self._changing:
            before = self._current(after)
            if was is not None:
                names = [field.name for field in fields(Member)]
                wanted = {name: getattr(after, name) for name in names}
                changed = {n: value for n, value in wanted.items() if value != getattr(was, n)}
                after = replace(before, **changed)
            await self._change(before, after, by)
        return after

    def _current(self, member: Member) -> Member:
        """Whom somebody looked up before they waited, as they are now.

        Raises:
            BarredError: they were removed meanwhile.
        """
        current = self.members.get(member.member_id)
        if current is None:
            raise BarredError(member.name)
        return current

    async def _change(self, before: Member, after: Member, by: str) -> None:
        household = self._household
        if before.name.casefold() != after.name.casefold():
            await household.sql(self.store.check_name, household.household_id, after.name)
        is_demoted = before.role is Role.OWNER and after.role is not Role.OWNER
        if is_demoted:
            self._check_owner_stays(before)
        elif before.role is not Role.OWNER and after.role is Role.OWNER:
            check_owner_fits(self.members.values())
        line = {"type": "member_changed", "member": after.member_id.hex(), "by": by}
        more = {"name": after.name, "role": after.role.value, "integration": after.integration}
        await household.journal.record([{**line, **more}])
        if before.role is not after.role:
            await household.membership.changed(
                "role_changed", members={after.member_id: after.role.value}
            )
        if is_demoted:
            await household.signin.close_keys_to(before)
        await household.sql(self.store.put_member, household.household_id, after)
        self.members[after.member_id] = after
        if before.role is not after.role:
            household.rights.narrow()

    async def remove_member(self, member: Member, *, by: str) -> None:
        """Remove a member: nothing of theirs signs in, and no key of theirs opens what comes.

        What they saw or kept until now stays with them.

        Raises:
            LastOwnerError: nobody could decide for the household any more.
            keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
        """
        async with self._changing:
            if member.member_id in self.members:
                await self._remove(self.members[member.member_id], by)

    async def _remove(self, member: Member, by: str) -> None:
        household, gone = self._household, member.member_id
        self._check_owner_stays(member)
        await household.journal.record(
            [{"type": "member_removed", "member": gone.hex(), "name": member.name, "by": by}]
        )
        await household.membership.changed("member_removed", gone=[gone])
        await household.signin.close_to(member)
        self.members.pop(gone, None)
        self.devices = {i: d for i, d in self.devices.items() if d.member_id != gone}
        ended = [s.token_hash for s in self.sessions.values() if s.member_id == gone]
        for token_hash in ended:
            self.sessions.pop(token_hash, None)
            self.on_session_end(token_hash)
        household.rights.forget(gone)
        await household.consents.forget(gone)
        await household.notices.forget_member(gone)
        await household.events.forget_member(gone)
        await household.sql(self.store.remove_member, household.household_id, gone)
        household.roster.roll_windows()
        household.archive.recordings.roll()
        await household.epochs.roll(RollReason.MEMBER_REMOVED, by=by)

    # Sessions

    def find_session(self, token: str) -> tuple[Session, Viewer] | None:
        """The live session of a cookie's value, with its member and device."""
        session = self.sessions.get(hash_token(token)) if token else None
        if session is None or not self._is_live(session):
            return None
        member = self.members.get(session.member_id)
        device = self.devices.get(session.device_id)
        if member is None or device is None:
            return None
        return session, Viewer(member, device)

    def _is_live(self, session: Session) -> bool:
        now_us = self._household.clock.wall_us()
        return now_us < session.expires_us and now_us - session.last_seen_us < IDLE_US

    def is_signed_in(self, device_id: bytes) -> bool:
        """Whether a device has a session that holds."""
        return any(s.device_id == device_id and self._is_live(s) for s in self.sessions.values())

    def has_session(self, device_id: bytes) -> bool:
        """Whether a device has a session that was not ended, though it may have run out."""
        return any(session.device_id == device_id for session in self.sessions.values())

    async def touch(self, session: Session) -> None:
        """Remember that a session was used; written at most every few minutes."""
        household = self._household
        now_us = household.clock.wall_us()
        if now_us - session.last_seen_us < SEEN_US or session.token_hash not in self.sessions:
            return
        self.sessions[session.token_hash] = replace(session, last_seen_us=now_us)
        await household.sql(self.store.seen, household.household_id, session.token_hash, now_us)

    async def set_email(self, member: Member, email: str, *, by: str) -> None:
        """Where a member's mail goes; empty: nowhere. The ledger learns that, not where.

        Raises:
            BarredError: they were removed meanwhile.
        """
        household = self._household
        async with self._changing:
            current = self._current(member)
            line = {"type": "email_changed", "member": member.member_id.hex(), "by": by}
            await household.journal.record([{**line, "is_set": bool(email)}])
            now = replace(current, email=email)
            await household.sql(
                self.store.set_email, household.household_id, member.member_id, email
            )
            self.members[member.member_id] = now

    async def set_passphrase(
        self, member: Member, passphrase: Secret, *, by: str, keep: bytes | None = None
    ) -> None:
        """Give a member a new passphrase, and end their sessions but the one to keep.

        An owner's passphrase opens the household's keys from now on, and the old one does not.

        Args:
            member: whose.
            passphrase: judged already.
            by: for the ledger.
            keep: token hash of a session that stays.

        Raises:
            BarredError: they were removed meanwhile.
        """
        household = self._household
        passphrase_hash = await asyncio.to_thread(self._access.hash_passphrase, passphrase)
        async with self._changing:
            # Not as they were before the wait: a role that was taken away must not come back.
            current = self._current(member)
            await household.journal.record(
                [{"type": "passphrase_changed", "member": member.member_id.hex(), "by": by}]
            )
            if current.role is Role.OWNER:
                await household.signin.open_with(current, passphrase)
            ended = await household.sql(
                self.store.set_passphrase,
                household.household_id,
                member.member_id,
                passphrase_hash,
                keep,
            )
            self.members[member.member_id] = replace(current, passphrase_hash=passphrase_hash)
            for token_hash in ended:
                self.sessions.pop(token_hash, None)
                self.on_session_end(token_hash)

    async def start_session(
        self, member: Member, device: Device, start: Start = STARTED
    ) -> tuple[str, Session]:
        """Sign a device in; a session that it had before is over.

        Raises:
            BarredError: the member was removed.
        """
        household = self._household
        self.check_belongs(member)
        for old in [s for s in self.sessions.values() if s.device_id == device.device_id]:
            await self.end_session(old.token_hash)
        token, session = await household.sql(
            self._access.start_session, member.member_id, device.device_id, start
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
                    "factor": start.factor,
                    "path": start.path,
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
        line = {"device": device.device_id.hex(), "member": device.member_id.hex()}
        await household.journal.record([{"type": "device_enrolled", **line, "name": device.name}])
        await household.membership.changed("device_enrolled", devices=[device])
        await household.sql(self.store.put_device, household.household_id, device)
        self.devices[device.device_id] = device

    async def remove_device(self, device_id: bytes, *, by: str, is_own_wish: bool = False) -> None:
        """Forget a device, end its sessions, and start new windows whose keys it never gets.

        A new epoch follows, unless the device itself signed out and gave up its key.

        Raises:
            keepsight.seal.ledger.LedgerError: the ledger refused. The device is signed out and
                still listed, so that it can be removed again.
        """
        household = self._household
        for session in [s for s in self.sessions.values() if s.device_id == device_id]:
            await self.end_session(session.token_hash)
        household.roster.roll_windows()
        household.archive.recordings.roll()
        line = {"type": "device_removed", "device": device_id.hex(), "by": by}
        if device_id in self.devices:
            line["member"] = self.devices[device_id].member_id.hex()
        await household.journal.record([line])
        await household.membership.changed(
            "device_left" if is_own_wish else "device_removed", gone=[device_id]
        )
        ended = await household.sql(self.store.remove_device, household.household_id, device_id)
        self.devices.pop(device_id, None)
        await household.notices.forget_device(device_id)
        for token_hash in ended:  # signed in again meanwhile
            self.sessions.pop(token_hash, None)
            self.on_session_end(token_hash)
        if not is_own_wish:
            await household.epochs.roll(RollReason.DEVICE_REMOVED, by=by)
