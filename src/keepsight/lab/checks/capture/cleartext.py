"""Readable traffic.

What it looks at: the first payload of each flow. HTTP, MQTT, RTSP, SIP, Telnet, FTP and plain text
can be read and changed by anyone on the way. Connectivity checks, certificate-status checks and
local discovery carry no user content and are listed, not judged.

Why it matters: on the internet everybody on the path reads along; in the home network every other
device does.

What it cannot see: whether a protocol nobody knows is encrypted. High entropy means encrypted or
compressed, so such flows make the outcome unknown, not clear.

References: EN 303 645 5.5-1, 5.5-7, 5.8-1, 5.8-2; MASTG-TEST-0236, 0238.
"""

from keepsight.lab.checks.capture.sources import absent, evidence, gaps, window
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import CaptureFacts, ClearMessage, Reach
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "capture/cleartext",
    "communication",
    "readable traffic",
    (
        "EN 303 645 V3.1.3 5.5-1",
        "EN 303 645 V3.1.3 5.5-7",
        "EN 303 645 V3.1.3 5.8-1",
        "EN 303 645 V3.1.3 5.8-2",
        "MASTG-TEST-0236",
        "MASTG-TEST-0238",
        "CWE-319?",
    ),
)
_REMEDY = (
    "Send everything over TLS 1.2 or later, in the home network too; refuse plain connections."
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated by any readable content; on the internet that weighs more than at home."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    seen = [(c, m) for c in facts.captures for m in c.clear_messages if not m.is_harmless]
    if seen:
        return _violated(seen)
    reasons = [gaps(facts)] if gaps(facts) else []
    unknown = [(c, f) for c in facts.captures for f in c.unknown_flows]
    shown = tuple(
        evidence(
            c,
            f.packet,
            f"{f.server} {f.transport}: {f.sample_bytes} bytes, {f.entropy_bits} bits a byte, "
            + (
                "too short to tell"
                if f.is_random_looking is None
                else "encrypted or compressed"
                if f.is_random_looking
                else "structured, looks readable to who knows the format"
            ),
        )
        for c, f in unknown
    )
    if unknown:
        reasons.append(f"{len(unknown)} flows of an unknown protocol")
    if reasons:
        return RULE.unknown(
            "No readable content found, but not everything is understood", "; ".join(reasons), shown
        )
    return RULE.clear(f"No readable content in {window(facts)}")


def _violated(seen: list[tuple[CaptureFacts, ClearMessage]]) -> tuple[Finding, ...]:
    outside = [row for row in seen if row[1].reach is Reach.INTERNET]
    named = list(dict.fromkeys(f"{m.protocol} to {m.host or m.server}" for _, m in outside or seen))
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    where = "over the internet" if outside else "inside the home network"
    return RULE.violated(
        Severity.HIGH if outside else Severity.MEDIUM,
        f"Readable traffic {where}: {', '.join(named[:3])}{more}",
        tuple(_shown(c, m) for c, m in (outside + [r for r in seen if r not in outside])[:200]),
        remedy=_REMEDY,
        details={"internet": len(outside), "local": len(seen) - len(outside)},
    )


def _shown(capture: CaptureFacts, message: ClearMessage) -> Evidence:
    host = f"{message.host} ({message.server})" if message.host else message.server
    return evidence(capture, message.packet, f"{message.protocol} to {host}: {message.text}")


CHECK = RULE.check(judge)
