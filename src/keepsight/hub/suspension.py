"""A rule that switches something off: what, why, since when, until when, by whom."""

from dataclasses import dataclass

from keepsight.hub.grant import Capability


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody on some way wants something of a camera."""

    camera_id: bytes
    vendor: str
    """Of the camera; empty where unknown."""
    model: str
    capability: Capability
    member_id: bytes
    device_id: bytes
    integration: str
    """Name of the integration behind a display; empty for people."""
    path: str
    """Host name that the browser asked for: each proxy in front of the hub has one of its own."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """Holds for an attempt that matches every field that is given. At least one is given."""

    suspension_id: bytes
    reason: str
    since_us: int
    until_us: int | None
    """None: until it is lifted."""
    by: bytes
    """Member id, 16 zeros for the local command line, 16 times 0xff for the hub itself."""
    integration: str | None = None
    """`*` for every integration."""
    vendor: str | None = None
    model: str | None = None
    camera_id: bytes | None = None
    device_id: bytes | None = None
    path: str | None = None
    capabilities: frozenset[Capability] = frozenset()
    """Empty: all of them."""

    def holds(self, now_us: int) -> bool:
        """Whether it is in force."""
        return self.since_us <= now_us and (self.until_us is None or now_us < self.until_us)

    def matches(self, attempt: Attempt) -> bool:
        """Whether it is about this attempt."""
        return (
            (not self.capabilities or attempt.capability in self.capabilities)
            and self._matches_integration(attempt.integration)
            and _same(self.vendor, attempt.vendor)
            and _same(self.model, attempt.model)
            and self.camera_id in (None, attempt.camera_id)
            and self.device_id in (None, attempt.device_id)
            and _same(self.path, attempt.path)
        )

    def scope(self) -> dict[str, object]:
        """What it is about and why, as JSON, without time and author."""
        return {
            "integration": self.integration,
            "vendor": self.vendor,
            "model": self.model,
            "camera": self.camera_id.hex() if self.camera_id else None,
            "device": self.device_id.hex() if self.device_id else None,
            "path": self.path,
            "capabilities": sorted(self.capabilities),
            "reason": self.reason,
        }

    def _matches_integration(self, integration: str) -> bool:
        if self.integration == "*":
            return integration != ""
        return _same(self.integration, integration)


def _same(wanted: str | None, found: str) -> bool:
    return wanted is None or wanted.casefold() == found.casefold()


@dataclass(frozen=True, slots=True)
class PastSuspension:
    """One that was lifted."""

    suspension: Suspension
    lifted_us: int
    lifted_by: bytes
