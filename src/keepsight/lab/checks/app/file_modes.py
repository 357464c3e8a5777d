"""File modes: can other apps read or write this app's files and preferences?

What it looks at:
    The mode argument of `getSharedPreferences`, `getPreferences`, `openFileOutput`, `getDir` and
    `openOrCreateDatabase`, as the code passes it. Bit 1 makes a file readable and bit 2 writable
    for every app. 0 is private, 4 shares between processes of the app, 0x8000 appends: no faults.

Why it matters:
    A readable preference file gives tokens and addresses to any app on the phone. The open modes
    are deprecated since API level 17 (Android 4.2), and refused for targets from 24.

What it cannot see:
    Modes computed at run time or handed in from elsewhere: counted, and unknown.

References:
    Android's documentation of `Context.MODE_WORLD_READABLE`; MASTG-TEST-0287, MASTG-TEST-0207.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, at, by_owner, plural
from keepsight.lab.facts.app import AppFacts, CallSite
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE: Final = AppRule(
    "app/file-modes",
    "files that other apps can read or write",
    (EN + "5.4-1", "MASTG-TEST-0287", "MASTG-TEST-0207", "MASWE-0006", "CWE-276?", "CWE-732?"),
    "Use MODE_PRIVATE, and a content provider for what others may read.",
)
_MODE_AT: Final = {
    "getSharedPreferences": 1,
    "openFileOutput": 1,
    "getDir": 1,
    "openOrCreateDatabase": 1,
    "getPreferences": 0,
}
_READABLE: Final = 1
_WRITABLE: Final = 2


def mode_of(call: CallSite) -> int | None:
    """Return the proven mode of a call, None when it was not proven."""
    index = _MODE_AT[call.api]
    value = call.arguments[index] if index < len(call.arguments) else None
    return value if isinstance(value, int) else None


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    calls = app.calls_of(*_MODE_AT)
    bad = [call for call in calls if (mode_of(call) or 0) & (_READABLE | _WRITABLE)]
    if bad:
        return tuple(_violated(rule, app, name, group) for name, group in by_owner(bad))
    open_calls = [call for call in calls if mode_of(call) is None]
    resolved = len(calls) - len(open_calls)
    if app.code_gaps:
        reason = "; ".join(app.code_gaps[:3])
        return (rule.unknown(app, "Not all code could be read", reason),)
    if open_calls:
        title = (
            f"The mode is private in {plural(resolved, 'place')} "
            f"and not proven in {len(open_calls)} more"
        )
        lines = [at(app, call.place, f"{call.api} with a mode not proven") for call in open_calls]
        return (rule.unknown(app, title, "the mode is decided at run time", lines),)
    title = f"Files and preferences are private in all {plural(len(calls), 'place')}"
    lines = [at(app, call.place, f"{call.api}, mode {mode_of(call)}") for call in calls]
    return (rule.clear(app, title, lines, places=len(calls)),)


def _violated(rule: AppRule, app: AppFacts, name: str, calls: list[CallSite]) -> Finding:
    modes = [mode_of(call) or 0 for call in calls]
    what = " and ".join(
        word
        for bit, word in ((_READABLE, "readable"), (_WRITABLE, "writable"))
        if any(mode & bit for mode in modes)
    )
    lines = [
        at(app, call.place, f"{call.api}, mode {mode}")
        for call, mode in zip(calls, modes, strict=True)
    ]
    return rule.violated(Severity.MEDIUM, f"Files are {what} by every app, in {name}", lines)


CHECK: Final = RULE.check(judge)
