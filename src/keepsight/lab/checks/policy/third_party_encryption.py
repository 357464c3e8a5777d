"""A promise of encryption, beside readable traffic.

What it looks at: whether the policy states that data (to third parties, or at all) are encrypted,
against readable traffic in the captures.

Why it matters: the promise can be tested.

What it cannot see: what happens behind the server. Encrypted on the way to a third party is not
encrypted from it.

References: EN 303 645 5.8-1.
"""

from keepsight.lab.checks.capture.sources import evidence, gaps
from keepsight.lab.checks.policy.sources import absent, quotes
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import Reach
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "policy/third-party-encryption",
    "privacy",
    "a promise of encryption that is broken",
    ("EN 303 645 V3.1.3 5.8-1",),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where the promise meets readable content on the internet."""
    claimed = tuple(
        Evidence(f"claimed by the vendor: “{claim}”", place="dossier")
        for claim in facts.product.claims
        if "encrypt" in claim.lower()
    )
    nothing = absent(RULE, facts)
    if nothing is not None and not claimed:
        return nothing
    found = quotes(facts, ClauseKind.ENCRYPTED_TO_THIRD, ClauseKind.ENCRYPTED)
    promised = tuple(dict.fromkeys(found)) + claimed
    if not promised:
        return RULE.not_applicable("nobody promises encryption")
    if not facts.captures:
        return RULE.unknown("Encryption is promised", "no capture was given to test it", promised)
    third = {t.contact.name for c in facts.captures for t in c.trackers}
    plain = [
        (c, m)
        for c in facts.captures
        for m in c.clear_messages
        if m.reach is Reach.INTERNET and not m.is_harmless
    ]
    to_third = [row for row in plain if row[1].host in third]
    if plain:
        where = "to a third party " if to_third else ""
        return RULE.violated(
            Severity.HIGH if to_third else Severity.MEDIUM,
            f"Encryption is promised, but readable traffic {where}was seen",
            promised
            + tuple(evidence(c, m.packet, f"{m.host}: {m.text}") for c, m in to_third or plain),
            remedy="Encrypt every connection, or do not promise it.",
        )
    missing = gaps(facts)
    if missing:
        return RULE.unknown("Encryption is promised; no readable traffic found", missing, promised)
    return RULE.clear("Encryption is promised, and no readable traffic was seen", promised)


CHECK = RULE.check(judge)
