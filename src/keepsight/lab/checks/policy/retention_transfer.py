"""How long and where to.

What it looks at: whether the policy says how long data are kept and to which countries they go.

Why it matters: pictures that are never deleted leak some day; other countries have other laws.

What it cannot see: whether the periods are kept.

References: GDPR articles 13(1)(f) and 13(2)(a).
"""

from keepsight.lab.checks.policy.sources import absent, gaps, has, quotes
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "policy/retention-transfer",
    "privacy",
    "silence about how long and where to",
    ("GDPR 13(1)(f)?", "GDPR 13(2)(a)?"),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where either is absent from all policies given."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    shown = quotes(facts, ClauseKind.RETENTION, most=3) + quotes(facts, ClauseKind.TRANSFER, most=3)
    missing = []
    if not has(facts, ClauseKind.RETENTION):
        missing.append("how long data are kept")
    if not has(facts, ClauseKind.TRANSFER):
        missing.append("to which countries they go")
    if missing:
        unread = gaps(facts)
        title = f"The policy does not say {' nor '.join(missing)}"
        if unread:
            return RULE.unknown(title, unread, shown)
        return RULE.violated(
            Severity.LOW,
            title,
            shown,
            remedy="State periods for each kind of data, and the countries.",
        )
    periods = [
        clause.subject
        for policy in facts.policies
        for clause in policy.of(ClauseKind.RETENTION)
        if clause.subject
    ]
    named = f" (periods named: {', '.join(periods[:4])})" if periods else ", without a period"
    return RULE.clear(f"The policy states retention{named} and transfers", shown)


CHECK = RULE.check(judge)
