"""How it went the last time, by channel and place."""

from dataclasses import dataclass
from typing import Final

HOUSEHOLD: Final = bytes(16)
"""In the place of a member, for the broker; in the place of a device, for mail."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way to one place: a member's device, a member's mailbox, the household's broker."""

    member_id: bytes
    channel: str
    place: bytes
    """Device id for push, else 16 zeros."""
    sent_us: int | None = None
    """When something was handed over last; None: never."""
    error: str = ""
    """Code of the last try, if it failed; empty after one that went well."""
    error_us: int | None = None
