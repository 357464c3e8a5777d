"""Trackers the policy does not name.

What it looks at: trackers contained in the app, trackers contacted in the capture, and the names in
the policies (product, owner, synonyms such as AutoNavi, Amap, 高德), side by side.

Why it matters: people must be told who receives their data.

What it cannot see: trackers hidden by obfuscation or outside the watched minutes. Contacted but not
contained means that the host list or the app version is wrong, and is not a violation.

References: GDPR article 13(1)(e); EN 303 645 6-1, 6-5.
"""

from typing import TYPE_CHECKING

from keepsight.lab.checks.capture.trackers_contacted import split
from keepsight.lab.checks.policy.sources import absent, gaps
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Owner, Severity

if TYPE_CHECKING:
    from keepsight.lab.facts.tracker import Tracker

RULE = Rule(
    "policy/undeclared-trackers",
    "privacy",
    "trackers the policy does not name",
    ("EN 303 645 V3.1.3 6-1", "EN 303 645 V3.1.3 6-5", "GDPR 13(1)(e)?"),
)
_REMEDY = "Name every recipient and its purpose in the policy, or take the SDK out of the app."


def table(facts: ProductFacts) -> list[dict[str, object]]:
    """One row a tracker: contained, contacted (yes, owner, no), named in the policy, confirmed.

    It is confirmed when a class prefix or a host is known from more than memory, or when both a
    class and a host point to it.
    """
    sure = {
        seen.tracker.name
        for app in facts.apps
        for seen in app.trackers
        if seen.defined and seen.confirmed
    } | {
        t.tracker.name
        for capture in facts.captures
        for t in capture.trackers
        if t.tracker.is_confirmed_by_host(t.contact.name) and not t.is_shared
    }
    contained: dict[str, Tracker] = {
        seen.tracker.name: seen.tracker
        for app in facts.apps
        for seen in app.trackers
        if seen.defined
    }
    touched = tuple(t for capture in facts.captures for t in capture.trackers)
    active, ambiguous = split(touched, set(contained))
    known = contained | {t.tracker.name: t.tracker for t in touched}
    named = {name for policy in facts.policies for name in policy.named_parties}
    rows: list[dict[str, object]] = []
    for name in sorted(known):
        is_active = "yes" if name in active else "owner" if name in ambiguous else "no"
        if name not in contained and is_active == "no":
            continue
        rows.append(
            {
                "tracker": name,
                "owner": known[name].owner,
                "purposes": list(known[name].purposes),
                "contained": name in contained if facts.apps else None,
                "contacted": is_active if facts.captures else None,
                "named": name in named if facts.policies else None,
                "confirmed": name in sure or (name in contained and is_active == "yes"),
            }
        )
    return rows


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Contacted and not named weighs most; contained and not named is milder."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    if not facts.apps and not facts.captures:
        return RULE.unknown("Not comparable", "neither an app nor a capture was given")
    rows = table(facts)
    shown = tuple(_shown(row) for row in rows)
    details: dict[str, object] = {"table": rows}
    unnamed = [row for row in rows if row["named"] is False]
    missing = [row for row in unnamed if row["confirmed"]]
    hot = [r for r in missing if r["contacted"] == "yes" and r["contained"] is not False]
    cold = [r for r in missing if r not in hot and r["contained"]]
    if hot or cold:
        parts = []
        if hot:
            parts.append(f"contacted and not named: {_names(hot)}")
        if cold:
            parts.append(f"contained and not named: {_names(cold)}")
        return RULE.violated(
            Severity.HIGH if hot else Severity.MEDIUM,
            "Trackers not in the policy; " + "; ".join(parts),
            shown,
            remedy=_REMEDY,
            details=details,
        )
    reason = gaps(facts)
    if missing:
        names = _names(missing)
        reason = f"contacted but not contained ({names}): host list or app version differ"
    elif len(unnamed) > len(missing):
        names = _names([row for row in unnamed if not row["confirmed"]])
        reason = f"{names}: recognised by a row of the tracker table that could not be confirmed"
    elif any(not app.dex_files or app.code_gaps for app in facts.apps):
        reason = "not all code of the app was read"
    if reason:
        return RULE.unknown("No undeclared tracker proven", reason, shown, details=details)
    title = f"All {len(rows)} trackers found are named" if rows else "No tracker found to be named"
    return RULE.clear(title, shown, details=details)


def _names(rows: list[dict[str, object]]) -> str:
    return ", ".join(str(row["tracker"]) for row in rows)


def _shown(row: dict[str, object]) -> Evidence:
    cells = [f"{key} {_word(row[key])}" for key in ("contained", "contacted", "named")]
    text = f"{row['tracker']} ({row['owner']}): {', '.join(cells)}"
    return Evidence(text, owner=Owner.THIRD_PARTY)


def _word(value: object) -> str:
    if value is None:
        return "not looked at"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "owner only" if value == "owner" else str(value)


CHECK = RULE.check(judge)
