"""Messages that can be sent again.

What it looks at: the time in the nonce (minutes since 1970 behind 8 random bytes), repeated nonces,
and what the tester saw when replaying a message of the own account.

Why it matters: a captured command that works twice moves the camera, or opens the shutter, again.

What it cannot see: whether the server remembers the random bytes. A passive capture shows the
minute granularity and nothing more, so without an active test the outcome is unknown.

References: CWE-294; docs/lab/five-field-message.md.
"""

from collections import Counter

from keepsight.lab.checks.capture.message_cipher import messages, shown
from keepsight.lab.checks.capture.sources import absent
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule("capture/replay-window", "communication", "messages sent again", ("CWE-294?",))
_REMEDY = (
    "Accept a message once: a time within 30 seconds and a nonce that was not seen in at least "
    "twice that window, both covered by the message's authentication."
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated only by an active test; passive captures leave it unknown."""
    tried = facts.observations.text("replay") if facts.observations else None
    source = facts.observations.source if facts.observations else ""
    if tried == "accepted":
        note = Evidence("A replayed message was accepted", source, "observation replay")
        return RULE.violated(
            Severity.HIGH, "A replayed message was accepted", (note,), remedy=_REMEDY
        )
    if tried == "refused":
        note = Evidence("A replayed message was refused", source, "observation replay")
        return RULE.clear("A replayed message was refused", (note,))
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    seen = messages(facts)
    if not seen:
        return RULE.not_applicable("no five-field message in what could be read")
    counts = Counter(m.nonce_digest for _, m in seen if m.nonce_digest)
    repeated = sum(n > 1 for n in counts.values())
    offsets = sorted(m.nonce_offset_seconds for _, m in seen if m.nonce_offset_seconds is not None)
    parts = ["freshness rests on whole minutes and on the server remembering 8 random bytes"]
    if offsets:
        parts.append(
            f"nonce time lies {offsets[0]} to {offsets[-1]} seconds before the capture time"
        )
    if repeated:
        parts.append(f"{repeated} nonces were sent more than once")
    return RULE.unknown(
        "Whether a message can be replayed was not tried",
        "; ".join(parts),
        tuple(shown(c, m, f"nonce minute {m.nonce_minute}") for c, m in seen[:5]),
        remedy=_REMEDY,
    )


CHECK = RULE.check(judge)
