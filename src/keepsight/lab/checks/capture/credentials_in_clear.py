"""Readable passwords and tokens.

What it looks at: Authorization headers, MQTT CONNECT, form, query and JSON fields with the names of
credentials, Telnet and mail log-ins, in flows that are not encrypted.

Why it matters: whoever reads a password once can come back at any time.

What it cannot see: credentials inside encrypted or unknown protocols.

References: EN 303 645 5.5-6, 5.5-7.
"""

from keepsight.lab.checks.capture.sources import absent, evidence, gaps, window
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import CaptureFacts, ClearCredential, Reach
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "capture/credentials-in-clear",
    "communication",
    "readable passwords and tokens",
    ("EN 303 645 V3.1.3 5.5-6?", "EN 303 645 V3.1.3 5.5-7", "CWE-523?"),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated by a readable password or token; a digest in clear is the milder line."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    seen = [(c, s) for c in facts.captures for s in c.credentials]
    plain = [row for row in seen if not row[1].is_digest]
    if plain:
        outside = any(s.reach is Reach.INTERNET for _, s in plain)
        where = "over the internet" if outside else "inside the home network"
        kinds = ", ".join(list(dict.fromkeys(f"{s.protocol} {s.field_name}" for _, s in plain))[:3])
        return RULE.violated(
            Severity.CRITICAL if outside else Severity.HIGH,
            f"Credentials readable {where}: {kinds}",
            tuple(_shown(c, s) for c, s in plain),
            remedy="Log in over TLS only, and change every password that was seen.",
        )
    if seen:
        return RULE.violated(
            Severity.LOW,
            "Only challenge responses (Digest) readable, not the password itself",
            tuple(_shown(c, s) for c, s in seen),
            remedy="Put the log-in inside TLS: a captured digest can be guessed at leisure.",
        )
    missing = gaps(facts)
    if missing:
        return RULE.unknown("No readable credentials found, with gaps", missing)
    return RULE.clear(f"No readable credentials in the understood flows of {window(facts)}")


def _shown(capture: CaptureFacts, seen: ClearCredential) -> Evidence:
    host = f" to {seen.host}" if seen.host else ""
    return evidence(
        capture, seen.packet, f"{seen.protocol}{host}: {seen.field_name}: {seen.masked}"
    )


CHECK = RULE.check(judge)
