"""Sensitive storage: does the app keep secrets where they do not belong?

What it looks at:
    Keys that the code writes to plain preferences (`putString`) and that name a password or token,
    whether backups take them along, and the shared storage of the phone.

Why it matters:
    Plain preferences lie unencrypted in backups and on rooted phones.

What it cannot see:
    Whether the value was encrypted before it was written. A violation needs a key name that leaves
    no doubt, in code that writes it; that an interface is mentioned proves no write.

References:
    MASTG-TEST-0200 to 0202, MASTG-TEST-0216, MASTG-TEST-0262, MASWE-0004, MASWE-0006, MASWE-0007.
"""

import re
from typing import Final

from keepsight.lab.checks.app_rule import AppRule, at, by_owner, in_manifest
from keepsight.lab.facts.app import AppFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/sensitive-storage",
    "secrets in plain preferences",
    ("MASTG-TEST-0200", "MASTG-TEST-0201", "MASTG-TEST-0202", "MASTG-TEST-0216", "MASTG-TEST-0262",
     "MASWE-0004", "MASWE-0006", "MASWE-0007", "CWE-312?"),
    "Keep tokens in the Android key store, and exclude them from backups.",
)  # fmt: skip
_SECRET: Final = re.compile(
    r"(?:^|[._\-])(?:password|passwd|pwd|secret|access_?token|refresh_?token|auth_?token|session_?token"
    r"|api_?key|private_?key)$",
    re.IGNORECASE,
)


def names_secret(key: object) -> bool:
    """Return whether a preference's name says that a secret is in it."""
    if not isinstance(key, str):
        return False
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return _SECRET.search(spaced) is not None or key.upper() == "TOKEN"


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    writes = app.calls_of("putString")
    bad = [call for call in writes if call.arguments and names_secret(call.arguments[0])]
    backup = _backup(app)
    if bad:
        return tuple(
            rule.violated(
                Severity.MEDIUM,
                f"Written to plain preferences by {name}: "
                + ", ".join(sorted({str(call.arguments[0]) for call in calls})[:5]),
                [
                    *(at(app, one.place, f"putString {one.arguments[0]!s}") for one in calls),
                    *backup,
                ],
            )
            for name, calls in by_owner(bad)
        )
    shared = app.calls_of("getExternalStorageDirectory")
    lines = [*(at(app, call.place, call.api) for call in shared), *backup]
    open_keys = [call for call in writes if not call.arguments or call.arguments[0] is None]
    if app.code_gaps or app.manifest is None:
        reason = "; ".join(app.code_gaps[:3]) or "the manifest could not be read"
        return (rule.unknown(app, "Not everything could be read", reason, lines),)
    if open_keys or shared:
        title = "No secret is proven to be stored in clear"
        reason = (
            f"{len(open_keys)} preferences with names not proven, "
            f"{len(shared)} uses of shared storage"
        )
        return (rule.unknown(app, title, reason, lines),)
    return (rule.clear(app, "Nothing that names a secret is written to preferences", lines),)


def _backup(app: AppFacts) -> list[Evidence]:
    if app.manifest is None or app.manifest.allow_backup is False:
        return []
    return [in_manifest(app, "allowBackup is on: preferences are part of backups", "application")]


CHECK: Final = RULE.check(judge)
