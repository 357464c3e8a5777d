"""Rights that are not granted.

What it looks at: whether the policy states the rights to access, correct, delete, object and
withdraw consent, and a contact to use them.

Why it matters: the law gives them; people must be told.

What it cannot see: whether a request is answered (that is an observation).

References: GDPR articles 15 to 17, 21, 7(3); EN 303 645 6-2, 6-3.
"""

from keepsight.lab.checks.policy.sources import absent, gaps, has, quotes
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "policy/rights",
    "privacy",
    "rights that are not granted",
    (
        "EN 303 645 V3.1.3 6-2",
        "EN 303 645 V3.1.3 6-3A",
        "EN 303 645 V3.1.3 6-3B",
        "GDPR 15-17?",
        "GDPR 21?",
        "GDPR 7(3)?",
    ),
)
RIGHTS = {
    ClauseKind.ACCESS: "access",
    ClauseKind.CORRECT: "correct",
    ClauseKind.DELETE: "delete",
    ClauseKind.OBJECT: "object",
    ClauseKind.WITHDRAW: "withdraw consent",
}


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where one is missing from all policies given."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    shown = tuple(line for kind in RIGHTS for line in quotes(facts, kind, most=1))
    missing = [word for kind, word in RIGHTS.items() if not has(facts, kind)]
    if missing:
        unread = gaps(facts)
        title = f"Not stated: the right to {', '.join(missing)}"
        if unread:
            return RULE.unknown(title, unread, shown)
        weight = Severity.MEDIUM if len(missing) > 1 or "object" not in missing else Severity.LOW
        return RULE.violated(
            weight,
            title,
            shown,
            remedy="State each right with a way to use it.",
        )
    if not has(facts, ClauseKind.CONTACT):
        return RULE.unknown("All rights are stated", "no contact to use them with was found", shown)
    return RULE.clear("The policy states all five rights and a contact", shown)


CHECK = RULE.check(judge)
