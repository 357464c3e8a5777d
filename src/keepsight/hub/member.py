"""Who may look, and with what."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a member is in the household."""

    OWNER = "owner"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the household."""

    member_id: bytes
    name: str
    role: Role
    passphrase_hash: str
    """Argon2id, PHC string."""
    created_us: int


@dataclass(frozen=True, slots=True)
class Device:
    """One enrolled browser, phone or screen, with its own key pair."""

    device_id: bytes
    member_id: bytes
    name: str
    public_key: bytes
    """Raw X25519, 32 bytes."""
    enrolled_us: int
    last_seen_us: int


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in device. The token itself is not kept."""

    token_hash: bytes
    """SHA-256 of the cookie's value."""
    member_id: bytes
    device_id: bytes
    created_us: int
    expires_us: int
