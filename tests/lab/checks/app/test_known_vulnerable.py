"""Goal: a proven, affected version is a fault, the rest unknown. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.known_vulnerable import CHECK
from keepsight.lab.facts.app import Advisory, Library
from tests.lab.checks.app.facts import GAP, C, U, V, app, judged, outcome

DATED = "2026-09-01"
HOLE = Advisory("CVE-2021-0341", "4.9.2", "accepts another host", DATED)

UNCONFIRMED = Advisory("CVE-2016-2402", "3.1.2", "pinning can be bypassed", DATED, certain=False)


def bundling(*advisories, listed=True, dated=DATED, **changes):
    library = Library("g:okhttp", "3.12.0", "pom.properties", advisories, listed=listed)
    return app(libraries=(library,), libraries_dated=dated, **changes)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (bundling(HOLE), V), (bundling(UNCONFIRMED), U), (bundling(UNCONFIRMED, HOLE), V),
        (bundling(), C), (bundling(listed=False), U),
        (bundling(dated="2026-01-01"), U), (bundling(dated=""), U), (app(), U),
        (bundling(unread=(GAP,)), U), (bundling(native_libraries=("libssl.so",)), U),
    ],
)  # fmt: skip
def test_libraries(facts, expected):
    assert outcome(CHECK, facts) is expected


def test_the_evidence_names_library_advisory_and_date():
    (finding,) = judged(CHECK, bundling(HOLE))
    assert finding.evidence[0].text == (
        "g:okhttp 3.12.0: CVE-2021-0341, accepts another host, fixed in 4.9.2 (list of 2026-09-01)"
    )
