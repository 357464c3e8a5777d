"""Seals of a sister model.

What it looks at: the exact model the seal names, against the model in the dossier.

Why it matters: sister models share names and differ inside.

What it cannot see: hardware revisions that are not printed.

References: BSI TR-03173.
"""

from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.facts.seal import SealClaim
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule("seal/scope", "seals", "seals of a sister model", ("BSI TR-03173",))


def _plain(model: str) -> str:
    return "".join(c for c in model.lower() if c.isalnum())


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """One finding a seal."""
    if not facts.seals:
        return RULE.not_applicable("no seal is claimed")
    return tuple(finding for seal in facts.seals for finding in _judge(facts, seal))


def _judge(facts: ProductFacts, seal: SealClaim) -> tuple[Finding, ...]:
    if not seal.model or not facts.product.model:
        missing = "the seal's model" if not seal.model else "the product's model"
        return RULE.unknown(f"{seal.name}: scope unclear", f"{missing} is not in the dossier")
    proof = (Evidence(f"seal: {seal.model}; product: {facts.product.model}"),)
    if _plain(seal.model) == _plain(facts.product.model):
        return RULE.clear(f"{seal.name} names this very model", proof)
    return RULE.violated(
        Severity.MEDIUM,
        f"{seal.name} names another model: {seal.model}",
        proof,
        remedy="Ask the issuer whether the seal covers this model.",
    )


CHECK = RULE.check(judge)
