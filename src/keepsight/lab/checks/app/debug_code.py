"""Debug code: is debugging switched on by the code?

What it looks at:
    `WebView.setWebContentsDebuggingEnabled` with its argument, and `StrictMode`, which belongs into
    development.

Why it matters:
    A web view that can be debugged shows its pages, and the accounts in them, to any computer the
    phone is plugged into.

What it cannot see:
    A value that depends on the build type at run time stays unknown. StrictMode alone changes
    nothing for an attacker: apps use it to allow themselves slow calls; it is listed, no more.
    Logging is not judged: what is logged, and not that something is, decides.

References:
    MASTG-TEST-0227, MASTG-TEST-0263 to 0265, MASWE-0067, MASWE-0094.
"""

from typing import Final

from keepsight.lab.checks.app_rule import AppRule, at, by_owner, plural
from keepsight.lab.facts.app import AppFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE: Final = AppRule(
    "app/debug-code",
    "debugging switched on by the code",
    ("MASTG-TEST-0227", "MASTG-TEST-0263", "MASTG-TEST-0264", "MASTG-TEST-0265", "MASWE-0067",
     "MASWE-0094", "CWE-489?"),
    "Guard it by the build type, so that release builds do not contain it.",
)  # fmt: skip
_WEB: Final = "setWebContentsDebuggingEnabled"


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    web = app.calls_of(_WEB)
    strict = app.calls_of(
        "StrictMode.setThreadPolicy", "StrictMode.setVmPolicy", "StrictMode.enableDefaults"
    )
    enabled = [call for call in web if call.arguments and call.arguments[0] == 1]
    if enabled:
        return tuple(
            rule.violated(
                Severity.MEDIUM,
                f"Web view debugging is switched on in {name}",
                [at(app, call.place, f"{_WEB}(true)") for call in calls],
            )
            for name, calls in by_owner(enabled)
        )
    lines = [at(app, call.place, f"{call.api}{call.arguments}") for call in web]
    lines += [at(app, call.place, call.api) for call in strict]
    unresolved = [call for call in web if not call.arguments or call.arguments[0] is None]
    if app.code_gaps:
        reason = "; ".join(app.code_gaps[:3])
        return (rule.unknown(app, "Not all code could be read", reason, lines),)
    if unresolved:
        title = f"Web view debugging depends on a value in {plural(len(unresolved), 'place')}"
        return (rule.unknown(app, title, "the argument is decided at run time", lines),)
    return (rule.clear(app, "No code switches debugging on", lines),)


CHECK: Final = RULE.check(judge)
