"""Uploads while nobody looks.

What it looks at: captures that the dossier marks as idle (nobody viewing, no event), their volume
up, and flows straight to other addresses on the internet (peer to peer).

Why it matters: a camera that sends steadily without anyone viewing sends the picture to somebody.

What it cannot see: countries (an address says where a network is registered, not where data is
kept); cloud clips after motion and firmware checks look alike for short.

References: EN 303 645 6-4, 6-5, 5.8-1.
"""

from keepsight.lab.checks.capture.sources import absent, evidence
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import CaptureFacts, Reach
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "capture/countries-and-peers",
    "communication",
    "uploads while nobody looks",
    ("EN 303 645 V3.1.3 6-4", "EN 303 645 V3.1.3 6-5", "EN 303 645 V3.1.3 5.8-1"),
)
IDLE_SECONDS_MIN = 600
UPLOAD_BITS_PER_SECOND_MAX = 20_000
"""Keep-alives stay far below it; the poorest video is several times above."""


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated by a sustained upload in an idle capture of at least ten minutes."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    peers = tuple(
        evidence(
            c,
            p.packet,
            f"{p.address} by {p.protocol}: {p.sent_bytes} bytes sent, {p.received_bytes} received",
        )
        for c in facts.captures
        for p in c.peers
    )
    idle = [c for c in facts.captures if c.phase == "idle"]
    if not idle:
        return RULE.unknown(
            "Uploads while idle not judged",
            'no capture is marked phase = "idle" in the dossier',
            peers,
        )
    for capture in idle:
        if capture.duration_seconds < IDLE_SECONDS_MIN:
            continue
        rate = _upload(capture) * 8 / capture.duration_seconds
        if rate > UPLOAD_BITS_PER_SECOND_MAX:
            return RULE.violated(
                Severity.HIGH,
                f"{rate / 1000:.0f} kbit/s sent for {capture.duration_seconds / 60:.0f} minutes "
                "while nobody was viewing",
                _largest(capture) + peers,
                remedy="Find out what is sent and why; block the way out until it is clear.",
            )
    short = [c for c in idle if c.duration_seconds < IDLE_SECONDS_MIN]
    if len(short) == len(idle):
        return RULE.unknown(
            "Uploads while idle not judged",
            f"the idle capture is shorter than {IDLE_SECONDS_MIN // 60} minutes",
            peers,
        )
    shown = tuple(line for c in idle for line in _largest(c))
    return RULE.clear("No sustained upload while nobody was viewing", shown + peers)


def _upload(capture: CaptureFacts) -> int:
    return sum(c.sent_bytes for c in capture.contacts if c.reach is Reach.INTERNET)


def _largest(capture: CaptureFacts) -> tuple[Evidence, ...]:
    outside = [c for c in capture.contacts if c.reach is Reach.INTERNET and c.is_connected]
    outside.sort(key=lambda c: -c.sent_bytes)
    return tuple(
        evidence(capture, c.first_packet, f"{c.name}: {c.sent_bytes} bytes sent")
        for c in outside[:8]
    )


CHECK = RULE.check(judge)
