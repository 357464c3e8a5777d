"""What a seal says and does not say.

What it looks at: the kind of the seal, in the dated register.

Why it matters: the German IT security label is a declaration of the maker that the BSI checks for
plausibility. It is not a certification test, and says nothing about data protection.

What it cannot see: seals the register does not know.

References: BSIG section 9c(1).
"""

from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.facts.seal import SealClaim
from keepsight.lab.finding import Evidence, Finding

RULE = Rule("seal/meaning", "seals", "a seal taken for more than it is", ("BSIG 9c?",))


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """A note for each seal; it never raises the rating."""
    if not facts.seals:
        return RULE.not_applicable("no seal is claimed")
    return tuple(finding for seal in facts.seals for finding in _note(seal))


def _note(seal: SealClaim) -> tuple[Finding, ...]:
    kind = seal.kind
    if kind is None:
        return RULE.unknown(
            f"{seal.name}: not in the register",
            f"register of {seal.register_date or 'unknown date'}",
        )
    proof = (
        Evidence(f"It says: {kind.says}", place=kind.source),
        Evidence(f"It does not say: {kind.says_not}", place=kind.source),
        Evidence(f"Basis: {kind.basis}; register row checked on {kind.checked_on}"),
    )
    what = "a declaration of the maker" if kind.is_declaration else f"issued by {kind.issuer}"
    title = f"{kind.name} is {what}: {kind.says_not}"
    return RULE.clear(title, proof, details={"noted": True})


CHECK = RULE.check(judge)
