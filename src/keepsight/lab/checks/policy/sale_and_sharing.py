"""A promise not to sell, beside advertising trackers.

What it looks at: whether the policy states that no data are sold, against advertising trackers that
were contacted, and against an overriding policy.

Why it matters: "sell" is narrow in law; data can pay without a sale.

What it cannot see: contracts. The policy states; nobody can see a sale in a capture.

References: GDPR article 13(1)(e); EN 303 645 6-1.
"""

from keepsight.lab.checks.policy.precedence import CHECK as PRECEDENCE
from keepsight.lab.checks.policy.sources import absent, has, quotes
from keepsight.lab.checks.policy.undeclared_trackers import table
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Outcome, Severity

RULE = Rule(
    "policy/sale-and-sharing",
    "privacy",
    "a promise not to sell that is contradicted",
    ("EN 303 645 V3.1.3 6-1", "GDPR 13(1)(e)?"),
)
_ADVERTISING = frozenset({"advertising", "attribution", "profiling"})


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where the claim meets advertising trackers or a policy that overrides it."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    shown = quotes(facts, ClauseKind.NO_SALE, ClauseKind.SALE)
    if has(facts, ClauseKind.SALE):
        return RULE.violated(
            Severity.HIGH, "The policy states that data are sold", shown, remedy="Do not sell data."
        )
    if not has(facts, ClauseKind.NO_SALE):
        return RULE.unknown(
            "The policy does not say whether data are sold", "no such sentence", shown
        )
    contacted = [
        row
        for row in table(facts)
        if row["contacted"] == "yes" and _ADVERTISING & set(_words(row["purposes"]))
    ]
    overriding = [f for f in PRECEDENCE.judge(facts) if f.outcome is Outcome.VIOLATED]
    against = [
        f"{row['tracker']} was contacted ({', '.join(_words(row['purposes']))})"
        for row in contacted
    ]
    against += ["another policy overrides this one" for _ in overriding[:1]]
    if against:
        return RULE.violated(
            Severity.MEDIUM,
            f"The policy states that no data are sold, but {'; '.join(against)}",
            shown + tuple(Evidence(text) for text in against),
            remedy="Take advertising SDKs out, and let no other document take the promise back.",
        )
    return RULE.unknown(
        "The policy states that no data are sold",
        "a statement of the policy; neither app nor capture can prove it",
        shown,
    )


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []


CHECK = RULE.check(judge)
