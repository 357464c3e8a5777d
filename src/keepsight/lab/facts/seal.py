"""Seals and labels a product carries, and what the register knows about such labels."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SealKind:
    """What one kind of label says and does not say, from the dated register."""

    key: str
    name: str
    issuer: str
    basis: str
    """The rule it rests on."""
    says: str
    says_not: str
    is_declaration: bool
    """The maker declares; nobody tested before it was given."""
    provisions: tuple[str, ...]
    """Provisions a holder of this label declares to meet."""
    source: str
    checked_on: str
    """ISO date the row was last compared with its source."""


@dataclass(frozen=True, slots=True)
class SealClaim:
    """One label as claimed for this product."""

    name: str
    kind: SealKind | None
    """None where the register does not know this label."""
    label_id: str = ""
    model: str = ""
    """The exact model the label names, as on the issuer's page."""
    valid_until: str = ""
    """ISO date as on the issuer's page; empty where the tester did not see it."""
    page_saved_on: str = ""
    """ISO date the tester saved the issuer's page; empty where none was saved."""
    provisions: tuple[str, ...] = ()
    """Declared provisions, where the declaration is public."""
    register_date: str = ""
    """ISO date of the register used."""
