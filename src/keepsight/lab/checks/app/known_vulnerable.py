"""Known vulnerabilities: does the app bundle libraries with published holes?

What it looks at:
    Versions that libraries state themselves (version files, Maven data, constants), against an
    offline, dated list of advisories.

Why it matters:
    Published holes are the first that anybody tries.

What it cannot see:
    Libraries without such marks, native ones above all, and advisories that the list does not have.
    A version that is affected does not prove that the app uses the affected part.

References:
    GitHub Advisory Database; MASTG-TEST-0272, MASTG-TEST-0274, MASWE-0076.
"""

from datetime import date, timedelta
from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule
from keepsight.lab.facts.app import AppFacts, Library
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Owner, Severity

RULE: Final = AppRule(
    "app/known-vulnerable",
    "libraries with known vulnerabilities",
    (EN + "5.2-3", "MASTG-TEST-0272", "MASTG-TEST-0274", "MASWE-0076", "CWE-1395?"),
    "Update the libraries named.",
)
LIST_AGE_MAX: Final = timedelta(days=183)


def judge(rule: AppRule, app: AppFacts, facts: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    affected = [one for one in app.libraries if any(row.certain for row in one.advisories)]
    if affected:
        names = ", ".join(f"{one.name} {one.version}" for one in affected[:5])
        lines = [line for one in affected for line in _lines(app, one)]
        title = f"Known vulnerabilities in bundled libraries: {names}"
        return (rule.violated(Severity.MEDIUM, title, lines),)
    lines = [
        Evidence(
            f"{one.name} {one.version}" + ("" if one.listed else ", not on the list"),
            app.artefact,
            one.source,
            Owner.THIRD_PARTY,
        )
        for one in app.libraries
    ]
    reasons = list(app.code_gaps[:3])
    for one in app.libraries:
        reasons += [
            f"{one.name} {one.version} may have {row.advisory_id}, by an unconfirmed row"
            for row in one.advisories
        ]
    if not app.libraries:
        reasons.append("no library states its version")
    if any(not one.listed for one in app.libraries):
        reasons.append("some libraries are not on the list")
    if app.native_libraries:
        reasons.append("native libraries were not looked into")
    if not app.libraries_dated or not facts.report_date:
        reasons.append("the list or the report has no date")
    elif _age(facts.report_date, app.libraries_dated) > LIST_AGE_MAX:
        reasons.append(f"the list is of {app.libraries_dated}")
    if reasons:
        return (rule.unknown(app, "No known vulnerability proven", "; ".join(reasons), lines),)
    return (rule.clear(app, "No recognised library has a listed vulnerability", lines),)


def _age(now: str, then: str) -> timedelta:
    return date.fromisoformat(now) - date.fromisoformat(then)


def _lines(app: AppFacts, one: Library) -> list[Evidence]:
    return [
        Evidence(
            f"{one.name} {one.version}: {advisory.advisory_id}, {advisory.summary}, fixed in "
            f"{advisory.fixed_in} (list of {advisory.dated}"
            + (")" if advisory.certain else ", not confirmed)"),
            app.artefact,
            one.source,
            Owner.THIRD_PARTY,
        )
        for advisory in one.advisories
    ]


CHECK: Final = RULE.check(judge)
