"""Claimed platform: does the app run where the vendor says it does?

What it looks at:
    Android versions in the vendor's claims, against the package's minimum version.

Why it matters:
    A buyer with an older phone finds out after the purchase.

What it cannot see:
    The claim may be about an older release of the app; the finding quotes it.

References:
    EN 303 645 5.12-1 (unverified as the best fit).
"""

import re
from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, in_manifest
from keepsight.lab.facts.app import AppFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/claimed-platform",
    "claims about Android versions that the package contradicts",
    (EN + "5.12-1?",),
    "State the Android version that the current app needs.",
)
_CLAIM: Final = re.compile(r"Android(?:\s+(?:version|OS))?\s*(\d{1,2}(?:\.\d)?)", re.IGNORECASE)
API_OF: Final = {
    "4": 14, "4.0": 14, "4.1": 16, "4.2": 17, "4.3": 18, "4.4": 19, "5": 21, "5.0": 21, "5.1": 22,
    "6": 23, "6.0": 23, "7": 24, "7.0": 24, "7.1": 25, "8": 26, "8.0": 26, "8.1": 27, "9": 28,
    "9.0": 28, "10": 29, "11": 30, "12": 31, "13": 33, "14": 34, "15": 35, "16": 36,
}  # fmt: skip
"""API level of each version's first release."""


def judge(rule: AppRule, app: AppFacts, facts: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app against the product's claims."""
    claims = [
        (claim, found[1]) for claim in facts.product.claims if (found := _CLAIM.search(claim))
    ]
    if not claims:
        return (rule.not_applicable(app, "no claim about Android versions was entered"),)
    if app.manifest is None:
        return (rule.no_manifest(app),)
    min_sdk = app.manifest.min_sdk
    lines = [Evidence(f"claimed: {claim}", place="dossier") for claim, _ in claims]
    lines.append(in_manifest(app, f"minSdkVersion {min_sdk}", "uses-sdk"))
    known = [(version, API_OF[version]) for _, version in claims if version in API_OF]
    if not known:
        reason = "the claimed version is not a known one"
        return (rule.unknown(app, "The claim could not be compared", reason, lines),)
    version, api = min(known, key=lambda one: one[1])
    if api < min_sdk:
        title = f"Claimed for Android {version} (API {api}), but the app needs API {min_sdk}"
        return (rule.violated(Severity.LOW, title, lines),)
    return (rule.clear(app, f"The app runs on Android {version} as claimed", lines),)


CHECK: Final = RULE.check(judge)
