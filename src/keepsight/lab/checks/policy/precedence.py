"""Promises another document overrides.

What it looks at: clauses by which one document wins over another. Who wins over whom is resolved
over the whole set of policies given: "this Policy shall prevail", "the other one supersedes this
one", one-way and two-way clauses, language versions.

Why it matters: what a policy promises is worth nothing where another one takes it back.

What it cannot see: documents that were not given; a clause about them is quoted as it stands.

References: GDPR articles 5(1)(a) and 12(1); EN 303 645 6-1.
"""

import re

from keepsight.lab.checks.policy.sources import absent, gaps
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import PolicyFacts, Precedence, Winner
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "policy/precedence",
    "privacy",
    "promises another document overrides",
    ("EN 303 645 V3.1.3 6-1", "GDPR 12(1)?", "GDPR 5(1)(a)?"),
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the a an of our its this that these privacy policy notice statement terms use data one"
        " protection and from der die das des datenschutzerklärung datenschutzrichtlinie erklärung"
        " richtlinie",
    )
)


def names_match(name: str, title: str) -> bool:
    """Whether a name in a clause means the document with this title: same telling words."""
    given = {word for word in name.lower().replace("/", " ").split() if word.isalnum()} - _COMMON
    own = {word for word in title.lower().replace("/", " ").split() if word.isalnum()} - _COMMON
    return bool(given) and given == own


def judge(facts: ProductFacts) -> tuple[Finding, ...]:  # noqa: PLR0911 - one return an outcome
    """Violated where another document wins in a conflict."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    clauses = [(p, c) for p in facts.policies for c in p.precedences if c.condition != "language"]
    losing = [(p, c) for p, c in clauses if c.winner is Winner.OTHER and c.condition == "conflict"]
    shown = tuple(_shown(facts, p, c) for p, c in clauses)
    if losing:
        policy, clause = losing[0]
        other = _resolved(facts, clause)
        return RULE.violated(
            Severity.HIGH,
            f"Where they differ, {other} wins over “{policy.title}”: at least two policies must be "
            "read, and what the latter promises can be taken back",
            shown,
            remedy="Let the policy of the product win, or state all that holds in one document.",
            details={"winner": other, "loser": policy.title},
        )
    if any(c.winner is Winner.UNRESOLVED for _, c in clauses):
        return RULE.unknown(
            "A precedence clause", "who wins over whom could not be resolved", shown
        )
    missing = gaps(facts)
    if missing:
        return RULE.unknown("No overriding clause found, with gaps", missing, shown)
    silent = [c for _, c in clauses if c.winner is Winner.OTHER]
    if silent:
        return RULE.clear(
            "Another document fills gaps only; in a conflict the product's wins", shown
        )
    if clauses:
        return RULE.clear("The product's own policy wins over others", shown)
    return RULE.clear("No clause lets another document win", shown)


def _resolved(facts: ProductFacts, clause: Precedence) -> str:
    given = [p for p in facts.policies if names_match(clause.other_document, p.title)]
    if given:
        return f"“{given[0].title}” ({given[0].artefact})"
    return f"“{clause.other_document}” (not among the documents given)"


def _shown(facts: ProductFacts, policy: PolicyFacts, clause: Precedence) -> Evidence:
    winner = {
        Winner.THIS: "this document wins",
        Winner.OTHER: f"{_resolved(facts, clause)} wins",
        Winner.UNRESOLVED: "not resolved",
    }[clause.winner]
    when = "where this one is silent" if clause.condition == "silence" else "where they differ"
    text = f"“{clause.text}”: {when} {winner}"
    return Evidence(text, policy.artefact, f"sentence {clause.sentence}")


CHECK = RULE.check(judge)
