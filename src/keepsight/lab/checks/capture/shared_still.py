"""Pictures that a shared cache may keep.

What it looks at: responses with stills and playlists: cache headers, and whether the request named
who asks; and the tester's own trial with a second account.

Why it matters: in 2020 a cache handed strangers' camera stills to a smart display. A picture that
may be stored without the identity in its key can be served to somebody else.

What it cannot see: what the servers do beyond their headers. The trial needs two accounts of the
tester and should be repeated under delay and loss.

References: EN 303 645 5.5-5, 5.8-2; RFC 9111.
"""

from keepsight.lab.checks.capture.sources import absent, evidence
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import Exchange
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "capture/shared-still",
    "communication",
    "pictures in a shared cache",
    ("EN 303 645 V3.1.3 5.5-5", "EN 303 645 V3.1.3 5.8-2", "CWE-524?", "CWE-639?"),
)
_PICTURES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "mpegurl",
    "video/mp4",
    "video/mp2t",
    "dash+xml",
)
_REMEDY = "Answer pictures with Cache-Control: private, no-store, and seal them for one household."


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated by a second identity that got the picture, or by a publicly storable answer."""
    tried = facts.observations.text("second_identity_picture") if facts.observations else None
    source = facts.observations.source if facts.observations else ""
    where = "observation second_identity_picture"
    if tried == "served":
        note = Evidence("A second account got the first one's picture", source, where)
        return RULE.violated(Severity.CRITICAL, note.text, (note,), remedy=_REMEDY)
    nothing = absent(RULE, facts)
    if nothing is not None and tried is None:
        return nothing
    stills = [
        (c, x)
        for c in facts.captures
        for x in c.exchanges
        if x.status == 200 and any(kind in x.content_type.lower() for kind in _PICTURES)
    ]
    shared = [(c, x) for c, x in stills if is_shared(x)]
    if shared:
        return RULE.violated(
            Severity.HIGH,
            f"{len(shared)} pictures behind a log-in may be kept by a shared cache",
            tuple(
                evidence(
                    c, x.packet, f"{x.host}{x.path}: Cache-Control: {x.cache_control or 'none'}"
                )
                for c, x in shared
            ),
            remedy=_REMEDY,
        )
    if tried == "refused":
        return RULE.clear(
            "A second account was refused the picture",
            (Evidence("A second account was refused", source, where),),
        )
    reason = "no picture in a readable response" if not stills else "a second account was not tried"
    return RULE.unknown("Whether pictures reach somebody else was not tried", reason)


def is_shared(exchange: Exchange) -> bool:
    """Asked for with an identity, and yet storable by shared caches (RFC 9111 3.5).

    A logo without log-in may be public; a picture behind a log-in may not.
    """
    directives = exchange.cache_control.lower()
    is_public = "public" in directives or "s-maxage" in directives
    is_forbidden = any(word in directives for word in ("private", "no-store", "no-cache"))
    return exchange.is_authorised and is_public and not is_forbidden


CHECK = RULE.check(judge)
