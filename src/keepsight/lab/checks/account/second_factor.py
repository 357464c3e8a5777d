"""Log-in with a password alone.

What it looks at: whether a second factor is offered, and of which kinds.

Why it matters: a password leaked elsewhere opens the camera. An e-mailed PIN is better than
nothing; NIST SP 800-63B-4 does not accept e-mail as an out-of-band factor, because whoever reads
the mail resets the password as well.

What it cannot see: ways around it ("trust this device", recovery by mail).

References: NIST SP 800-63B-4; BSI TR-03173; EN 303 645 5.1-3.
"""

from keepsight.lab.checks.observed import evidence_of
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "account/second-factor",
    "account",
    "log-in with a password alone",
    ("NIST SP 800-63B-4", "BSI TR-03173", "EN 303 645 V3.1.3 5.1-3?", "CWE-308?"),
)
_REMEDY = "Offer passkeys, or an authenticator app, during set-up."


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated without any; a mere e-mailed PIN is the milder line."""
    seen = facts.observations
    if seen is None:
        return RULE.not_applicable("no dossier with observations was given")
    if seen.text("account_required") == "none":
        return RULE.not_applicable("the product has no account")
    kinds = seen.words("second_factor")
    if kinds is None:
        return RULE.unknown(
            "Second factor not observed", "the question second_factor is not answered"
        )
    proof = (evidence_of(facts, "second_factor"),)
    real = set(kinds) - {"none"}
    if not real:
        return RULE.violated(Severity.MEDIUM, "No second factor is offered", proof, remedy=_REMEDY)
    if real == {"email_pin"}:
        return RULE.violated(
            Severity.LOW,
            "The only second factor is a PIN by e-mail: better than none, but not accepted as an "
            "independent factor by NIST SP 800-63B-4",
            proof,
            remedy=_REMEDY,
        )
    names = ", ".join(sorted(real)).replace("_", " ")
    return RULE.clear(f"A second factor is offered: {names}", proof)


CHECK = RULE.check(judge)
