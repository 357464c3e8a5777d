"""Builds and runs one household's hub. Read this first.

A hub is unclaimed (no keys yet), locked (keys at rest, waiting for the passphrase) or ready.
All that runs does so in one task group: if a part fails that cannot fail alone, the process
ends and the supervisor starts it anew; recovery at start is the same code as after a power cut.
"""

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from keepsight.core.clock import Clock
from keepsight.core.secret import Secret
from keepsight.hub import sockets
from keepsight.hub.household import Household
from keepsight.hub.journal import open_journal
from keepsight.hub.keyring import (
    Keyring,
    KeyringError,
    KeyringFile,
    new_keyring,
    write_private,
)
from keepsight.hub.machine_key import machine_key_path
from keepsight.hub.member import Member, Role
from keepsight.hub.recover import new_printed_key, seal_kit
from keepsight.hub.signin.limits import TryLimit
from keepsight.hub.signin.openers import Openers, open_with_any_owner, openers_path
from keepsight.hub.store.household import open_household_store
from keepsight.hub.works import start_works, stop_works
from keepsight.seal import keys

log = logging.getLogger(__name__)
SETUP_CODE_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class HubState(StrEnum):
    """How far this hub is."""

    UNCLAIMED = "unclaimed"
    LOCKED = "locked"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Demo:
    """A household of drawn pictures on loopback, whose passphrase its sign-in page may know."""

    household: str
    member: str
    passphrase: Secret


@dataclass(frozen=True, slots=True)
class MadeHousehold:
    """What set-up hands back, once."""

    owner: Member
    recovery_identity: Secret
    """The age identity to print; it is stored nowhere."""
    recovery_file: bytes


def new_setup_code() -> Secret:
    """Eight characters that are hard to confuse, e.g. 7KQ2-MX9D: 40 bits, five tries a minute."""
    letters = [secrets.choice(SETUP_CODE_ALPHABET) for _ in range(8)]
    return Secret("".join(letters[:4]) + "-" + "".join(letters[4:]))


