"""A finished report made from facts by hand, without reading a file."""

from pathlib import Path

from keepsight.lab.artefact import Artefact, ArtefactKind
from keepsight.lab.checks.registry import ALL_CHECKS, CHECKS
from keepsight.lab.facts.product import Unread
from keepsight.lab.finding import Evidence, Finding, Outcome, Severity
from keepsight.lab.measures import measures_of
from keepsight.lab.recipients import recipients_of
from keepsight.lab.report import Report, Suppressed
from keepsight.lab.suppression import Suppression
from keepsight.lab.verdict import rate
from tests.lab.made import (
    app,
    capture,
    clear_message,
    contact,
    contacted,
    handshake,
    policy,
    product,
)


def facts():
    """A product with an app, a capture and a policy."""
    seen = capture(
        handshakes=(handshake(),),
        clear_messages=(clear_message(host="<script>alert(1)</script>"),),
        contacts=(contact("graph.facebook.com"), contact("api.maker.example")),
        trackers=(contacted("Facebook Login", "graph.facebook.com", shared=True),),
    )
    return product(apps=(app("Facebook Login", "Bugly"),), captures=(seen,), policies=(policy(),))


def report(**parts):
    """A report of it, with one suppressed finding and one unread part."""
    found = facts()
    # The app's own checks need a manifest; here only the others are asked.
    findings = tuple(
        f for check in CHECKS if not check.check_id.startswith("app/") for f in check.judge(found)
    )
    areas = {check.check_id: check.area for check in ALL_CHECKS}
    hidden = Finding("account/delete", Outcome.VIOLATED, Severity.HIGH, "Hidden", (Evidence("x"),))
    return Report(
        **{
            "product": found.product,
            "date": "2024-03-15",
            "tool": "keepsight 1.0",
            "artefacts": (Artefact(Path("use.pcap"), ArtefactKind.CAPTURE, "0" * 64, 1234),),
            "findings": findings,
            "verdict": rate(findings, areas),
            "area_of": areas,
            "measures": measures_of(found),
            "unread": (Unread("use.pcap", "its end", "cut"),),
            "suppressed": (Suppressed(hidden, Suppression("account/*", "known", "2030-01-01")),),
            "recipients": recipients_of(found),
            **parts,
        }
    )
