"""One open household: its keys in memory, its people, devices and sessions, and what runs for it.

`hub.py` makes one when the keys are opened, and never a second.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from keepsight.core.clock import Clock
from keepsight.hub.access import Access, hash_token
from keepsight.hub.epochs import Epochs, RollReason
from keepsight.hub.journal import Journal
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.keyring import Keyring, KeyringFile
from keepsight.hub.member import Device, Member, Session
from keepsight.hub.refusals import Refusals
from keepsight.hub.settings import Settings, read_settings
from keepsight.hub.store.household import HouseholdStore

if TYPE_CHECKING:
    from keepsight.hub.archive import Archive
    from keepsight.hub.checks.checks import Checks
    from keepsight.hub.exports import Exports
    from keepsight.hub.live.feed import Feed
    from keepsight.hub.roster import Roster

P = ParamSpec("P")
T = TypeVar("T")


class Household:
    """What the API works on. Lives in the event loop's thread."""

    def __init__(  # noqa: PLR0913 - its parts, each given once by hub.py
        self,
        directory: Path,
        *,
        keyring: Keyring,
        store: HouseholdStore,
        journal: Journal,
        clock: Clock,
        sql_thread: ThreadPoolExecutor,
        keyring_file: KeyringFile,
    ) -> None:
        self.directory = directory
        self.keyring = keyring
        self.journal = journal
        self.clock = clock
        self.access = Access(keyring.household, store, clock)
        self.refusals = Refusals(journal, clock)
        self.epochs = Epochs(self, keyring_file)
        self.settings = Settings()
        self.devices: dict[bytes, Device] = {}
        # The parts that run are set by works.py.
        self.roster: Roster
        self.archive: Archive
        self.exports: Exports
        self.checks: Checks
        self.feed: Feed
        self.on_session_end: Callable[[bytes], None] = lambda _token_hash: None
        """Tells the door to close what this session has open."""
        self._store = store
        self._sql_thread = sql_thread
        self._keyring_file = keyring_file
        self._sessions: dict[bytes, Session] = {}
        self._members: dict[bytes, Member] = {}

    @property
    def household_id(self) -> bytes:
        """16 bytes."""
        return self.keyring.household

    @property
    def store(self) -> HouseholdStore:
        """For use inside `sql` only."""
        return self._store

    async def sql(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a store function in the SQL thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._sql_thread, lambda: function(*args, **kwargs))

    async def load(self) -> None:
        """Read people, devices, sessions and settings."""
        household = self.household_id
        self.settings = read_settings(await self.sql(self._store.read_settings, household))
        self.devices = {d.device_id: d for d in await self.sql(self._store.list_devices, household)}
        sessions = await self.sql(self._store.list_sessions, household, self.clock.wall_us())
        self._sessions = {session.token_hash: session for session in sessions}
        for session in sessions:
            await self._load_member(session.member_id)

    async def _load_member(self, member_id: bytes) -> None:
        member = await self.sql(self._store.member_by_id, self.household_id, member_id)
        if member is not None:
            self._members[member_id] = member

    # Sessions and devices

    def find_session(self, token: str) -> tuple[Session, Viewer] | None:
        """The live session of a cookie's value, with its member and device."""
        session = self._sessions.get(hash_token(token)) if token else None
        if session is None or session.expires_us <= self.clock.wall_us():
            return None
        member = self._members.get(session.member_id)
        device = self.devices.get(session.device_id)
        if member is None or device is None:
            return None
        return session, Viewer(member, device)

    async def start_session(self, member: Member, device: Device) -> tuple[str, Session]:
        """Sign a device in."""
        token, session = await self.sql(
            self.access.start_session, member.member_id, device.device_id
        )
        self._members[member.member_id] = member
        self._sessions[session.token_hash] = session
        seen = replace(device, last_seen_us=session.created_us)
        self.devices[device.device_id] = seen
        await self.sql(self._store.put_device, self.household_id, seen)
        await self.journal.record(
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
        self._sessions.pop(token_hash, None)
        await self.sql(self._store.end_session, self.household_id, token_hash)
        self.on_session_end(token_hash)

    async def enrol_device(self, device: Device) -> None:
        """Remember a device, after the ledger does."""
        await self.journal.record(
            [
                {
                    "type": "device_enrolled",
                    "device": device.device_id.hex(),
                    "member": device.member_id.hex(),
                    "name": device.name,
                }
            ]
        )
        await self.sql(self._store.put_device, self.household_id, device)
        self.devices[device.device_id] = device

    async def remove_device(self, device_id: bytes, *, by: str, is_own_wish: bool = False) -> None:
        """Forget a device, end its sessions, and start new windows whose keys it never gets.

        A new epoch follows, unless the device itself signed out and gave up its key.
        """
        self.devices.pop(device_id, None)
        ended = await self.sql(self._store.remove_device, self.household_id, device_id)
        for token_hash in ended:
            self._sessions.pop(token_hash, None)
            self.on_session_end(token_hash)
        self.roster.roll_windows()
        self.archive.recordings.roll()
        await self.journal.record([{"type": "device_removed", "device": device_id.hex(), "by": by}])
        if not is_own_wish:
            await self.epochs.roll(RollReason.DEVICE_REMOVED, by=by)

    # Settings

    async def change_settings(self, values: dict[str, Any], *, by: str) -> Settings:
        """Change settings and note it.

        Raises:
            keepsight.hub.settings.SettingError: a value is out of range.
        """
        new = self.settings.changed(values)
        await self.journal.record([{"type": "settings", "values": values, "by": by}])
        await self.sql(self._store.write_settings, self.household_id, values)
        self.settings = new
        self.archive.apply_rules()
        return new

    async def rename(self, name: str, *, by: str) -> None:
        """Give the household another name."""
        await self.journal.record([{"type": "renamed", "name": name, "by": by}])
        await asyncio.to_thread(self._keyring_file.rename, self.keyring, name)
