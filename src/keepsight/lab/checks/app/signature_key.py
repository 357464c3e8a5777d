"""Signing key: is the key behind the signature strong, and a real one?

What it looks at:
    Kind and size of the current signer's key (after a rotation: the newest), the digests the
    signature relies on, and whether it is the debug key that every developer's machine makes.

Why it matters:
    Whoever can compute the key can sign updates. A debug key is protected by nothing.

What it cannot see:
    How the vendor keeps the key. The hash inside a self-signed certificate protects nothing and is
    not judged.

References:
    MASTG-TEST-0225, MASWE-0104.
"""

from typing import Final

from keepsight.lab.checks.app_rule import AppRule
from keepsight.lab.facts.app import AppFacts, Certificate
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/signature-key",
    "weak signing keys",
    ("MASTG-TEST-0225", "MASWE-0104", "CWE-326?"),
    "Rotate to an RSA key of 3072 bits or more, or an EC key, with scheme v3.",
)
RSA_BITS_MIN: Final = 2048
EC_BITS_MIN: Final = 224
_WEAK: Final = frozenset({"md5", "sha1"})


def judge(rule: AppRule, app: AppFacts, _: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app."""
    signing = app.signing
    signers = signing.current_signers if signing is not None else ()
    if signing is None or not signers:
        reason = "; ".join(app.gaps_of(["signing"])) or "no signature verifies"
        return (rule.unknown(app, "The signing key is not known", reason),)
    lines = [_line(app, one) for one in signers]
    if any("Android Debug" in one.subject for one in signers):
        title = "The package is signed with a debug key"
        return (rule.violated(Severity.HIGH, title, lines),)
    weak = [one for one in signers if is_weak(one)]
    if weak:
        title = f"The signing key is weak: {weak[0].key_kind} of {weak[0].key_bits} bits"
        return (rule.violated(Severity.MEDIUM, title, lines),)
    relied = {digest for one in signing.results if one.verified for digest in one.digests}
    if relied and relied <= _WEAK:
        title = f"The signature relies on {', '.join(sorted(relied))} alone"
        return (rule.violated(Severity.LOW, title, lines),)
    return (rule.clear(app, "The signing key is strong and not a debug key", lines),)


def is_weak(certificate: Certificate) -> bool:
    """Return whether a key is too small; kinds without a size are not."""
    if certificate.key_kind in {"RSA", "DSA"}:
        return certificate.key_bits < RSA_BITS_MIN
    return certificate.key_kind == "EC" and certificate.key_bits < EC_BITS_MIN


def _line(app: AppFacts, one: Certificate) -> Evidence:
    return Evidence(
        f"{one.subject}: {one.key_kind} {one.key_bits} bits, certificate signed with {one.digest}, "
        f"SHA-256 {one.sha256}",
        app.artefact,
        "signer certificate",
    )


CHECK: Final = RULE.check(judge)
