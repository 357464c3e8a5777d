"""Switching things off and on again: an integration, a vendor, a model, a camera, a capability.

A suspension is on the ledger before it acts. When it acts, the caller's `on_change` takes what is
open away within a second and rolls the live windows, so that a key that somebody already holds
opens nothing newer either.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from keepsight.core.clock import Clock
from keepsight.hub.grant import Capability
from keepsight.hub.journal import Journal
from keepsight.hub.store.suspensions import SuspensionStore
from keepsight.hub.suspension import PastSuspension, Suspension
from keepsight.seal.frame import Reason
from keepsight.seal.keys import new_id
from keepsight.seal.ledger import LedgerError

log = logging.getLogger(__name__)
OPEN_MAX: Final = 500
"""More than this is a script gone wrong."""
CHECK_SECONDS: Final = 1.0
"""How late the end of a suspension is noticed, at most."""
BY_HUB: Final = b"\xff" * 16
FOREIGN: Final = frozenset({Reason.FOREIGN_HOUSEHOLD, Reason.FOREIGN_CAMERA})
"""Refusals that mean: somebody else's picture was on its way to this screen."""
RunSql = Callable[..., Awaitable[Any]]


class SuspensionError(ValueError):
    """A suspension that cannot be made, with what to do."""


def as_fields(suspension: Suspension) -> dict[str, object]:
    """What it is about, as JSON for the ledger, the API and the command line."""
    return {
        "suspension": suspension.suspension_id.hex(),
        **suspension.scope(),
        "since_us": suspension.since_us,
        "until_us": suspension.until_us,
        "by": suspension.by.hex(),
    }


