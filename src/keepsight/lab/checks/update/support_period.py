"""Support without an end date.

What it looks at: the end of support the vendor publishes.

Why it matters: a camera outlives its updates; buyers must know when. "For the life of the product"
is not a date.

What it cannot see: whether the promise is kept.

References: EN 303 645 5.3-13; UK PSTI.
"""

import re

from keepsight.lab.checks.observed import evidence_of
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "update/support-period",
    "updates",
    "support without an end date",
    ("EN 303 645 V3.1.3 5.3-13", "PSTI?"),
)
_REMEDY = "Publish the date until which security updates are made, beside the product."


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated without a date, or with one in the past."""
    if facts.observations is None:
        return RULE.not_applicable("no dossier with observations was given")
    answer = facts.observations.text("support_end")
    if answer is None:
        return RULE.unknown(
            "Support period not observed", "the question support_end is not answered"
        )
    proof = (evidence_of(facts, "support_end"),)
    if answer == "none":
        title = "No end of support is published"
        return RULE.violated(Severity.MEDIUM, title, proof, remedy=_REMEDY)
    if not re.fullmatch(r"\d{4}-\d{2}(?:-\d{2})?", answer):
        return RULE.violated(
            Severity.LOW, f"The support period is no date: {answer!r}", proof, remedy=_REMEDY
        )
    if answer < facts.report_date[: len(answer)]:
        return RULE.violated(
            Severity.HIGH,
            f"Support ended on {answer}, before {facts.report_date}",
            proof,
            remedy="Retire the product, or take it off the network's way out.",
        )
    return RULE.clear(f"Security updates are promised until {answer}", proof)


CHECK = RULE.check(judge)
