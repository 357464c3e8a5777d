"""Weak passwords.

What it looks at: the weakest password the product accepts (length, kinds of characters), judged
three times, by BSI, NIST SP 800-63B-4 and OWASP ASVS 5.0. They disagree on composition rules, so
the three verdicts stand side by side and are never averaged. A universal default password is judged
as well.

Why it matters: the account opens the camera from anywhere.

What it cannot see: what was not observed stays unknown; a blocklist shows only when tried.

References: BSI; NIST SP 800-63B-4 section 3.1.1; ASVS 5.0 V6.2; EN 303 645 5.1-1, 5.1-4, 5.1-5.
"""

from dataclasses import dataclass

from keepsight.lab.checks.observed import evidence_of
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.observation import Observations
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Outcome, Severity

RULE = Rule(
    "account/password-policy",
    "account",
    "weak passwords",
    (
        "BSI",
        "NIST SP 800-63B-4",
        "ASVS 5.0 V6.2",
        "EN 303 645 V3.1.3 5.1-1",
        "EN 303 645 V3.1.3 5.1-4",
        "EN 303 645 V3.1.3 5.1-5",
        "CWE-521?",
    ),
)
_ACCEPTED_FACTORS = frozenset({"totp", "passkey", "push", "sms"})
"""Of NIST: e-mail is no out-of-band authenticator; SMS is restricted but accepted."""
_KEYS = ("password_length_min", "password_types_min", "second_factor")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one standard says."""

    standard: str
    outcome: Outcome
    reason: str


def by_bsi(length: int, types: int | None, *, has_factor: bool | None) -> Verdict:
    """BSI: long and simple, or short and complex, or three kinds with a second factor."""
    if types is None:
        return Verdict("BSI", Outcome.UNKNOWN, "the kinds of characters required were not observed")
    if (length >= 25 and types >= 2) or (length >= 8 and types >= 4):
        return Verdict("BSI", Outcome.CLEAR, f"{length} characters of {types} kinds fit a route")
    if length >= 8 and types >= 3:
        if has_factor is None:
            return Verdict("BSI", Outcome.UNKNOWN, "the second factor decides and was not observed")
        if has_factor:
            return Verdict("BSI", Outcome.CLEAR, "8 characters of 3 kinds with a second factor")
    return Verdict(
        "BSI",
        Outcome.VIOLATED,
        f"{length} characters of {types} kinds fit no route (25 with 2, 8 with 4, or 8 with 3 and "
        "a second factor)",
    )


def by_nist(length: int, seen: Observations, factors: tuple[str, ...] | None) -> Verdict:
    """NIST: 15 characters alone, 8 beside an accepted factor; no composition rule; a blocklist."""
    accepted = None if factors is None else bool(_ACCEPTED_FACTORS & set(factors))
    enough = length >= 15 or (length >= 8 and bool(accepted))
    if length < 8 or (length < 15 and accepted is False):
        why = "an e-mailed PIN is no accepted factor, so 15 apply" if factors else "15 apply"
        return Verdict("NIST SP 800-63B-4", Outcome.VIOLATED, f"{length} characters: {why}")
    if seen.text("password_composition_rule") == "yes":
        return Verdict("NIST SP 800-63B-4", Outcome.VIOLATED, "a composition rule is forbidden")
    if seen.text("password_rotation") == "yes":
        return Verdict("NIST SP 800-63B-4", Outcome.VIOLATED, "a forced change is forbidden")
    if seen.text("password_blocklist") == "no":
        return Verdict("NIST SP 800-63B-4", Outcome.VIOLATED, "common passwords are accepted")
    asked = ("password_composition_rule", "password_rotation", "password_blocklist")
    missing = [key for key in asked if seen.text(key) is None]
    if not enough or missing:
        reason = f"not observed: {', '.join(missing) or 'the second factor'}"
        return Verdict("NIST SP 800-63B-4", Outcome.UNKNOWN, reason)
    return Verdict("NIST SP 800-63B-4", Outcome.CLEAR, f"{length} characters, no forbidden rule")


def by_asvs(length: int, seen: Observations) -> Verdict:
    """ASVS: 8 characters, 64 allowed, no composition rule, no rotation, paste, common words out."""
    if length < 8:
        return Verdict("ASVS 5.0", Outcome.VIOLATED, f"{length} characters; 6.2.1 asks for 8")
    faults = {
        "password_composition_rule": ("yes", "6.2.5: a composition rule"),
        "password_rotation": ("yes", "6.2.10: a forced change"),
        "password_blocklist": ("no", "6.2.4: common passwords are accepted"),
        "password_paste": ("no", "6.2.7: pasting is blocked"),
    }
    for key, (answer, text) in faults.items():
        if seen.text(key) == answer:
            return Verdict("ASVS 5.0", Outcome.VIOLATED, text)
    longest = seen.number("password_length_max")
    if longest is not None and longest < 64:
        return Verdict("ASVS 5.0", Outcome.VIOLATED, f"6.2.9: at most {longest} characters allowed")
    missing = [key for key in faults if seen.text(key) is None]
    if longest is None:
        missing.append("password_length_max")
    if missing:
        return Verdict("ASVS 5.0", Outcome.UNKNOWN, f"not observed: {', '.join(missing)}")
    note = "" if length >= 15 else "; 15 are strongly recommended"
    return Verdict("ASVS 5.0", Outcome.CLEAR, f"{length} characters, none of the faults{note}")


def judge(facts: ProductFacts) -> tuple[Finding, ...]:  # noqa: PLR0911 - one return an outcome
    """Violated when one of the three is, each shown by itself."""
    seen = facts.observations
    if seen is None:
        return RULE.not_applicable("no dossier with observations was given")
    if seen.text("account_required") == "none":
        return RULE.not_applicable("the product has no account")
    if seen.text("password_default") == "universal":
        return RULE.violated(
            Severity.CRITICAL,
            "Every device has the same default password",
            (evidence_of(facts, "password_default"),),
            remedy="Give every device its own password, or none until the owner sets one.",
        )
    length = seen.number("password_length_min")
    if length is None:
        return RULE.unknown("Password rules not observed", "password_length_min is not answered")
    factors = seen.words("second_factor")
    has_factor = None if factors is None else bool(set(factors) - {"none"})
    named = None if factors is None else tuple(f for f in factors if f != "none")
    verdicts = (
        by_bsi(length, seen.number("password_types_min"), has_factor=has_factor),
        by_nist(length, seen, named),
        by_asvs(length, seen),
    )
    proof = tuple(evidence_of(facts, key) for key in _KEYS if key in seen.answers)
    line = "; ".join(f"{v.standard} {v.outcome.value}: {v.reason}" for v in verdicts)
    details: dict[str, object] = {
        v.standard: {"outcome": v.outcome.value, "reason": v.reason} for v in verdicts
    }
    failed = [v for v in verdicts if v.outcome is Outcome.VIOLATED]
    if failed:
        return RULE.violated(
            Severity.HIGH if length < 8 else Severity.MEDIUM,
            f"Accepts weak passwords ({length} characters). {line}",
            proof,
            remedy="Ask for 15 characters without composition rules, refuse common passwords, and "
            "offer a passkey or an authenticator app.",
            details=details,
        )
    if any(v.outcome is Outcome.UNKNOWN for v in verdicts):
        return RULE.unknown("Password rules only partly observed", line, proof, details=details)
    return RULE.clear(f"Password rules meet all three standards. {line}", proof, details=details)


CHECK = RULE.check(judge)
