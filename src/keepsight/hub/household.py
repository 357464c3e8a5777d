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
from keepsight.hub.epochs import Epochs
from keepsight.hub.journal import Journal
from keepsight.hub.keyring import Keyring, KeyringFile
from keepsight.hub.people import People
from keepsight.hub.refusals import Refusals
from keepsight.hub.settings import Settings, read_settings
from keepsight.hub.store.household import HouseholdStore
from keepsight.hub.store.people import PeopleStore

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
        people_store = PeopleStore(store.engine)
        self.access = Access(keyring.household, people_store, clock)
        self.people = People(self, people_store, self.access)
        self.refusals = Refusals(journal, clock)
        self.epochs = Epochs(self, keyring_file)
        self.settings = Settings()
        # The parts that run are set by works.py.
        self.roster: Roster
        self.archive: Archive
        self.exports: Exports
        self.checks: Checks
        self.feed: Feed
        self._store = store
        self._sql_thread = sql_thread
        self._keyring_file = keyring_file

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
        """Read people and settings."""
        self.settings = read_settings(await self.sql(self._store.read_settings, self.household_id))
        await self.people.load()

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
