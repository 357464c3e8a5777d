"""Passphrases at rest and session tokens. Policy, limits and steps are in `signin/`."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from keepsight.core.clock import Clock
from keepsight.core.secret import Secret
from keepsight.hub.keyring import ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES, normalise
from keepsight.hub.member import Member, Session
from keepsight.hub.store.people import PeopleStore

SESSION_US: Final = 30 * 24 * 3600 * 1_000_000
IDLE_US: Final = 14 * 24 * 3600 * 1_000_000
"""A session that nobody used for so long is over."""
TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Start:
    """How a session begins."""

    factor: str = "passphrase"
    path: str = ""
    """Host name that the browser asked for."""
    is_shared: bool = False


STARTED: Final = Start()


class Access:
    """Signing in and the sessions that follow. Synchronous: run it in a thread."""

    def __init__(self, household: bytes, store: PeopleStore, clock: Clock) -> None:
        self._household = household
        self._store = store
        self._clock = clock
        self._hasher = PasswordHasher(ARGON2_PASSES, ARGON2_MEMORY_KIB, ARGON2_LANES)
        # Verified against when the name is unknown, so that a wrong name costs the same time.
        self._decoy = self._hasher.hash(secrets.token_urlsafe(16))

    def hash_passphrase(self, passphrase: Secret) -> str:
        """PHC string of Argon2id."""
        return self._hasher.hash(normalise(passphrase).reveal())

    def sign_in(self, name: str, passphrase: Secret) -> Member | None:
        """The member, if the passphrase is right. Limits are the caller's (`TryLimit`)."""
        member = self._store.member_by_name(self._household, name)
        # A display has none.
        stored = (member.passphrase_hash if member else "") or self._decoy
        try:
            self._hasher.verify(stored, normalise(passphrase).reveal())
        except VerificationError:
            return None
        return member

    def start_session(
        self, member_id: bytes, device_id: bytes, start: Start = STARTED
    ) -> tuple[str, Session]:
        """A new token and its session."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now_us = self._clock.wall_us()
        session = Session(
            token_hash=hash_token(token),
            member_id=member_id,
            device_id=device_id,
            created_us=now_us,
            expires_us=now_us + SESSION_US,
            factor=start.factor,
            path=start.path,
            last_seen_us=now_us,
            is_shared=start.is_shared,
        )
        self._store.add_session(self._household, session)
        return token, session


def hash_token(token: str) -> bytes:
    """How a session token is kept at rest."""
    return hashlib.sha256(token.encode()).digest()
