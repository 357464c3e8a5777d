"""Trackers that were contacted.

What it looks at: server names in TLS, Host headers and DNS against the dated table of tracker
hosts, joined with the trackers contained in the app.

Why it matters: a tracker in the app may sleep; one that is contacted receives data.

What it cannot see: what happens outside the watched minutes, so a tracker is "not observed", never
"inactive". A host that serves several products proves the owner, not the product.

References: EN 303 645 6-1, 6-5; MASTG-TEST-0206.
"""

from keepsight.lab.checks.capture.sources import absent, evidence, window
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.capture import TrackerContact
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding

RULE = Rule(
    "capture/trackers-contacted",
    "privacy",
    "trackers that are contacted",
    ("EN 303 645 V3.1.3 6-1", "EN 303 645 V3.1.3 6-5", "MASTG-TEST-0206", "CWE-359?"),
)


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """A list, never a violation by itself: policy/undeclared-trackers judges."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    seen = [(c, t) for c in facts.captures for t in c.trackers]
    contained = {t.tracker.name for app in facts.apps for t in app.trackers if t.defined}
    active, ambiguous = split(tuple(t for _, t in seen), contained)
    owners = list(dict.fromkeys(t.tracker.owner for _, t in seen))
    dormant = sorted(contained - set(active) - set(ambiguous))
    shown = tuple(
        evidence(
            c,
            t.contact.first_packet,
            f"{t.contact.name} ({t.tracker.owner}: {t.tracker.name}"
            f"{', shared host' if t.is_shared else ''}): {t.contact.sent_bytes} bytes sent, "
            f"{t.contact.received_bytes} received, "
            f"known by {', '.join(t.contact.sources) or 'address'}",
        )
        for c, t in seen
    ) + tuple(Evidence(f"{name}: in the app, not observed in {window(facts)}") for name in dormant)
    details: dict[str, object] = {
        "contacted": active,
        "owner_contacted": ambiguous,
        "owners": owners,
        "contained_not_observed": dormant,
    }
    if not seen:
        title = f"No host of the tracker table was contacted in {window(facts)}"
        return RULE.clear(title, shown, details=details)
    names = active + [f"{name} (owner certain, product not)" for name in ambiguous]
    title = f"Noted, not judged: contacted in {window(facts)}: {', '.join(names[:6])}"
    if dormant:
        title += f"; contained but not observed: {', '.join(dormant[:6])}"
    return RULE.clear(title, shown, details={**details, "noted": True})


def split(seen: tuple[TrackerContact, ...], contained: set[str]) -> tuple[list[str], list[str]]:
    """Trackers surely contacted, and those of which only the owner is certain.

    A shared host speaks for a product where the app contains exactly one product of that host.
    """
    active: dict[str, None] = {}
    shared: dict[str, list[str]] = {}
    for found in seen:
        if not found.contact.is_connected:
            continue
        if found.is_shared:
            shared.setdefault(found.contact.name, []).append(found.tracker.name)
        else:
            active[found.tracker.name] = None
    ambiguous: dict[str, None] = {}
    for names in shared.values():
        inside = [name for name in names if name in contained]
        if len(inside) == 1:
            active[inside[0]] = None
        else:
            ambiguous |= dict.fromkeys(inside or names)
    return list(active), [name for name in ambiguous if name not in active]


CHECK = RULE.check(judge)
