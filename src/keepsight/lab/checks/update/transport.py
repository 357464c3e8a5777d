"""Firmware fetched without protection.

What it looks at: downloads in the capture that look like firmware (paths with ota, firmware,
upgrade; .bin, .img, .pkg files) and whether they came over plain HTTP.

Why it matters: who changes an unsigned image owns the camera.

What it cannot see: signatures inside the image. Plain HTTP with a verified signature is acceptable,
so the outcome stays unknown until that is shown.

References: EN 303 645 5.3-7, 5.3-9, 5.3-10; CWE-494.
"""

import re

from keepsight.lab.checks.capture.sources import absent, evidence
from keepsight.lab.checks.observed import evidence_of
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "update/transport",
    "updates",
    "firmware fetched without protection",
    (
        "EN 303 645 V3.1.3 5.3-7",
        "EN 303 645 V3.1.3 5.3-9",
        "EN 303 645 V3.1.3 5.3-10",
        "CWE-494?",
    ),
)
_FIRMWARE = re.compile(
    r"(?i)/(?:[^?]*(?:firmware|ota|upgrade|fw)[^?]*)\.(?:bin|img|pkg|tar|zip|hex)\b"
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated by plain HTTP together with a tester who saw no signature check."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    seen = [(c, x) for c in facts.captures for x in c.exchanges if _FIRMWARE.search(x.path)]
    if not seen:
        return RULE.unknown("No firmware download seen", "no update happened in the watched time")
    shown = tuple(evidence(c, x.packet, f"{x.method} {x.host}{x.path}") for c, x in seen)
    plain = [x for _, x in seen if x.is_clear]
    if not plain:
        return RULE.clear("Firmware came over an encrypted connection", shown)
    checked = facts.observations.text("firmware_signature") if facts.observations else None
    if checked is not None:
        shown = (*shown, evidence_of(facts, "firmware_signature"))
    if checked == "not_checked":
        return RULE.violated(
            Severity.CRITICAL,
            "Firmware came over plain HTTP, and a changed image was accepted",
            shown,
            remedy="Verify a signature over image and version before anything is written.",
        )
    if checked == "checked":
        return RULE.clear("Firmware came over plain HTTP; a changed image was refused", shown)
    return RULE.unknown(
        "Firmware came over plain HTTP", "whether its signature is verified was not shown", shown
    )


CHECK = RULE.check(judge)
