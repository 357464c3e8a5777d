"""Messages that can be changed unnoticed.

What it looks at: how the signature of proven five-field messages is made, and whether the response
has one.

Why it matters: the signature is SHA-1 with the secret appended, not an HMAC, and covers the request
only. A response under a bare stream cipher can be changed bit by bit: one flipped byte turns
{"code":0 into {"code":9.

What it cannot see: whether app or server check more than what is in the message.

References: EN 303 645 5.5-1; CWE-353.
"""

from keepsight.lab.checks.capture.message_cipher import REMEDY, messages, proven, shown
from keepsight.lab.checks.capture.sources import absent
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "capture/message-integrity",
    "communication",
    "messages that can be changed unnoticed",
    ("EN 303 645 V3.1.3 5.5-1", "CWE-328?", "CWE-353?"),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where the signature recomputes as secret-suffix SHA-1, or a response has no MAC."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    if not messages(facts):
        return RULE.not_applicable("no five-field message in what could be read")
    sure = proven(facts)
    if not sure:
        return RULE.unknown("Not testable", "no message could be decrypted")
    signed = [row for row in sure if row[1].is_signature_recomputed]
    replies = [row for row in sure if row[1].is_response_shared]
    if not signed and not replies:
        return RULE.unknown("Not testable", "the signature has another construction")
    parts = []
    if signed:
        parts.append("requests are signed with SHA-1 and an appended secret, not with an HMAC")
    if replies:
        parts.append("responses carry no proof of origin at all")
    return RULE.violated(
        Severity.MEDIUM,
        _sentence("; ".join(parts)),
        tuple(shown(c, m, "signature recomputed from the message") for c, m in signed)
        + tuple(shown(c, m, "response decrypts without any check value") for c, m in replies),
        remedy=REMEDY,
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


CHECK = RULE.check(judge)
