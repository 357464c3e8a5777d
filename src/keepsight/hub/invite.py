"""An invitation: who may join, as what, and what they may see then."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from keepsight.hub.grant import Grant
from keepsight.hub.member import Role

SECRET_BYTES: Final = 16
"""128 bits: nobody guesses one, however often they ask."""
LIFE_US: Final = 24 * 3600 * 1_000_000
"""How long an invite holds unless the owner says otherwise."""
LIFE_US_MAX: Final = 7 * LIFE_US


@dataclass(frozen=True, slots=True)
class Invite:
    """Holds once, until it expires. The secret itself is not kept."""

    invite_id: bytes
    secret_hash: bytes
    """SHA-256 of the secret."""
    name: str
    """The new member's."""
    role: Role
    grants: tuple[Grant, ...]
    """Of a member who does not exist yet: 16 zeros as id."""
    created_us: int
    expires_us: int
    by: bytes
    """Member id of the owner, or 16 zeros for the local command line."""
    integration: str = ""
    """For a display: the integration it belongs to."""


def new_secret() -> str:
    """22 characters that can stand in an address."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_secret(secret: str) -> bytes:
    """How a secret is kept at rest."""
    return hashlib.sha256(secret.encode()).digest()
