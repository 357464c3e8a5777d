"""PINs by e-mail: for recovery, and as a second factor of last resort.

Mail is read by servers on its way and by whoever holds the mailbox, so this is never called strong:
NIST SP 800-63B-4 does not accept it as an out-of-band factor. 8 digits, ten minutes, five tries,
once; and only the browser that asked for the PIN can use it, because it belongs to that browser's
ticket. Nothing is on disk: a restart forgets every PIN.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

from keepsight.core.clock import Clock
from keepsight.core.secret import Secret

DIGITS: Final = 8
PIN_US: Final = 10 * 60 * 1_000_000
TRIES_MAX: Final = 5
PENDING_MAX: Final = 256
SENT_PER_HOUR_MAX: Final = 3
"""To one member: a mailbox is not to be flooded, and guessing is not to start over and over."""
_HOUR_US: Final = 3600 * 1_000_000


@dataclass(slots=True)
class _Pending:
    pin_hash: bytes
    member: bytes
    expires_us: int
    tries_left: int = TRIES_MAX


class EmailPins:
    """PINs that were sent and not yet used, by the ticket of the browser that asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._sent: OrderedDict[bytes, deque[int]] = OrderedDict()

    def make(self, ticket: str, member: bytes) -> Secret | None:
        """A fresh PIN for this ticket, or None when this member got enough for now.

        An older PIN of the same ticket is no longer good.
        """
        now_us = self._clock.monotonic_us()
        sent = self._sent.setdefault(member, deque(maxlen=SENT_PER_HOUR_MAX))
        if len(sent) == SENT_PER_HOUR_MAX and now_us - sent[0] < _HOUR_US:
            return None
        sent.append(now_us)
        pin = Secret(f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}")
        self._pending.pop(ticket, None)
        self._pending[ticket] = _Pending(self._hash(ticket, pin.reveal()), member, now_us + PIN_US)
        while len(self._pending) > PENDING_MAX:
            self._pending.popitem(last=False)
        while len(self._sent) > PENDING_MAX:
            self._sent.popitem(last=False)
        return pin

    def use(self, ticket: str, member: bytes, typed: Secret) -> bool:
        """Whether this is the PIN that this ticket asked for. A right one is used up."""
        pending = self._pending.get(ticket)
        if pending is None or pending.member != member:
            return False
        if self._clock.monotonic_us() >= pending.expires_us:
            del self._pending[ticket]
            return False
        text = "".join(typed.reveal().split())
        if hmac.compare_digest(self._hash(ticket, text), pending.pin_hash):
            del self._pending[ticket]
            return True
        pending.tries_left -= 1
        if pending.tries_left <= 0:
            del self._pending[ticket]
        return False

    def _hash(self, ticket: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{ticket} {text}".encode(), hashlib.sha256)
