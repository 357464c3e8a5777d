"""Nobody to ask.

What it looks at: contacts in the policy: a general one, one in the EU (office or representative), a
data protection officer.

Why it matters: rights need an address.

What it cannot see: whether anybody answers (that is an observation).

References: GDPR articles 13(1)(a) and (b), 27.
"""

from keepsight.lab.checks.policy.sources import absent, gaps, has, quotes
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "policy/contacts", "privacy", "nobody to ask", ("GDPR 13(1)(a)?", "GDPR 13(1)(b)?", "GDPR 27?")
)
_KINDS = {
    ClauseKind.CONTACT: "general contact",
    ClauseKind.EU_CONTACT: "contact or representative in the EU",
    ClauseKind.OFFICER: "data protection officer",
}


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated without any; a missing EU contact is the milder line."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    shown = tuple(line for kind in _KINDS for line in quotes(facts, kind, most=2))
    missing = [word for kind, word in _KINDS.items() if not has(facts, kind)]
    details: dict[str, object] = {"missing": missing}
    unread = gaps(facts)
    if missing and unread:
        return RULE.unknown(f"Not found: {', '.join(missing)}", unread, shown, details=details)
    remedy = "Name a contact that answers, in the EU too, and the data protection officer."
    if len(missing) == len(_KINDS):
        title = "The policy names no contact at all"
        return RULE.violated(Severity.MEDIUM, title, shown, remedy=remedy, details=details)
    if "contact or representative in the EU" in missing and "data protection officer" in missing:
        title = "Neither a contact in the EU nor a data protection officer is named"
        return RULE.violated(Severity.LOW, title, shown, remedy=remedy, details=details)
    found = [word for word in _KINDS.values() if word not in missing]
    return RULE.clear(f"The policy names: {', '.join(found)}", shown, details=details)


CHECK = RULE.check(judge)
