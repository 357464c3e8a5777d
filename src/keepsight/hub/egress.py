"""The only way out: each purpose may reach the hosts it was given, and what was reached is kept.

No purpose has a host by default, so a hub that nobody configured talks to its cameras and its door
and to nobody else. Cameras are not here: their addresses are the roster's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from keepsight.core.clock import Clock

PURPOSES: Final = ("mail", "push", "broker", "update")
HOSTS_MAX: Final = 64
"""Of all purposes, reached ones included."""


class EgressError(Exception):
    """This purpose may not reach this host."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One host that a purpose may reach or did reach."""

    purpose: str
    host: str
    port: int
    is_allowed: bool
    first_us: int | None = None
    """When it was reached first; None: never."""
    last_us: int | None = None
    count: int = 0


Keep = Callable[[Contact], Awaitable[None]]


class Egress:
    """The table of purposes, in memory and, through `keep`, in the store."""

    def __init__(self, clock: Clock, contacts: list[Contact], keep: Keep) -> None:
        self._clock = clock
        self._keep = keep
        self._contacts = {(c.purpose, c.host, c.port): c for c in contacts}
        self._changing = asyncio.Lock()

    def contacts(self) -> list[Contact]:
        """Every host that may be or was reached, by purpose and name."""
        return sorted(self._contacts.values(), key=lambda c: (c.purpose, c.host, c.port))

    async def allow(self, purpose: str, host: str, port: int) -> None:
        """Let a purpose reach this host and no other from now on.

        Raises:
            EgressError: there is no such purpose, or the table is full.
        """
        await self.allow_only(purpose, [(host, port)])

    async def allow_only(self, purpose: str, places: Iterable[tuple[str, int]]) -> None:
        """Let a purpose reach these hosts and no others from now on.

        Args:
            purpose: one of PURPOSES.
            places: hosts with their ports.

        Raises:
            EgressError: there is no such purpose, or the table is full; nothing has changed.
        """
        if purpose not in PURPOSES:
            raise EgressError(f"{purpose} is no purpose for which this hub talks to others")
        wanted = {(purpose, host.lower(), port) for host, port in places}
        async with self._changing:
            if len(self._contacts.keys() | wanted) > max(HOSTS_MAX, len(self._contacts)):
                raise EgressError("too many hosts were reached already")
            for place, contact in tuple(self._contacts.items()):
                if contact.purpose == purpose and contact.is_allowed and place not in wanted:
                    await self._put(replace(contact, is_allowed=False))
            for place in sorted(wanted):
                found = self._contacts.get(place)
                if found is None or not found.is_allowed:
                    await self._put(
                        replace(found or Contact(*place, is_allowed=True), is_allowed=True)
                    )

    async def forbid(self, purpose: str) -> None:
        """Let a purpose reach nobody. What it reached before stays in the table."""
        await self.allow_only(purpose, ())

    async def reach(self, purpose: str, host: str, port: int) -> None:
        """To be awaited before every connection to the outside: allowed and written down, or not.

        Raises:
            EgressError: this purpose may not reach this host.
        """
        place = (purpose, host.lower(), port)
        async with self._changing:
            found = self._contacts.get(place)
            if found is None or not found.is_allowed:
                raise EgressError(f"{purpose} may not reach {host}:{port}")
            now_us = self._clock.wall_us()
            first_us = now_us if found.first_us is None else found.first_us
            count = found.count + 1
            await self._put(replace(found, first_us=first_us, last_us=now_us, count=count))

    async def _put(self, contact: Contact) -> None:
        await self._keep(contact)
        self._contacts[contact.purpose, contact.host, contact.port] = contact
