"""Data in one heap.

What it looks at: whether the policy says which data belong to which function of the product (live
view, account, sharing, ...).

Why it matters: only then can a user decide about a function.

What it cannot see: whether the list is complete or true.

References: EN 303 645 6-1, 6-4; GDPR article 13.
"""

from keepsight.lab.checks.policy.sources import absent, gaps, quotes
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "policy/data-per-function",
    "privacy",
    "data in one heap",
    ("EN 303 645 V3.1.3 6-1", "EN 303 645 V3.1.3 6-4"),
)
FUNCTIONS_MIN = 3
"""Fewer functions with their data are an example, not a breakdown."""


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Clear with a breakdown, violated without any data named, unknown in between."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    shown = tuple(
        Evidence(
            f"{row.function}: {', '.join(row.categories)}", p.artefact, f"block {row.sentence}"
        )
        for p in facts.policies
        for row in p.functions
    )
    best = max(len(policy.functions) for policy in facts.policies)
    if best >= FUNCTIONS_MIN:
        return RULE.clear(f"The policy states data for each of {best} functions", shown)
    missing = gaps(facts)
    if missing:
        return RULE.unknown("No breakdown found, with gaps", missing, shown)
    named = quotes(facts, ClauseKind.CATEGORY)
    if shown:
        return RULE.unknown(
            f"Data are tied to {best} functions only",
            "too few to call it a breakdown; read the quotes",
            shown + named,
        )
    return RULE.violated(
        Severity.LOW,
        "The policy does not say which data belong to which function",
        named,
        remedy="List the data for each function, with purpose and whether it can be switched off.",
    )


CHECK = RULE.check(judge)
