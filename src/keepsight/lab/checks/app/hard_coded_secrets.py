"""Hard-coded secrets: does the app carry keys that everybody can take out of it?

What it looks at:
    Constants in the code whose form is that of a private key or a cloud secret. Values are masked
    before they reach the report.

Why it matters:
    What is in the app is public. A cloud secret opens the vendor's servers to all.

What it cannot see:
    Secrets without a form of their own, or put together at run time. Keys that name an app to a
    service (maps, Firebase) are identifiers and no secrets.

References:
    MASTG-TEST-0212, MASWE-0014.
"""

from typing import Final

from keepsight.lab.checks.app_rule import AppRule
from keepsight.lab.facts.app import AppFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Owner, Severity

RULE: Final = AppRule(
    "app/hard-coded-secrets",
    "secrets in the code",
    ("MASTG-TEST-0212", "MASWE-0014", "CWE-798?"),
    "Revoke these secrets, and keep their successors on the server.",
)


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    lines = [
        Evidence(f"{one.kind}: {one.masked}", app.artefact, one.where, one.owner)
        for one in app.secrets
    ]
    proven = [one for one in app.secrets if one.proven]
    if proven:
        kinds = ", ".join(sorted({one.kind for one in proven}))
        if all(one.owner is Owner.THIRD_PARTY for one in proven):
            # The same constant is in every app that bundles the library: public, but not a secret
            # of this product.
            title = f"Bundled SDK code contains a {kinds}"
            return (rule.violated(Severity.LOW, title, lines),)
        return (rule.violated(Severity.HIGH, f"The code contains a {kinds}", lines),)
    if app.secrets:
        title = f"{len(app.secrets)} constants look like secrets"
        return (rule.unknown(app, title, "the form alone does not prove it", lines),)
    if app.code_gaps:
        reason = "; ".join(app.code_gaps[:3])
        return (rule.unknown(app, "Not all code could be read", reason),)
    return (rule.clear(app, "No constant has the form of a secret"),)


CHECK: Final = RULE.check(judge)
