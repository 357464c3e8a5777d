"""Who may look, and with what."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

OWNERS_MAX: Final = 9
"""Each one's passphrase opens a locked household, and each costs a third of a second to try."""


class Role(StrEnum):
    """What a member is in the household."""

    OWNER = "owner"
    """May do everything, and decides for the others."""
    MEMBER = "member"
    """A person of the household; sees the cameras granted to them."""
    GUEST = "guest"
    """A person with a narrow grant that usually ends."""
    DISPLAY = "display"
    """A screen or an integration: looks, and changes nothing."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person, a screen or an integration of one household."""

    member_id: bytes
    name: str
    role: Role
    passphrase_hash: str
    """Argon2id, PHC string."""
    created_us: int
    integration: str = ""
    """For a display: the integration it belongs to, as suspensions name it."""
    email: str = ""
    """For recovery PINs and notifications; empty: none."""


@dataclass(frozen=True, slots=True)
class Device:
    """One enrolled browser, phone or screen, with its own key pair."""

    device_id: bytes
    member_id: bytes
    name: str
    public_key: bytes
    """Window keys are wrapped for it: raw X25519 (32 bytes) or MLKEM768_X25519 (1216 bytes)."""
    enrolled_us: int
    last_seen_us: int
    signing_key: bytes = b""
    """P-256 point (65 bytes, uncompressed) that proves requests (RFC 9449); empty: none."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in device. The token itself is not kept."""

    token_hash: bytes
    """SHA-256 of the cookie's value."""
    member_id: bytes
    device_id: bytes
    created_us: int
    expires_us: int
    factor: str = "passphrase"
    """What it was begun with: passphrase, passkey, passphrase+totp…"""
    path: str = ""
    """Host name that the browser asked for."""
    last_seen_us: int = 0
    is_shared: bool = False
    """Other people use this device too: PINs are asked for."""


class TooManyOwnersError(ValueError):
    """One more owner than a household can have."""


def check_owner_fits(members: Iterable[Member]) -> None:
    """Whether there can be one more owner beside these members.

    Raises:
        TooManyOwnersError: there are OWNERS_MAX.
    """
    if sum(one.role is Role.OWNER for one in members) >= OWNERS_MAX:
        raise TooManyOwnersError(f"a household has at most {OWNERS_MAX} owners")
