"""Expired seals.

What it looks at: the date until which a seal is valid on the issuer's page, judged at the report's
date.

Why it matters: an expired seal says nothing about the product of today.

What it cannot see: a renewal after the page was saved; the date of the saved page is given.

References: BSIG section 9c; BSI-ITSiKV section 3.
"""

from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.facts.seal import SealClaim
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule("seal/validity", "seals", "expired seals", ("BSIG 9c?", "BSI-ITSiKV 3?", "CWE-298?"))


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """One finding a seal."""
    if not facts.seals:
        return RULE.not_applicable("no seal is claimed")
    return tuple(finding for seal in facts.seals for finding in _judge(facts, seal))


def _judge(facts: ProductFacts, seal: SealClaim) -> tuple[Finding, ...]:
    saved = f", page saved on {seal.page_saved_on}" if seal.page_saved_on else ""
    proof = (
        Evidence(f"{seal.name} {seal.label_id}: valid until {seal.valid_until or '?'}{saved}"),
    )
    if not seal.valid_until:
        return RULE.unknown(
            f"{seal.name}: validity not seen", "the issuer's page was not saved", proof
        )
    if seal.valid_until < facts.report_date:
        return RULE.violated(
            Severity.MEDIUM,
            f"{seal.name} expired on {seal.valid_until}; judged on {facts.report_date}",
            proof,
            remedy="Do not rely on it; ask the vendor whether it was renewed.",
        )
    return RULE.clear(f"{seal.name} is valid until {seal.valid_until}", proof)


CHECK = RULE.check(judge)
