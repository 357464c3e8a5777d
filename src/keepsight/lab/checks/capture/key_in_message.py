"""The key travels with the message.

What it looks at: whether ssecurity and _nonce, from which the key is derived, stand in the same
request as the data encrypted with it.

Why it matters: whoever sees the form (a proxy, a log, a cache, the point where TLS ends) has the
key.

What it cannot see: messages inside TLS that was not decrypted.

References: CWE-522.
"""

from keepsight.lab.checks.capture.message_cipher import REMEDY, messages, shown
from keepsight.lab.checks.capture.sources import absent
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import Proof
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "capture/key-in-message",
    "communication",
    "its key inside the message",
    ("EN 303 645 V3.1.3 5.5-1", "CWE-522?"),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where the key was derived from the message itself."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    seen = messages(facts)
    if not seen:
        return RULE.not_applicable("no five-field message in what could be read")
    sent = [row for row in seen if row[1].is_secret_inside and row[1].proof is Proof.PROVEN]
    if sent:
        return RULE.violated(
            Severity.MEDIUM,
            f"{len(sent)} messages carry ssecurity and _nonce: their only protection is TLS",
            tuple(shown(c, m, "key derived from the form's own fields") for c, m in sent),
            remedy=REMEDY,
        )
    if any(m.is_secret_inside for _, m in seen):
        return RULE.unknown("ssecurity is in the message", "whether it gives the key is not proven")
    return RULE.clear("No message carries ssecurity")


CHECK = RULE.check(judge)
