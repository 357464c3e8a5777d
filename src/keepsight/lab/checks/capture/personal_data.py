"""Personal data sent to third parties.

What it looks at: readable and decrypted requests for e-mail addresses, precise locations, Wi-Fi
names, device identifiers, telephone numbers, and for the test account's own values given in the
dossier.

Why it matters: it is proof of what leaves the home, and to whom.

What it cannot see: anything inside TLS that was not decrypted.

References: MASTG-TEST-0206; EN 303 645 6-1.
"""

from keepsight.lab.checks.capture.sources import absent, evidence
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import CaptureFacts, Exchange
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "capture/personal-data",
    "privacy",
    "personal data to third parties",
    ("EN 303 645 V3.1.3 6-1", "MASTG-TEST-0206", "CWE-359?"),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where a third party of the tracker table gets personal data."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    exchanges = [(c, x) for c in facts.captures for x in c.exchanges]
    third = {t.contact.name: t.tracker.owner for c in facts.captures for t in c.trackers}
    sent = [(c, x) for c, x in exchanges if x.personal and x.host in third]
    if sent:
        owners = ", ".join(dict.fromkeys(third[x.host] for _, x in sent))
        kinds = ", ".join(dict.fromkeys(kind for _, x in sent for kind in x.personal))
        return RULE.violated(
            Severity.HIGH,
            f"Personal data ({kinds.replace('_', ' ')}) sent to {owners}",
            tuple(_shown(c, x) for c, x in sent),
            remedy="Ask for consent before, and send third parties nothing that names a person.",
        )
    own = tuple(_shown(c, x) for c, x in exchanges if x.personal)
    hidden = sum(len(c.handshakes) + c.quic_flows for c in facts.captures)
    if hidden or not exchanges:
        return RULE.unknown(
            "No personal data seen going to third parties",
            f"{hidden} encrypted connections were not looked into",
            own,
        )
    return RULE.clear("No personal data to third parties in the readable requests", own)


def _shown(capture: CaptureFacts, exchange: Exchange) -> Evidence:
    kinds = ", ".join(exchange.personal).replace("_", " ")
    return evidence(
        capture, exchange.packet, f"{exchange.method} {exchange.host}{exchange.path}: {kinds}"
    )


CHECK = RULE.check(judge)
