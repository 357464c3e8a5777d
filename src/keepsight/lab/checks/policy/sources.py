"""What every policy check asks first: is there a policy, and was all of it read?"""

from keepsight.lab.checks.rule import Rule, unread_kind, unread_of, why
from keepsight.lab.facts.policy import Clause, ClauseKind, PolicyFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding

SUFFIXES = (".html", ".htm", ".pdf", ".md", ".txt")


def absent(rule: Rule, facts: ProductFacts) -> tuple[Finding, ...] | None:
    """The outcome where there is nothing to look at; None where there is."""
    if facts.policies:
        return None
    unread = unread_kind(facts, SUFFIXES)
    if unread:
        return rule.unknown("The policy could not be read", why(unread))
    return rule.not_applicable("no policy was given")


def gaps(facts: ProductFacts) -> str:
    """Why something not found may still be there; empty where everything was read."""
    names = tuple(policy.artefact for policy in facts.policies)
    return why(unread_of(facts, names) + unread_kind(facts, SUFFIXES))


def quote(policy: PolicyFacts, clause: Clause) -> Evidence:
    """A sentence of a policy as evidence."""
    place = f"sentence {clause.sentence}" if clause.sentence else "contact section"
    return Evidence(f"“{clause.text}”", policy.artefact, place)


def quotes(facts: ProductFacts, *kinds: ClauseKind, most: int = 6) -> tuple[Evidence, ...]:
    """The first sentences of some kinds, over all policies."""
    found = [quote(p, c) for p in facts.policies for c in p.clauses if c.kind in kinds]
    return tuple(found[:most])


def has(facts: ProductFacts, *kinds: ClauseKind) -> bool:
    """Whether any policy has such a sentence."""
    return any(clause.kind in kinds for policy in facts.policies for clause in policy.clauses)
