"""One open household: its keys in memory, its people, and what runs for it.

`hub.py` makes one when the keys are opened, and never a second.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from keepsight.core.clock import Clock
from keepsight.hub.access import Access
from keepsight.hub.consents import Consents
from keepsight.hub.epochs import Epochs, RollReason
from keepsight.hub.foreignmail import warn_owners
from keepsight.hub.invites import Invites
from keepsight.hub.journal import Journal
from keepsight.hub.keyrelease import RefusalLines
from keepsight.hub.keyring import Keyring, KeyringFile
from keepsight.hub.membership import Membership
from keepsight.hub.notices.notices import Notices
from keepsight.hub.outbox import Outbox, open_egress
from keepsight.hub.people import People
from keepsight.hub.proof import Proofs
from keepsight.hub.refusals import Refusals
from keepsight.hub.rights import Rights
from keepsight.hub.settings import Settings, read_settings
from keepsight.hub.signin.signin import SignIn
from keepsight.hub.store.consents import ConsentStore
from keepsight.hub.store.egress import EgressStore
from keepsight.hub.store.factors import FactorStore
from keepsight.hub.store.household import HouseholdStore
from keepsight.hub.store.invites import InviteStore
from keepsight.hub.store.notices import NoticeStore
from keepsight.hub.store.people import PeopleStore
from keepsight.hub.store.suspensions import SuspensionStore
from keepsight.hub.suspensions import Suspensions

if TYPE_CHECKING:
    from keepsight.hub.archive import Archive
    from keepsight.hub.checks.checks import Checks
    from keepsight.hub.egress import Egress
    from keepsight.hub.events.events import Events
    from keepsight.hub.exports import Exports
    from keepsight.hub.live.feed import Feed
    from keepsight.hub.roster import Roster
    from keepsight.hub.watch.watch import Watch

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
        self.membership = Membership(
            directory / "keys", keyring_file.beside_machine_key(".members"), keyring, clock
        )
        people_store = PeopleStore(store.engine)
        self.access = Access(keyring.household, people_store, clock)
        self.people = People(self, people_store, self.access)
        self.rights = Rights(self, people_store)
        self.suspensions = Suspensions(
            keyring.household, SuspensionStore(store.engine), self.sql, journal, clock
        )
        self.suspensions.on_change = self.rights.narrow
        self.suspensions.on_trip = self._warn_owners
        self.rights.suspended = lambda: self.suspensions.in_force
        self.invites = Invites(self, InviteStore(store.engine))
        self.consents = Consents(self, ConsentStore(store.engine))
        self.refusals = Refusals(journal, clock)
        self.refused_releases = RefusalLines(journal, clock)
        self.epochs = Epochs(self, keyring_file)
        self.signin = SignIn(self, FactorStore(store.engine), keyring_file)
        self.proofs = Proofs(clock)
        self.outbox = Outbox(self)
        self.notices = Notices(self, NoticeStore(store.engine))
        self.egress: Egress
        self.settings = Settings()
        # The parts that run are set by works.py.
        self.roster: Roster
        self.archive: Archive
        self.exports: Exports
        self.checks: Checks
        self.feed: Feed
        self.events: Events
        self.watch: Watch
        self._store = store
        self._sql_thread = sql_thread
        self._keyring_file = keyring_file

    @property
    def household_id(self) -> bytes:
        """16 bytes."""
        return self.keyring.household

    @property
    def starts_unattended(self) -> bool:
        """Whether this machine's own key opens it after a power cut."""
        return self._keyring_file.starts_unattended

    @property
    def store(self) -> HouseholdStore:
        """For use inside `sql` only."""
        return self._store

    async def sql(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a store function in the SQL thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._sql_thread, lambda: function(*args, **kwargs))

    async def load(self) -> None:
        """Read people, what proves them, and settings."""
        self.settings = read_settings(await self.sql(self._store.read_settings, self.household_id))
        await self.people.load()
        await self.rights.load()
        await self.suspensions.load()
        await self.invites.load()
        await self.consents.load()
        await self._ask_the_log()
        await self.signin.load()
        self.egress = await open_egress(self, EgressStore(self._store.engine))
        await self.outbox.load()
        await self.notices.load()

    def _warn_owners(self) -> None:
        warn_owners(self)

    async def _ask_the_log(self) -> None:
        """Nobody comes in whom the signed membership log does not name."""
        people, log = self.people, self.membership
        known = list(people.members.values()), list(people.devices.values())
        await asyncio.to_thread(log.open, *known)
        people.bar(log.barred, log.roles)
        self.journal.is_held_back = lambda: log.is_rolled_back
        if self.journal.is_rolled_back:
            await people.end_every_session()

    async def accept_restore(self, *, by: str) -> bool:
        """An owner goes on from an older backup: without whoever was removed since, in a new epoch.

        Every session ends, the owner's own too.

        Returns:
            Whether the membership log had been held back.

        Raises:
            keepsight.seal.ledger.LedgerError, OSError: it is as before.
        """
        epoch_min = await self.membership.accept()
        if epoch_min is not None:
            self.epochs.number_min = max(self.epochs.number_min, epoch_min)
        await self.people.end_every_session()
        await self.epochs.roll(RollReason.RESTORED, by=by)
        return epoch_min is not None

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
