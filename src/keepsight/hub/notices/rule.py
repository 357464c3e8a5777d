"""What a member wants to be told, and by which way. Being told at all is a consent of its own."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from keepsight.hub.grant import Hours, hours_fields, read_hours

Channel = Literal["push", "mail", "broker"]
CHANNELS: Final[tuple[Channel, ...]] = ("push", "mail", "broker")
CONSENTS: Final[dict[Channel, str]] = {"push": "push", "mail": "notice_mail"}
"""What a member agrees to by switching a channel on. The broker is the household's."""

CAMERAS_MAX: Final = 256
KINDS_MAX: Final = 64
QUIET_MAX: Final = 14
"""Stretches of quiet hours of one member."""
GAP_SECONDS_MAX: Final = 24 * 3600
GAP_SECONDS_DEFAULT: Final = 60
HOURLY_MAX: Final = 60
HOURLY_DEFAULT: Final = 20


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """One member's wishes."""

    cameras: frozenset[bytes] | None = None
    """None: every camera whose events they may see, those added later too."""
    kinds: frozenset[str] | None = None
    """None: every kind."""
    quiet: tuple[Hours, ...] = ()
    """In the hub's local time: nothing is told then."""
    gap_seconds: int = GAP_SECONDS_DEFAULT
    """After a notice about a camera, so long none about the same one."""
    hourly_max: int = HOURLY_DEFAULT
    """After so many notices in an hour one says that there is more, and then it is quiet."""
    origin: str = ""
    """Scheme and host under which the member opens Keepsight: what a mail's link begins with."""

    def as_fields(self) -> dict[str, Any]:
        """As JSON, for the store, the API and the copy of one's data."""
        cameras = None if self.cameras is None else sorted(one.hex() for one in self.cameras)
        return {
            "cameras": cameras,
            "kinds": None if self.kinds is None else sorted(self.kinds),
            "quiet": hours_fields(self.quiet),
            "gap_seconds": self.gap_seconds,
            "hourly_max": self.hourly_max,
            "origin": self.origin,
        }


def read_rule(fields: dict[str, Any]) -> NoticeRule:
    """The reverse of `NoticeRule.as_fields`.

    Raises:
        KeyError, TypeError, ValueError: these are no such fields.
    """
    cameras, kinds = fields["cameras"], fields["kinds"]
    return NoticeRule(
        cameras=None if cameras is None else frozenset(bytes.fromhex(one) for one in cameras),
        kinds=None if kinds is None else frozenset(kinds),
        quiet=read_hours(fields["quiet"]),
        gap_seconds=fields["gap_seconds"],
        hourly_max=fields["hourly_max"],
        origin=fields["origin"],
    )
