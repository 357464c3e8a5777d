"""One key stream for several messages.

What it looks at: proven five-field messages. data and rc4_hash__, and the request and its response,
are compared: where ciphertexts differ exactly as plaintexts do, they share key stream and position.

Why it matters: who knows one of the two texts reads the other without the key.

What it cannot see: clients differ; the outcome is about the messages of this capture.

References: CWE-323; RFC 7465.
"""

from keepsight.lab.checks.capture.message_cipher import REMEDY, messages, proven, shown
from keepsight.lab.checks.capture.sources import absent
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding, Severity

RULE = Rule(
    "capture/keystream-reuse",
    "communication",
    "one key stream for several texts",
    ("EN 303 645 V3.1.3 5.5-1", "CWE-323?"),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where the equality holds."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    if not messages(facts):
        return RULE.not_applicable("no five-field message in what could be read")
    sure = proven(facts)
    if not sure:
        return RULE.unknown("Not testable", "no message could be decrypted")
    fields = [row for row in sure if row[1].is_keystream_shared]
    replies = [row for row in sure if row[1].is_response_shared]
    if fields or replies:
        what = []
        if fields:
            what.append(f"data and rc4_hash__ in {len(fields)} messages")
        if replies:
            what.append(f"request and response in {len(replies)}")
        return RULE.violated(
            Severity.MEDIUM,
            f"The same key stream encrypts {' and '.join(what)}",
            tuple(shown(c, m, "ciphertexts differ exactly as plaintexts do") for c, m in fields),
            remedy=REMEDY,
        )
    if all(m.is_keystream_shared is None and m.is_response_shared is None for _, m in sure):
        return RULE.unknown("Not testable", "no two texts under one key were captured")
    return RULE.clear("Compared: no two texts share a key stream")


CHECK = RULE.check(judge)
