"""Tickets: for a few minutes, a report may be fetched by a frame or a tab of the browser.

A navigation carries the session's cookie but no proof of the device, so a proved request fetches
such a ticket first. It is good for one report and with the cookie of the session that asked for it,
soon worthless, and known to this process only.
"""

import secrets
from collections import OrderedDict
from typing import Final

from keepsight.core.clock import Clock

TICKET_SECONDS: Final = 300
TICKETS_MAX: Final = 64


class Tickets:
    """Those that are good now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._good: OrderedDict[str, tuple[bytes, bytes, int]] = OrderedDict()

    def issue(self, check_id: bytes, session: bytes) -> str:
        """A new ticket for one report: 64 hex digits.

        Args:
            check_id: 16 bytes.
            session: hash of the session's token; empty on the control socket.
        """
        while len(self._good) >= TICKETS_MAX:
            self._good.popitem(last=False)
        ticket = secrets.token_hex(32)
        self._good[ticket] = (
            check_id,
            session,
            self._clock.monotonic_us() + TICKET_SECONDS * 1_000_000,
        )
        return ticket

    def is_good(self, ticket: str, check_id: bytes, session: bytes) -> bool:
        """Whether this ticket is for this report and session, still."""
        wanted, holder, until_us = self._good.get(ticket, (b"", b"", 0))
        is_same = wanted == check_id and holder == session
        return is_same and self._clock.monotonic_us() < until_us
