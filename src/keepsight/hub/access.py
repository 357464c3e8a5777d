"""Who may in: passphrase policy, sign-in with its limits, sessions.

Policy: NIST SP 800-63B-4 and OWASP ASVS 5.0 (V6.2) for a passphrase as the only factor: 15
characters or more, no composition rule, no rotation, a blocklist, and words that anybody could
guess about this household. It does not by itself meet the BSI's advice (25 characters with two
kinds, or 8 with four); the UI says so.
"""

import hashlib
import secrets
import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from keepsight.core.clock import Clock
from keepsight.core.secret import Secret
from keepsight.hub.keyring import ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES, normalise
from keepsight.hub.member import Member, Session
from keepsight.hub.store.people import PeopleStore

LENGTH_MIN: Final = 15
LENGTH_MAX: Final = 256
SCORE_MIN: Final = 3
OWN_CHARACTERS_MIN: Final = 8
"""Besides the names that anybody could guess."""
ZXCVBN_LENGTH_MAX: Final = 72
"""zxcvbn is slow on long texts; the first characters decide."""
TRIES_PER_MINUTE: Final = 5
TRY_NAMES_MAX: Final = 1000
SESSION_US: Final = 30 * 24 * 3600 * 1_000_000
TOKEN_BYTES: Final = 32
_MINUTE_US: Final = 60_000_000


class TooManyTriesError(Exception):
    """Sign-in is closed for this name for a while."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__(f"too many tries: wait {retry_seconds} seconds")
        self.retry_seconds = retry_seconds


@dataclass(frozen=True, slots=True)
class PassphraseVerdict:
    """Whether a passphrase may be used, with codes that the UI puts into words."""

    is_accepted: bool
    score: int
    """zxcvbn, 0 to 4."""
    reasons: tuple[str, ...]
    """too_short, too_long, common, guessable."""
    hints: tuple[str, ...]
    """bsi_short (does not meet the BSI's advice)."""


def character_kinds(text: str) -> int:
    """How many of lower case, upper case, digits and others occur: 0 to 4."""
    kinds = {
        "lower" if c.islower() else "upper" if c.isupper() else "digit" if c.isdigit() else "other"
        for c in text
    }
    return len(kinds)


def _own_characters(text: str, words: list[str]) -> int:
    # zxcvbn rates each known word low but two of them together high enough.
    rest = text.casefold()
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            rest = rest.replace(word.casefold(), "")
    return len(rest)


def judge_passphrase(passphrase: Secret, context: tuple[str, ...]) -> PassphraseVerdict:
    """Judge a passphrase by the policy above.

    Args:
        passphrase: as typed.
        context: names anybody could guess: household, member, cameras, product.
    """
    text = normalise(passphrase).reveal()
    reasons = []
    if len(text) < LENGTH_MIN:
        reasons.append("too_short")
    if len(text) > LENGTH_MAX:
        reasons.append("too_long")
    words = [word for name in (*context, "keepsight") for word in (name, *name.split()) if word]
    score = 0
    if text:
        score = int(zxcvbn(text[:ZXCVBN_LENGTH_MAX], user_inputs=words)["score"])
    if text.casefold() in FREQUENCY_LISTS["passwords"]:
        reasons.append("common")
    elif score < SCORE_MIN or _own_characters(text, words) < OWN_CHARACTERS_MIN:
        reasons.append("guessable")
    meets_bsi = (len(text) >= 25 and character_kinds(text) >= 2) or character_kinds(text) == 4
    return PassphraseVerdict(
        not reasons, score, tuple(reasons), () if meets_bsi else ("bsi_short",)
    )


class TryLimit:
    """At most TRIES_PER_MINUTE failed sign-ins a minute and name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def check(self, name: str) -> None:
        """Raise if this name has to wait.

        Raises:
            TooManyTriesError: with the seconds to wait.
        """
        now = self._clock.monotonic_us()
        with self._lock:
            failures = self._failures.get(name.casefold(), deque())
            while failures and now - failures[0] >= _MINUTE_US:
                failures.popleft()
            if len(failures) >= TRIES_PER_MINUTE:
                raise TooManyTriesError((_MINUTE_US - (now - failures[0])) // 1_000_000 + 1)

    def failed(self, name: str) -> None:
        """Count a failed try."""
        with self._lock:
            while len(self._failures) >= TRY_NAMES_MAX:
                self._failures.pop(next(iter(self._failures)))
            failures = self._failures.setdefault(name.casefold(), deque(maxlen=TRIES_PER_MINUTE))
            failures.append(self._clock.monotonic_us())


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
        stored = member.passphrase_hash if member else self._decoy
        try:
            self._hasher.verify(stored, normalise(passphrase).reveal())
        except VerificationError:
            return None
        return member

    def start_session(self, member_id: bytes, device_id: bytes) -> tuple[str, Session]:
        """A new token and its session."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now_us = self._clock.wall_us()
        session = Session(hash_token(token), member_id, device_id, now_us, now_us + SESSION_US)
        self._store.add_session(self._household, session)
        return token, session


def hash_token(token: str) -> bytes:
    """How a session token is kept at rest."""
    return hashlib.sha256(token.encode()).digest()
