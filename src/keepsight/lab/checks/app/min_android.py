"""Oldest Android: does the app install on versions that get no security updates?

What it looks at:
    The minimum version, against a dated table of the last security bulletin for each version.

Why it matters:
    On a phone without updates, known holes below the app stay open, whatever the app does.

What it cannot see:
    Updates that a phone's maker provides on its own. A table older than six months proves only what
    ended before it.

References:
    Android Security Bulletins; MASTG-TEST-0245, MASWE-0077.
"""

from datetime import date, timedelta
from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, in_manifest
from keepsight.lab.facts.app import AppFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/min-android",
    "Android versions without security updates",
    (EN + "5.3 by analogy", "MASTG-TEST-0245", "MASWE-0077", "CWE-1104?"),
    "Raise the minimum version to one that still gets security updates, or warn on older ones.",
)
TABLE_AGE_MAX: Final = timedelta(days=183)


def judge(rule: AppRule, app: AppFacts, facts: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app at the report's date."""
    if app.manifest is None:
        return (rule.no_manifest(app),)
    row, min_sdk = app.platform, app.manifest.min_sdk
    needs = in_manifest(app, f"minSdkVersion {min_sdk}", "uses-sdk")
    if row is None or not facts.report_date:
        reason = "the version is newer than the table" if facts.report_date else "no report date"
        return (rule.unknown(app, "Whether updates are given is not known", reason, [needs]),)
    known = Evidence(
        f"Android {row.version} (API {row.api}): "
        + (f"last covered on {row.last_update}" if row.last_update else "still covered")
        + f", table of {row.dated}",
    )
    if row.last_update and row.last_update < facts.report_date:
        is_listed = min_sdk >= row.api
        version = f"Android {row.version} (API {min_sdk})" if is_listed else f"API {min_sdk}"
        # Older than the table: it ended no later than the oldest row did.
        since = f"since {row.last_update}" if is_listed else f"since {row.last_update} or longer"
        title = f"The app installs on {version}, which has had no security update {since}"
        details: dict[str, object] = {"min_sdk": min_sdk, "table": row.dated}
        return (rule.violated(Severity.LOW, title, [needs, known], details),)
    stale = date.fromisoformat(facts.report_date) - date.fromisoformat(row.dated) > TABLE_AGE_MAX
    if stale or not row.certain:
        reason = f"the table is of {row.dated}" if stale else "the table leaves this version open"
        return (
            rule.unknown(app, "Whether updates are given is not known", reason, [needs, known]),
        )
    title = f"Every Android version the app installs on gets security updates (API {min_sdk})"
    return (rule.clear(app, title, [needs, known]),)


CHECK: Final = RULE.check(judge)
