"""PINs of cameras and displays: a few digits against whoever picks up the tablet in the hall.

A camera's PIN is asked for before its keys are released to a shared device (or to any, by choice);
a display's PIN before the display plays recordings or signs out. A right PIN holds for a quarter of
an hour in one session. It is a gate on a device that is signed in already, not a key: four digits
can be guessed by who holds the database.
"""

import itertools
from collections import OrderedDict
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from keepsight.core.clock import Clock
from keepsight.core.secret import Secret
from keepsight.hub import keyring as costs
from keepsight.hub.store.factors import StoredPin

DIGITS: Final = range(4, 13)
OPEN_US: Final = 15 * 60 * 1_000_000
OPENINGS_MAX: Final = 4096


class PinError(ValueError):
    """Not a PIN that can be set."""


def hash_pin(pin: Secret) -> str:
    """How a PIN is kept. About a third of a second: run it in a thread.

    Raises:
        PinError: not 4 to 12 digits, or one digit only, or a run such as 1234.
    """
    text = pin.reveal()
    if len(text) not in DIGITS or not (text.isascii() and text.isdigit()):
        raise PinError("a PIN has 4 to 12 digits")
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(text)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise PinError("choose digits that are not all the same and not in a row")
    hasher = PasswordHasher(costs.ARGON2_PASSES, costs.ARGON2_MEMORY_KIB, costs.ARGON2_LANES)
    return hasher.hash(text)


def is_pin(stored: StoredPin, pin: Secret) -> bool:
    """Whether this is the PIN. About a third of a second: run it in a thread."""
    try:
        return PasswordHasher().verify(stored.pin_hash, pin.reveal())
    except (VerificationError, InvalidHashError):
        return False


class Pins:
    """Which PINs there are, and which sessions gave them lately."""

    def __init__(self, clock: Clock, stored: list[StoredPin]) -> None:
        self._clock = clock
        self._pins = {pin.subject: pin for pin in stored}
        self._opened: OrderedDict[tuple[bytes, bytes], int] = OrderedDict()

    def find(self, subject: bytes) -> StoredPin | None:
        """The PIN of a camera or display."""
        return self._pins.get(subject)

    def put(self, pin: StoredPin) -> None:
        """A PIN was set: whoever gave the old one is asked again."""
        self._pins[pin.subject] = pin
        self._close(pin.subject)

    def remove(self, subject: bytes) -> None:
        """No PIN any more."""
        self._pins.pop(subject, None)
        self._close(subject)

    def _close(self, subject: bytes) -> None:
        for place in [place for place in self._opened if place[1] == subject]:
            del self._opened[place]

    def given(self, token_hash: bytes, subject: bytes) -> None:
        """This session gave the right PIN."""
        self._opened[token_hash, subject] = self._clock.monotonic_us() + OPEN_US
        while len(self._opened) > OPENINGS_MAX:
            self._opened.popitem(last=False)

    def must_ask(self, token_hash: bytes, subject: bytes, *, is_shared: bool) -> bool:
        """Whether this session has to give a PIN first.

        Args:
            token_hash: of the session.
            subject: camera or display.
            is_shared: other people use this device too.
        """
        pin = self._pins.get(subject)
        if pin is None or not (is_shared or pin.is_everywhere):
            return False
        return self._opened.get((token_hash, subject), 0) <= self._clock.monotonic_us()

    def end_session(self, token_hash: bytes) -> None:
        """A session ended: what it opened is closed."""
        for place in [place for place in self._opened if place[0] == token_hash]:
            del self._opened[place]
