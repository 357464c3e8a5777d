"""What the rules about apps share: one judgement for each app, and how a finding is made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from keepsight.lab.check import Check
from keepsight.lab.facts.app import AppFacts, CallSite, Place
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Outcome, Owner, Severity

EVIDENCE_MAX: Final = 50
"""Lines of evidence in one finding; the count of all of them is in its details."""
EN: Final = "EN 303 645 V3.1.3 "
APP_SUFFIXES: Final = (".apk", ".xapk", ".apks")
SECRET_SHOWN: Final = 2
"""Characters left of a constant that may be a secret."""

AppJudge = Callable[["AppRule", AppFacts, ProductFacts], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class AppRule:
    """The fixed part of a check about apps."""

    check_id: str
    title: str
    standards: tuple[str, ...]
    remedy: str
    area: str = "app"

    def check(self, judge: AppJudge) -> Check:
        """Return the check that judges every app of a product by `judge`."""

        def judge_product(facts: ProductFacts) -> tuple[Finding, ...]:
            findings = [one for app in facts.apps for one in judge(self, app, facts)]
            known = {name for app in facts.apps for name in (app.artefact, *app.splits)}
            findings += [
                self._finding(
                    gap.artefact,
                    Outcome.UNKNOWN,
                    "The app could not be read",
                    reason=f"{gap.part}: {gap.reason}" if gap.part else gap.reason,
                )
                for gap in facts.unread
                if gap.artefact.lower().endswith(APP_SUFFIXES) and gap.artefact not in known
            ]
            if not findings:
                findings = [
                    self._finding(
                        "",
                        Outcome.NOT_APPLICABLE,
                        "There is no app to look at",
                        reason="no app was given",
                    )
                ]
            return tuple(findings)

        return Check(self.check_id, self.area, self.title, self.standards, judge_product)

    def violated(
        self,
        severity: Severity,
        title: str,
        evidence: Iterable[Evidence],
        details: dict[str, object] | None = None,
    ) -> Finding:
        """Return: the evidence shows it."""
        lines = tuple(evidence)
        return Finding(
            check=self.check_id,
            outcome=Outcome.VIOLATED,
            severity=severity,
            title=title,
            evidence=lines[:EVIDENCE_MAX],
            standards=self.standards,
            remedy=self.remedy,
            details={"places": len(lines), **(details or {})},
        )

    def clear(
        self, app: AppFacts, title: str, evidence: Iterable[Evidence] = (), **details: object
    ) -> Finding:
        """Return: the whole relevant input was read and the pattern is not in it."""
        lines = tuple(evidence)
        return self._finding(
            app.artefact, Outcome.CLEAR, title, evidence=lines[:EVIDENCE_MAX], details=details
        )

    def unknown(
        self,
        app: AppFacts,
        title: str,
        reason: str,
        evidence: Iterable[Evidence] = (),
        **details: object,
    ) -> Finding:
        """Return: it could not be told, and why."""
        lines = tuple(evidence)
        return self._finding(
            app.artefact,
            Outcome.UNKNOWN,
            title,
            reason=reason,
            evidence=lines[:EVIDENCE_MAX],
            details=details,
        )

    def not_applicable(self, app: AppFacts, reason: str) -> Finding:
        """Return: the thing judged does not exist here."""
        return self._finding(app.artefact, Outcome.NOT_APPLICABLE, "Does not apply", reason=reason)

    def no_manifest(self, app: AppFacts) -> Finding:
        """Return: the manifest could not be read, so nothing it says is known."""
        reasons = [f"{gap.part}: {gap.reason}" for gap in app.unread if "Manifest" in gap.part]
        return self.unknown(
            app, "The app's manifest could not be read", "; ".join(reasons) or "no manifest"
        )

    def _finding(  # noqa: PLR0913 - the fields of a finding
        self,
        artefact: str,
        outcome: Outcome,
        title: str,
        *,
        reason: str = "",
        evidence: tuple[Evidence, ...] = (),
        details: dict[str, object] | None = None,
    ) -> Finding:
        return Finding(
            check=self.check_id,
            outcome=outcome,
            severity=Severity.NOTE,
            title=title,
            evidence=evidence or ((Evidence(title, artefact),) if artefact else ()),
            standards=self.standards,
            reason=reason,
            details=details or {},
        )


def at(app: AppFacts, place: Place, text: str) -> Evidence:
    """Return a line of evidence for a place in the code."""
    return Evidence(text, app.artefact, str(place), place.owner)


def in_manifest(app: AppFacts, text: str, place: str) -> Evidence:
    """Return a line of evidence for an attribute of the manifest."""
    return Evidence(text, app.artefact, f"AndroidManifest.xml {place}", Owner.APP)


def by_owner(calls: Iterable[CallSite]) -> list[tuple[str, list[CallSite]]]:
    """Split calls into those of the app and its vendor, and those of bundled SDKs.

    Code whose names were made unreadable counts as the app's: nobody else answers for it.
    """
    own: list[CallSite] = []
    bundled: list[CallSite] = []
    for call in calls:
        (bundled if call.place.owner is Owner.THIRD_PARTY else own).append(call)
    groups = [("the app's own code", own), ("bundled SDK code", bundled)]
    return [(name, group) for name, group in groups if group]


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, e.g. 1 place, 2 places."""
    ending = "es" if noun.endswith("s") else "s"
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{ending}"
