"""Weak hashes: are MD5 and SHA-1 used where a strong hash is needed?

What it looks at:
    Algorithm names that reach `Signature.getInstance` (a signature: violation), and those that
    reach `MessageDigest.getInstance` (use not known from the call: listed).

Why it matters:
    Signatures over MD5 and SHA-1 can be forged; password hashes of either can be guessed at great
    speed.

What it cannot see:
    What a digest is for. Checksums, cache keys and HMAC are fine, so a digest alone never counts.

References:
    BSI TR-02102-1.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, at, by_owner, plural
from keepsight.lab.facts.app import AppFacts, CallSite
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE: Final = AppRule(
    "app/weak-hash",
    "weak hashes in signatures",
    (EN + "5.5-1", "BSI TR-02102-1", "CWE-328?"),
    "Sign with SHA-256 or better; derive keys from passwords with Argon2 or PBKDF2.",
)
_WEAK: Final = frozenset({"MD2", "MD4", "MD5", "SHA1", "SHA"})


def _algorithm(call: CallSite) -> str | None:
    first = call.arguments[0] if call.arguments else None
    return first.upper().replace("-", "") if isinstance(first, str) else None


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    signatures = app.calls_of("Signature.getInstance")
    digests = app.calls_of("MessageDigest.getInstance")
    bad = [call for call in signatures if (_algorithm(call) or "").partition("WITH")[0] in _WEAK]
    if bad:
        return tuple(
            rule.violated(
                Severity.MEDIUM,
                f"Signatures over a weak hash in {name}",
                [at(app, call.place, f"Signature {call.arguments[0]!s}") for call in calls],
            )
            for name, calls in by_owner(bad)
        )
    weak = [call for call in digests if _algorithm(call) in _WEAK]
    lines = [at(app, call.place, f"MessageDigest {call.arguments[0]!s}") for call in weak]
    unresolved = [call for call in (*signatures, *digests) if _algorithm(call) is None]
    if app.code_gaps:
        reason = "; ".join(app.code_gaps[:3])
        return (rule.unknown(app, "Not all code could be read", reason, lines),)
    if weak or unresolved:
        title = f"MD5 or SHA-1 in {plural(len(weak), 'place')}, use not known"
        reason = f"what the digests are for cannot be told; {len(unresolved)} chosen at run time"
        return (rule.unknown(app, title, reason, lines),)
    return (rule.clear(app, "No MD5 or SHA-1 in any digest or signature"),)


CHECK: Final = RULE.check(judge)
