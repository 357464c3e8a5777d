"""Signature schemes: can the package be changed without its signature noticing?

What it looks at:
    Which of the schemes v1, v2 and v3 really verify, the minimum version, and whether v1 names the
    newer schemes so that stripping them is noticed. From these follows on exactly which Android
    versions the Janus hole (CVE-2017-13156) stays open; it exists only on phones whose patch level
    is before December 2017.

Why it matters:
    Through Janus, code can be put in front of a package that is signed with v1 alone. Having v1, v2
    and v3 together is normal and no fault: only the Android versions that look at v1 are exposed.

What it cannot see:
    The patch level of the phone. Android 5.0 and later are looked at; older ones have no updates at
    all, which `app/min-android` says.

References:
    CVE-2017-13156; Android's APK signature schemes v2 and v3; MASTG-TEST-0224, MASWE-0104.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule
from keepsight.lab.facts.app import AppFacts, Signing
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/signature-schemes",
    "changes behind the signature's back (Janus)",
    (EN + "5.7-1 by analogy", "MASTG-TEST-0224", "MASWE-0104", "CVE-2017-13156", "CWE-347?"),
    "Raise the minimum version to API 24 and sign with v2 or v3, which makes v1 needless.",
)
FIRST_LOOKED_AT: Final = 21
_LAST_HOLE: Final = 26
"""Android 8.0; later versions were fixed before they were released."""
_LAST_V1_ONLY: Final = 23
"""Android 7.0 and later prefer v2, from 9 also v3."""


def janus_range(verified: tuple[str, ...], min_sdk: int) -> tuple[int, int] | None:
    """Return the first and last API level exposed on unpatched phones, None if there is none."""
    if "v1" not in verified:
        return None
    last = _LAST_V1_ONLY if "v2" in verified else _LAST_HOLE
    first = max(min_sdk, FIRST_LOOKED_AT)
    return (first, last) if first <= last else None


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    signing = app.signing
    if signing is None:
        reason = "; ".join(app.gaps_of(["signing"])) or "the signatures were not read"
        return (rule.unknown(app, "The signatures could not be verified", reason),)
    evidence = _lines(app, signing)
    if app.starts_with_dex:
        title = "The file is a package and a dex file at once: the shape of a Janus attack"
        return (rule.violated(Severity.CRITICAL, title, evidence),)
    broken = [one for one in signing.results if one.present and not one.verified]
    reasons = [f"{one.scheme}: {one.reason}" for one in broken] + list(app.gaps_of(["signing"]))
    if not reasons and not signing.verified:
        reasons = ["the package is not signed"]
    if reasons:
        title = "The package's signature does not verify"
        return (rule.unknown(app, title, "; ".join(reasons), evidence),)
    if app.manifest is None:
        return (rule.no_manifest(app),)
    return (_exposure(rule, app, signing, app.manifest.min_sdk),)


def _exposure(rule: AppRule, app: AppFacts, signing: Signing, min_sdk: int) -> Finding:
    exposed = janus_range(signing.verified, min_sdk)
    evidence = _lines(app, signing)
    schemes = "+".join(signing.verified)
    details: dict[str, object] = {
        "schemes": list(signing.verified),
        "exposed_api": list(exposed) if exposed else [],
        "condition": "patch level before 2017-12" if exposed else "",
    }
    if exposed is None:
        return rule.clear(app, f"Signed with {schemes}: not open to Janus", evidence, **details)
    first, last = exposed
    levels = f"API {first}" if first == last else f"API {first} to {last}"
    title = f"Signed with {schemes}: open to Janus on {levels}, on phones not patched since 2017-12"
    severity = Severity.MEDIUM if "v2" not in signing.verified else Severity.LOW
    return rule.violated(severity, title, evidence, details)


def _lines(app: AppFacts, signing: Signing) -> list[Evidence]:
    lines = [
        Evidence(
            f"{one.scheme} "
            + ("verifies" if one.verified else f"does not verify: {one.reason}")
            + (f" ({', '.join(one.digests)})" if one.digests else ""),
            app.artefact,
            "signature",
        )
        for one in signing.results
        if one.present
    ]
    if signing.strip_protected is not None and {"v2", "v3"} & set(signing.verified):
        text = "names" if signing.strip_protected else "does not name"
        lines.append(
            Evidence(
                f"v1 {text} the newer schemes (X-Android-APK-Signed)", app.artefact, "META-INF"
            )
        )
    return lines


CHECK: Final = RULE.check(judge)
