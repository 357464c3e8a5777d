"""What a member agreed to beyond what the cameras need to work."""

from dataclasses import dataclass
from typing import Final

PURPOSES: Final = ("mail", "push", "notice_mail")
"""mail: to be told by mail when something is wrong. PINs that the member asks for are not meant.
push: that their browsers are woken, through the services of those who make them.
notice_mail: to be told by mail that something was noticed."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A member's last word about one purpose."""

    member_id: bytes
    purpose: str
    is_given: bool
    at_us: int
