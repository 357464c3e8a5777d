"""Sign-ins that are half done: what a browser holds between its first step and its last.

A ticket is 256 random bits that only the browser which began has; here lies its hash. It is good
for ten minutes and five wrong answers, and it is gone with the last step. A restart forgets all.
"""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from keepsight.core.clock import Clock

TICKET_US: Final = 10 * 60 * 1_000_000
TRIES_MAX: Final = 5
TICKETS_MAX: Final = 256
TOKEN_BYTES: Final = 32

T = TypeVar("T")


@dataclass(slots=True)
class _Held(Generic[T]):
    content: T
    expires_us: int
    tries_left: int = TRIES_MAX


class Tickets(Generic[T]):
    """Tickets of one kind, each with what belongs to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: OrderedDict[bytes, _Held[T]] = OrderedDict()

    def issue(self, content: T) -> str:
        """A fresh ticket."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires_us = self._clock.monotonic_us() + TICKET_US
        self._held[_hash(token)] = _Held(content, expires_us)
        while len(self._held) > TICKETS_MAX:
            self._held.popitem(last=False)
        return token

    def find(self, token: str) -> T | None:
        """What belongs to this ticket; None when it is unknown, expired or used up."""
        held = self._held.get(_hash(token))
        if held is None:
            return None
        if held.expires_us <= self._clock.monotonic_us():
            del self._held[_hash(token)]
            return None
        return held.content

    def failed(self, token: str) -> None:
        """Count a wrong answer; with the fifth the ticket is gone."""
        held = self._held.get(_hash(token))
        if held is not None:
            held.tries_left -= 1
            if held.tries_left <= 0:
                del self._held[_hash(token)]

    def spend(self, token: str) -> None:
        """The last step is done."""
        self._held.pop(_hash(token), None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