class _StopHub(Exception):  # noqa: N818 - ends the task group; nobody else sees it
    """The hub was asked to stop."""


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the hub has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class Hub:
    """One household's process."""

    def __init__(
        self,
        directory: Path,
        *,
        clock: Clock,
        environment: dict[str, str],
        demo: Demo | None = None,
        is_idle: bool = False,
    ) -> None:
        self.directory = directory
        self.clock = clock
        self.demo = demo
        self.is_idle = is_idle
        """Connects to no camera: started by the command line for one request."""
        self.setup_code = new_setup_code()
        self.environment = environment
        self.limit = TryLimit(clock, directory / "tries.json")
        self.household: Household | None = None
        self.run_directory = sockets.run_directory(directory)
        self._keyring_file = KeyringFile(
            directory / "keys" / "keyring.json", machine_key_path(directory, environment)
        )
        self._sql_thread = ThreadPoolExecutor(1, "sql")
        self._opening = asyncio.Lock()
        self._tasks: asyncio.TaskGroup
        self._stop = asyncio.Event()

    @property
    def state(self) -> HubState:
        """Unclaimed, locked or ready."""
        if self.household is not None:
            return HubState.READY
        return HubState.LOCKED if self._keyring_file.exists() else HubState.UNCLAIMED

    def public_identity(self) -> tuple[bytes, str] | None:
        """Household id and name, if there is one."""
        if self.household is not None:
            return self.household.household_id, self.household.keyring.name
        return self._keyring_file.public() if self._keyring_file.exists() else None

    # Opening

    async def set_up(
        self, name: str, member: str, passphrase: Secret, *, starts_unattended: bool
    ) -> MadeHousehold:
        """Make keys, owner and recovery kit, and start. Callers have judged the passphrase."""
        async with self._opening:
            if self._keyring_file.exists():
                raise KeyringError("this hub has a household already")
            keyring = new_keyring(bytes.fromhex(self.directory.name), name, self.clock.wall_us())
            identity, keyring.recovery_recipient = new_printed_key()
            kit = seal_kit(keyring)
            await asyncio.to_thread(write_private, self.directory / "recovery.age", kit)
            await asyncio.to_thread(
                self._keyring_file.write, keyring, passphrase, starts_unattended=starts_unattended
            )
            household = await self._open(keyring)
            owner = Member(
                keys.new_id(),
                member,
                Role.OWNER,
                await asyncio.to_thread(household.access.hash_passphrase, passphrase),
                self.clock.wall_us(),
            )
            await household.people.add_member(owner, by="local")
        return MadeHousehold(owner, identity, kit)

    async def unlock(self, passphrase: Secret) -> None:
        """Open the keys with an owner's passphrase and start.

        Raises:
            keepsight.hub.keyring.WrongPassphraseError: it does not open them.
        """
        async with self._opening:
            if self.household is None:
                openers = Openers(openers_path(self.directory))
                keyring = await asyncio.to_thread(
                    open_with_any_owner, self._keyring_file, openers, passphrase
                )
                await self._open(keyring)

    async def _unlock_unattended(self) -> None:
        if self.demo is not None:
            if self._keyring_file.exists():
                await self.unlock(self.demo.passphrase)
            else:
                await self.set_up(
                    self.demo.household,
                    self.demo.member,
                    self.demo.passphrase,
                    starts_unattended=False,
                )
            return
        if not self._keyring_file.exists():
            return
        try:
            keyring = await asyncio.to_thread(self._keyring_file.open_with_machine_key)
        except KeyringError as error:
            log.warning("locked: %s", error)
            return
        if keyring is not None:
            async with self._opening:
                await self._open(keyring)

    async def _open(self, keyring: Keyring) -> Household:
        store = await asyncio.to_thread(open_household_store, self.directory / "household.db")
        # Beside the machine key, where there is one: outside the data directory and its backups.
        mark = self._keyring_file.machine_key_path.with_suffix(".checkpoint")
        journal = await asyncio.to_thread(open_journal, self.directory, keyring, self.clock, mark)
        household = Household(
            self.directory,
            keyring=keyring,
            store=store,
            journal=journal,
            clock=self.clock,
            sql_thread=self._sql_thread,
            keyring_file=self._keyring_file,
        )
        self._tasks.create_task(journal.run(), name="journal")
        await household.load()
        await start_works(
            household,
            self._tasks,
            self.run_directory / sockets.FEED,
            is_idle=self.is_idle,
            environment=self.environment,
        )
        if not self.is_idle:
            self._tasks.create_task(household.epochs.run(), name="epochs")
        self.household = household
        log.info("household %s is open", keyring.household.hex()[:8])
        return household

    # Running

    def stop(self) -> None:
        """Ask `run` to end. Safe to call from a signal handler."""
        self._stop.set()

    async def run(self, on_ready: Callable[["Hub"], None]) -> None:
        """Serve until `stop`.

        Args:
            on_ready: called once when the sockets listen.

        Raises:
            sockets.AlreadyRunningError: another hub holds the directory.
        """
        from keepsight.hub.api.api import build_api

        lock = sockets.lock_directory(self.directory)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._unlock_unattended()
                serving = [
                    self._serve(build_api(self, is_local=False), sockets.API),
                    self._serve(build_api(self, is_local=True), sockets.CONTROL),
                ]
                on_ready(self)
                await self._stop.wait()
                for server, _ in serving:
                    # Cancelled instead, uvicorn would leave its socket registered with the loop.
                    server.should_exit = server.force_exit = True
                for _, task in serving:  # each looks only now and then: together
                    await task
                if self.household is not None:
                    await stop_works(self.household)
                raise _StopHub  # noqa: TRY301 - the way to end a task group
        except* _StopHub:
            log.info("stopped")
        finally:
            os.close(lock)

    def _serve(self, api: FastAPI, socket_name: str) -> tuple[uvicorn.Server, asyncio.Task[None]]:
        config = uvicorn.Config(
            api,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            limit_concurrency=512,
            timeout_keep_alive=30,
        )
        server = _Server(config)
        listener = sockets.listen(self.run_directory / socket_name)

        async def serve() -> None:
            try:
                await server.serve(sockets=[listener])
            finally:
                listener.close()

        return server, self._tasks.create_task(serve(), name=socket_name)
