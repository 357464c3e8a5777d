"""The outcome of one check, with evidence another person can follow."""

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What a check came to. Only `CLEAR` means: all relevant input was read, nothing is there."""

    VIOLATED = "violated"
    CLEAR = "clear"
    UNKNOWN = "unknown"
    """Not read, unreadable, a limit was hit, or an argument could not be resolved."""
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"
    """The check itself failed. Never reads as clear."""


class Severity(StrEnum):
    """How much a violation matters; of a finding that is not violated it is `NOTE`."""

    NOTE = "note"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Owner(StrEnum):
    """Who wrote the code or runs the host in question."""

    APP = "app"
    VENDOR_SDK = "vendor_sdk"
    THIRD_PARTY = "third_party"
    SYSTEM = "system"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place to look. Secrets are masked before they come in here."""

    text: str
    """What is seen there, in one line."""
    artefact: str = ""
    """File name of the artefact."""
    place: str = ""
    """Class and method with offset, packet number, clause, manifest attribute, observation id."""
    owner: Owner = Owner.NONE


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says about one product."""

    check: str
    """E.g. app/weak-cipher."""
    outcome: Outcome
    severity: Severity
    title: str
    """One sentence that states what was found, specific to this product."""
    evidence: tuple[Evidence, ...] = ()
    standards: tuple[str, ...] = ()
    """E.g. EN 303 645 V3.1.3 5.5-1; unverified ones end in a question mark."""
    remedy: str = ""
    reason: str = ""
    """Why the outcome is unknown, not applicable or an error."""
    details: dict[str, object] = field(default_factory=dict)
    """Machine-readable extras, JSON types only."""

    @property
    def is_note(self) -> bool:
        """Return whether it lists what is there and leaves the judgement to others.

        All of it was looked at, so it counts as seen; but it does not say that nothing is there.
        """
        return self.outcome is Outcome.CLEAR and self.details.get("noted") is True
