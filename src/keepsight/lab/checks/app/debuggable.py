"""Debuggable: was the package published with the debugger's door open?

What it looks at:
    `android:debuggable` of the application.

Why it matters:
    Whoever holds the unlocked phone, or a cable to it, can read the app's memory and files.

What it cannot see:
    Nothing is hidden from it: the attribute alone decides.

References:
    MASTG-TEST-0226, MASWE-0067.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, in_manifest
from keepsight.lab.facts.app import AppFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE: Final = AppRule(
    "app/debuggable",
    "debugging of the published app",
    (EN + "5.6-4A", "MASTG-TEST-0226", "MASWE-0067", "CWE-489?"),
    "Publish release builds only.",
)


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    if app.manifest is None:
        return (rule.no_manifest(app),)
    value = app.manifest.debuggable
    line = in_manifest(app, f"debuggable is {str(value).lower()}", "application")
    if value is None:
        reason = "the value is a resource that could not be resolved"
        return (rule.unknown(app, "Whether the app is debuggable is not known", reason, [line]),)
    if value:
        return (rule.violated(Severity.HIGH, "The published app is debuggable", [line]),)
    return (rule.clear(app, "The app is not debuggable", [line]),)


CHECK: Final = RULE.check(judge)
