"""What the checks of one rule share: its name, its standards, how it words outcomes."""

from collections.abc import Callable
from dataclasses import dataclass

from keepsight.lab.check import Check
from keepsight.lab.facts.product import ProductFacts, Unread
from keepsight.lab.finding import Evidence, Finding, Outcome, Severity

EVIDENCE_MAX = 25
"""Pieces of evidence a finding shows; the number of all is in its details."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Identity of one rule."""

    check_id: str
    area: str
    title: str
    standards: tuple[str, ...]

    def check(self, judge: Callable[[ProductFacts], tuple[Finding, ...]]) -> Check:
        """The rule with its judgement, for the registry."""
        return Check(self.check_id, self.area, self.title, self.standards, judge)

    def violated(
        self,
        severity: Severity,
        title: str,
        evidence: tuple[Evidence, ...] = (),
        *,
        remedy: str = "",
        details: dict[str, object] | None = None,
    ) -> tuple[Finding, ...]:
        """The evidence shows it."""
        return (self._finding(Outcome.VIOLATED, severity, title, evidence, remedy, "", details),)

    def clear(
        self,
        title: str,
        evidence: tuple[Evidence, ...] = (),
        *,
        details: dict[str, object] | None = None,
    ) -> tuple[Finding, ...]:
        """Everything relevant was read, and it is not there."""
        return (self._finding(Outcome.CLEAR, Severity.NOTE, title, evidence, "", "", details),)

    def unknown(
        self,
        title: str,
        reason: str,
        evidence: tuple[Evidence, ...] = (),
        *,
        remedy: str = "",
        details: dict[str, object] | None = None,
    ) -> tuple[Finding, ...]:
        """Not read, not observed, or not provable."""
        found = self._finding(
            Outcome.UNKNOWN, Severity.NOTE, title, evidence, remedy, reason, details
        )
        return (found,)

    def not_applicable(self, reason: str) -> tuple[Finding, ...]:
        """The thing judged does not exist here."""
        title = f"Not judged: {reason}"
        return (self._finding(Outcome.NOT_APPLICABLE, Severity.NOTE, title, (), "", reason, None),)

    def _finding(  # noqa: PLR0913, PLR0917 - the one place that spells a finding out
        self,
        outcome: Outcome,
        severity: Severity,
        title: str,
        evidence: tuple[Evidence, ...],
        remedy: str,
        reason: str,
        details: dict[str, object] | None,
    ) -> Finding:
        extras = dict(details or {})
        if len(evidence) > EVIDENCE_MAX:
            extras["evidence_total"] = len(evidence)
        return Finding(
            check=self.check_id,
            outcome=outcome,
            severity=severity,
            title=title,
            evidence=evidence[:EVIDENCE_MAX],
            standards=self.standards,
            remedy=remedy,
            reason=reason,
            details=extras,
        )


def unread_of(facts: ProductFacts, names: tuple[str, ...]) -> tuple[Unread, ...]:
    """Parts of these artefacts that could not be read."""
    return tuple(part for part in facts.unread if part.artefact in names)


def unread_kind(facts: ProductFacts, suffixes: tuple[str, ...]) -> tuple[Unread, ...]:
    """Whole artefacts that could not be read and whose names end like this kind."""
    return tuple(
        part
        for part in facts.unread
        if part.part == "" and part.artefact.lower().endswith(suffixes)
    )


def why(unread: tuple[Unread, ...]) -> str:
    """One line for a reason."""
    listed = [
        f"{part.artefact}{' ' if part.part else ''}{part.part}: {part.reason}" for part in unread
    ]
    return "; ".join(listed[:3])
