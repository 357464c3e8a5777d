"""Goal: claims about Android are compared with the package. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.claimed_platform import CHECK
from tests.lab.checks.app.facts import C, N, U, V, app, judged, manifest, outcome


@pytest.mark.parametrize(
    ("claim", "min_sdk", "expected"),
    [
        ("compatible with Android version 4.4 and iOS 9.0", 23, V), ("Android 6.0", 23, C),
        ("Android 14 or later", 26, C), ("Android 3.1", 26, U), ("works with iOS 15", 26, N),
    ],
)  # fmt: skip
def test_claims(claim, min_sdk, expected):
    facts = app(manifest=manifest(min_sdk=min_sdk))
    assert outcome(CHECK, facts, claims=(claim,)) is expected


def test_no_claim_is_not_applicable():
    assert outcome(CHECK, app()) is N


def test_the_claim_is_quoted():
    (finding,) = judged(CHECK, app(), claims=("Android 4.4",))
    assert finding.evidence[0].text == "claimed: Android 4.4"
    assert "API 26" in finding.title
