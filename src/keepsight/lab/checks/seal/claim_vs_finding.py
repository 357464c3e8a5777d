"""Declared, and not kept.

What it looks at: the mandatory provisions of EN 303 645 a seal declares, against the violations
found.

Why it matters: a declaration that the findings contradict is worth asking about.

What it cannot see: declarations that are not public; then the register's list of provisions stands
in, and the outcome says so.

References: ETSI TS 103 701.
"""

from keepsight.lab.checks.rule import Rule
from keepsight.lab.crosscheck import CrossCheck
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Outcome, Severity

RULE = Rule(
    "seal/claim-vs-finding", "seals", "declarations the findings contradict", ("ETSI TS 103 701",)
)
_EN = "EN 303 645 V3.1.3 "


def judge(facts: ProductFacts, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Violated where a publicly declared provision meets a violation."""
    if not facts.seals:
        return RULE.not_applicable("no seal is claimed")
    out: list[Finding] = []
    for seal in facts.seals:
        declared = seal.provisions or (seal.kind.provisions if seal.kind else ())
        pairs = tuple(
            Evidence(f"{provision} declared; {finding.check}: {finding.title}")
            for finding in findings
            if finding.outcome is Outcome.VIOLATED
            for provision in declared
            if f"{_EN}{provision}" in finding.standards
        )
        if not seal.provisions:
            reason = "the maker's declaration is not public"
            out += RULE.unknown(f"{seal.name}: {len(pairs)} findings touch it", reason, pairs)
        elif pairs:
            out += RULE.violated(
                Severity.MEDIUM,
                f"{seal.name}: {len(pairs)} findings contradict declared provisions",
                pairs,
                remedy="Ask the issuer to look at the findings.",
            )
        else:
            out += RULE.clear(f"{seal.name}: no finding contradicts a declared provision")
    return tuple(out)


CHECK = CrossCheck(RULE.check_id, RULE.area, RULE.title, RULE.standards, judge)
