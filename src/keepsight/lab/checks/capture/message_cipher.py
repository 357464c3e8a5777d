"""RC4 inside the application's own messages.

What it looks at: requests with the five fields data, rc4_hash__, signature, _nonce and ssecurity in
a decrypted capture or a HAR.

Why it matters: RC4 is broken and forbidden in TLS (RFC 7465). Inside a sound TLS connection this
layer adds no secrecy; where TLS ends it protects nothing.

What it cannot see: messages inside TLS that was not decrypted. Field names, headers and entropy
prove nothing; the outcome is violated only where the inner hash recomputes (docs/lab/five-field-
message.md).

References: RFC 7465; EN 303 645 5.5-1; MASTG-TEST-0221.
"""

from keepsight.lab.checks.capture.sources import absent, evidence, gaps
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import CaptureFacts, FiveFieldMessage, Proof
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "capture/message-cipher",
    "communication",
    "RC4 inside its messages",
    ("EN 303 645 V3.1.3 5.5-1", "RFC 7465", "MASTG-TEST-0221", "CWE-327?"),
)
REMEDY = (
    "Use authenticated encryption (AES-GCM or ChaCha20-Poly1305, BSI TR-02102) with nonces that "
    "never repeat, separate keys for each direction and the response bound to its request. Another "
    "bare stream cipher would leave key-stream reuse and missing response protection as they are."
)


def messages(facts: ProductFacts) -> list[tuple[CaptureFacts, FiveFieldMessage]]:
    """All five-field messages with their captures."""
    return [(capture, message) for capture in facts.captures for message in capture.messages]


def proven(facts: ProductFacts) -> list[tuple[CaptureFacts, FiveFieldMessage]]:
    """Those whose inner hash recomputes."""
    return [row for row in messages(facts) if row[1].proof is Proof.PROVEN]


def shown(capture: CaptureFacts, message: FiveFieldMessage, text: str) -> Evidence:
    """One message as evidence."""
    return evidence(capture, message.packet, f"POST {message.host}{message.path}: {text}")


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated when proven; unknown when only the shape is there; not applicable without it."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    seen = messages(facts)
    if not seen:
        missing = gaps(facts)
        if missing:
            return RULE.unknown("No five-field message found, with gaps", missing)
        return RULE.not_applicable("no five-field message in what could be read")
    sure = proven(facts)
    if sure:
        return RULE.violated(
            Severity.MEDIUM,
            f"RC4 proven in {len(sure)} of {len(seen)} five-field messages by decrypting them and "
            "recomputing the inner hash; it adds no secrecy beyond TLS",
            tuple(
                shown(
                    c, m, f"inner hash matches; data holds the keys {', '.join(m.data_keys) or '-'}"
                )
                for c, m in sure
            ),
            remedy=REMEDY,
        )
    reasons = {
        Proof.NO_KEY: "ssecurity is not in the message: declared ENCRYPT-RC4, not proven",
        Proof.REFUTED: "the inner hash does not recompute: another algorithm under these names",
        Proof.MALFORMED: "the fields are no valid base64",
    }
    listed = list(dict.fromkeys(reasons[m.proof] for _, m in seen if m.proof in reasons))
    return RULE.unknown(
        f"{len(seen)} messages have the five-field shape, none is proven",
        "; ".join(listed),
        tuple(shown(c, m, reasons.get(m.proof, "")) for c, m in seen),
        remedy="Give ssecurity of the test account in the dossier to try the proof.",
    )


CHECK = RULE.check(judge)
