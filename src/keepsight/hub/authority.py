"""Who may do what: the one decision. Deny by default.

The owner may do everything with every camera; anybody else needs a grant; nobody passes a
suspension. Key release, sealed fragments, recordings, exports and the list of cameras all ask here,
so that what a route allows and what keys allow cannot differ.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from keepsight.hub.grant import Grant
from keepsight.hub.member import Role
from keepsight.hub.suspension import Attempt, Suspension


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes, or no with the reason."""

    is_allowed: bool
    suspension: Suspension | None = None
    """What stands in the way of somebody who has the right otherwise."""


ALLOWED = Decision(is_allowed=True)
NOT_GRANTED = Decision(is_allowed=False)


def local_time(now_us: int) -> datetime:
    """A wall time by this machine's clock and zone: grants with hours are judged by it."""
    return datetime.fromtimestamp(now_us / 1_000_000).astimezone()


def decide(
    role: Role,
    attempt: Attempt,
    grants: Iterable[Grant],
    suspensions: Iterable[Suspension],
    now_us: int,
) -> Decision:
    """Whether this attempt may go on.

    Args:
        role: of the member who asks.
        attempt: what they want.
        grants: those of this member.
        suspensions: those of the household.
        now_us: wall time; grants with hours are judged in the machine's local time.
    """
    local = local_time(now_us)
    is_granted = role is Role.OWNER or any(
        grant.covers(attempt.camera_id, attempt.capability, now_us, local) for grant in grants
    )
    if not is_granted:
        return NOT_GRANTED
    for suspension in suspensions:
        if suspension.holds(now_us) and suspension.matches(attempt):
            return Decision(is_allowed=False, suspension=suspension)
    return ALLOWED
