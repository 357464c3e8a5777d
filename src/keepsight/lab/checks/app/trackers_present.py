"""Trackers: whose measuring and advertising code is in the app, and what is it for?

What it looks at:
    Classes that are defined in the package, by anchored prefixes of the tracker table. A class that
    the code only names, without defining it, is an optional integration and is listed apart.

Why it matters:
    Each owner learns that, when and how the app is used. That is a question of need and of saying
    so, and the policies answer it (`policy/undeclared-trackers`): presence alone is no violation,
    and the outcome is a list.

What it cannot see:
    SDKs whose names a shrinker changed: "not found" never means absent. Present is not active;
    `capture/trackers-contacted` says who was really contacted.

References:
    MASVS-PRIVACY; EN 303 645 6-1 and 6-4; GDPR article 13(1)(e) (unverified).
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, plural
from keepsight.lab.facts.app import AppFacts, TrackerSeen
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Owner

RULE: Final = AppRule(
    "app/trackers-present",
    "code of third parties that measure or advertise",
    (EN + "6-1", EN + "6-4", "MASVS-PRIVACY", "GDPR 13(1)(e)?", "CWE-359?"),
    "Remove SDKs that no function needs, and name the others in the privacy policy.",
    area="privacy",
)
STUB_CLASSES_MAX: Final = 4
"""With fewer classes than a handful and no network call, the SDK is suspected to be a stub."""


def is_stub(seen: TrackerSeen) -> bool:
    """Return whether so little of an SDK is there that it may do nothing."""
    return 0 < seen.defined <= STUB_CLASSES_MAX and seen.network_calls is False


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """List what was found; never violated."""
    defined = [one for one in app.trackers if one.defined]
    lines = [_line(app, one) for one in app.trackers]
    details: dict[str, object] = {
        "trackers": [
            {
                "name": one.tracker.name,
                "owner": one.tracker.owner,
                "purposes": list(one.tracker.purposes),
                "classes": one.defined,
                "stub_suspected": is_stub(one),
            }
            for one in defined
        ],
        "referenced_only": [one.tracker.name for one in app.trackers if not one.defined],
    }
    if app.code_gaps:
        title = f"{len(defined)} found, but not all code could be read"
        return (rule.unknown(app, title, "; ".join(app.code_gaps[:3]), lines, **details),)
    if not defined:
        return (rule.clear(app, "No known tracker was found in the code", lines, **details),)
    names = ", ".join(f"{one.tracker.name} ({one.tracker.owner})" for one in defined)
    title = f"Noted, not judged: {plural(len(defined), 'SDK')} of third parties in the app: {names}"
    return (rule.clear(app, title, lines, noted=True, **details),)


def _line(app: AppFacts, one: TrackerSeen) -> Evidence:
    what = f"{one.tracker.name} of {one.tracker.owner}, for {', '.join(one.tracker.purposes)}: "
    what += f"{one.defined} classes defined" if one.defined else "referenced only"
    if is_stub(one):
        what += ", stub suspected"
    if one.defined and not one.confirmed:
        what += ", by a class prefix that could not be confirmed"
    return Evidence(what, app.artefact, ", ".join(one.examples), Owner.THIRD_PARTY)


CHECK: Final = RULE.check(judge)