class Suspensions:
    """All suspensions of one household. Lives in the event loop's thread."""

    def __init__(
        self,
        household: bytes,
        store: SuspensionStore,
        sql: RunSql,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._household = household
        self._store = store
        self._sql = sql
        self._journal = journal
        self._clock = clock
        self._open: tuple[Suspension, ...] = ()
        self.on_change: Callable[[], None] = lambda: None
        """Ends what may no longer be seen. Set by the household."""
        self.on_run_out: Callable[[], None] = lambda: None
        """Somebody may see more again. Set by works.py."""
        self.on_trip: Callable[[], None] = lambda: None
        """A foreign picture was blocked. Set by the household."""

    async def load(self) -> None:
        """Read those that nobody has lifted."""
        self._open = tuple(await self._sql(self._store.list_open, self._household))

    @property
    def in_force(self) -> tuple[Suspension, ...]:
        """Those that hold now or will, until somebody lifts them or they run out."""
        now_us = self._clock.wall_us()
        return tuple(s for s in self._open if s.until_us is None or now_us < s.until_us)

    def get(self, suspension_id: bytes) -> Suspension | None:
        """One in force."""
        return next((s for s in self.in_force if s.suspension_id == suspension_id), None)

    async def past(self) -> list[PastSuspension]:
        """Those that were lifted, newest first."""
        found: list[PastSuspension] = await self._sql(self._store.list_past, self._household)
        return found

    async def place(self, wanted: Suspension) -> Suspension:
        """Switch something off.

        Args:
            wanted: its id and since are set here.

        Raises:
            SuspensionError: it is about nothing, gives no reason, or there are too many.
            keepsight.seal.ledger.LedgerError: the ledger could not be written; nothing changed.
        """
        now_us = self._clock.wall_us()
        suspension = replace(wanted, suspension_id=new_id(), since_us=now_us)
        self._check(suspension, now_us)
        await self._journal.record([{"type": "suspended", **as_fields(suspension)}])
        await self._sql(self._store.add, self._household, suspension)
        self._open = (*self._open, suspension)
        self.on_change()
        return suspension

    def _check(self, suspension: Suspension, now_us: int) -> None:
        about = (
            suspension.integration,
            suspension.vendor,
            suspension.model,
            suspension.camera_id,
            suspension.device_id,
            suspension.path,
        )
        if not any(about) and not suspension.capabilities:
            raise SuspensionError(
                "say what to suspend: an integration, a vendor, a model, a camera or a capability"
            )
        if not suspension.reason.strip():
            raise SuspensionError("say why: whoever is locked out will read it")
        if suspension.until_us is not None and suspension.until_us <= now_us:
            raise SuspensionError("the end of the suspension is in the past")
        if len(self.in_force) >= OPEN_MAX:
            raise SuspensionError(f"there are {OPEN_MAX} suspensions already: lift some first")

    async def lift(self, suspension: Suspension, by: bytes) -> None:
        """Switch it on again.

        Raises:
            keepsight.seal.ledger.LedgerError: the ledger could not be written; nothing changed.
        """
        now_us = self._clock.wall_us()
        line = {"type": "resumed", **as_fields(suspension), "lifted_by": by.hex()}
        await self._journal.record([line])
        await self._sql(self._store.lift, self._household, suspension.suspension_id, now_us, by)
        self._open = tuple(s for s in self._open if s.suspension_id != suspension.suspension_id)
        self.on_change()

    async def narrow(
        self, suspension: Suspension, capabilities: frozenset[Capability], by: bytes
    ) -> Suspension:
        """Bring everything back but these capabilities: all off, then all on but streaming.

        The narrower one is in force before the wider one ends, so nothing slips through between.

        Raises:
            SuspensionError: no capability is given, or the wide one did not cover them.
        """
        covered = suspension.capabilities or frozenset(Capability)
        if not capabilities or not capabilities <= covered:
            names = ", ".join(sorted(covered))
            raise SuspensionError(f"choose what stays off among: {names}")
        narrower = await self.place(replace(suspension, capabilities=capabilities, by=by))
        await self.lift(suspension, by)
        return narrower

    async def trip(
        self, reason: Reason, *, path: str, device_id: bytes, may_close_path: bool
    ) -> Suspension | None:
        """A foreign fragment reached a device: stop the way it came, until an owner looks at it.

        Args:
            reason: why the device refused the fragment.
            path: host name by which the device came.
            device_id: who reported it.
            may_close_path: a member's word closes the path for everybody; a guest's or a display's
                closes it for that device only, so that nobody with little trust can lock others
                out.

        Returns:
            The new suspension, or None when the refusal is of another kind or all is off already.
        """
        if reason not in FOREIGN:
            return None
        wanted = Suspension(
            suspension_id=b"",
            reason="a picture of somebody else was blocked on this way",
            since_us=0,
            until_us=None,
            by=BY_HUB,
            device_id=None if may_close_path and path else device_id,
            path=path if may_close_path and path else None,
            capabilities=frozenset({Capability.LIVE, Capability.STILL}),
        )
        known = (wanted.device_id, wanted.path)
        if any((s.device_id, s.path) == known and s.by == BY_HUB for s in self.in_force):
            return None
        placed = await self.place(wanted)
        self.on_trip()
        return placed

    # Time

    async def keep_time(self) -> bool:
        """Notice those that have run out; whether any has."""
        now_us = self._clock.wall_us()
        over = [s for s in self._open if s.until_us is not None and s.until_us <= now_us]
        if not over:
            return False
        self._open = tuple(s for s in self._open if s not in over)
        self.on_run_out()
        for suspension in over:
            line = {"type": "resumed", **as_fields(suspension), "lifted_by": BY_HUB.hex()}
            ended_us = suspension.until_us
            try:
                await self._journal.record([line])
            except LedgerError as error:
                # It is over all the same; the store still has it, so the next start notes it.
                log.warning("the end of a suspension is not on the ledger yet: %s", error)
                continue
            found = (self._household, suspension.suspension_id, ended_us, BY_HUB)
            await self._sql(self._store.lift, *found)
        return True

    async def run(self) -> None:
        """Keep time, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.keep_time()
