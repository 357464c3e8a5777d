"""More documents than one.

What it looks at: other documents a policy makes part of itself, and how many words the given ones
have together.

Why it matters: most people read none; nobody reads five.

What it cannot see: the length of documents that were not given.

References: GDPR article 12(1); EN 303 645 6-1.
"""

from keepsight.lab.checks.policy.sources import absent, quotes
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding

RULE = Rule(
    "policy/documents-to-read",
    "privacy",
    "more documents than one",
    ("EN 303 645 V3.1.3 6-1", "GDPR 12(1)?"),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """A note with numbers: how many documents, how many words."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    words = sum(policy.figures.words for policy in facts.policies)
    shown = quotes(facts, ClauseKind.INCORPORATES, most=10)
    others = len(shown)
    title = f"{len(facts.policies)} given, {words:,} words together"
    if others:
        verb = "sentence refers" if others == 1 else "sentences refer"
        title += f"; {others} {verb} to further documents"
    details: dict[str, object] = {
        "documents": len(facts.policies),
        "words": words,
        "noted": others > 0 or len(facts.policies) > 1,
    }
    return RULE.clear(title, shown, details=details)


CHECK = RULE.check(judge)
