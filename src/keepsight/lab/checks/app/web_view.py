"""Web views: can a page that the app shows reach further than it should?

What it looks at:
    Settings of web views that let pages read files of the app across origins
    (`setAllowUniversalAccessFromFileURLs`, `setAllowFileAccessFromFileURLs`) or load parts without
    encryption (`setMixedContentMode`), and objects handed to pages (`addJavascriptInterface`),
    which below API 17 let any page run code.

Why it matters:
    A single page under foreign control then reads the app's files or its methods.

What it cannot see:
    Which pages are shown. JavaScript by itself is normal and no fault.

References:
    Android's documentation of `WebSettings`; MASWE-0069 to MASWE-0071 (unverified).
"""

from typing import Final

from keepsight.lab.checks.app_rule import AppRule, at, by_owner, plural
from keepsight.lab.facts.app import AppFacts, CallSite
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE: Final = AppRule(
    "app/web-view",
    "web pages that reach into the app",
    ("MASWE-0069?", "MASWE-0070?", "MASWE-0071?", "CWE-749?"),
    "Leave these settings off, and hand objects only to pages that come with the app.",
)
_OPENING: Final = {
    "setAllowUniversalAccessFromFileURLs": 1,
    "setAllowFileAccessFromFileURLs": 1,
    "setMixedContentMode": 0,
}
"""Setting to the argument that opens it; MIXED_CONTENT_ALWAYS_ALLOW is 0."""
_INTERFACE: Final = "addJavascriptInterface"
_INTERFACE_SAFE_FROM: Final = 17


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    if app.manifest is None:
        return (rule.no_manifest(app),)
    settings = app.calls_of(*_OPENING)
    handed = app.calls_of(_INTERFACE)
    bad = [call for call in settings if _argument(call) == _OPENING[call.api]]
    if app.manifest.min_sdk < _INTERFACE_SAFE_FROM:
        bad += handed
    if bad:
        return tuple(
            rule.violated(
                Severity.MEDIUM,
                f"Web pages can reach into the app, by {name}",
                [at(app, call.place, f"{call.api}{call.arguments}") for call in calls],
            )
            for name, calls in by_owner(bad)
        )
    lines = [at(app, call.place, f"{call.api}{call.arguments}") for call in (*settings, *handed)]
    unresolved = [call for call in settings if _argument(call) is None]
    if app.code_gaps:
        reason = "; ".join(app.code_gaps[:3])
        return (rule.unknown(app, "Not all code could be read", reason, lines),)
    if unresolved or handed:
        title = f"{plural(len(handed), 'object')} handed to web pages"
        reason = f"which pages are shown is not known; {len(unresolved)} settings not proven"
        return (rule.unknown(app, title, reason, lines),)
    return (rule.clear(app, "No web view is opened to its pages", lines),)


def _argument(call: CallSite) -> int | None:
    first = call.arguments[0] if call.arguments else None
    return first if isinstance(first, int) else None


CHECK: Final = RULE.check(judge)
