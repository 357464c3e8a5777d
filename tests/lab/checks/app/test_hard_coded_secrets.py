"""Goal: the form proves a secret, its value stays out. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.hard_coded_secrets import CHECK
from keepsight.lab.facts.app import Secret
from keepsight.lab.finding import Owner, Severity
from tests.lab.checks.app.facts import GAP, C, U, V, app, judged, outcome


@pytest.mark.parametrize(("proven", "expected"), [(True, V), (False, U)])
def test_secrets(proven, expected):
    secret = Secret("private key", "-----BEG\u2026", "classes.dex", proven)
    (finding,) = judged(CHECK, app(secrets=(secret,)))
    assert finding.outcome is expected
    assert finding.evidence[0].text == "private key: -----BEG\u2026"


def test_a_key_that_comes_with_a_library_matters_less():
    """Netty carries a key to test itself with: true, and the same in every app."""
    secret = Secret("private key", "-----BEG\u2026", "x", proven=True, owner=Owner.THIRD_PARTY)
    (finding,) = judged(CHECK, app(secrets=(secret,)))
    assert (finding.outcome, finding.severity) == (V, Severity.LOW)


def test_no_secret_is_clear_and_unread_code_is_unknown():
    assert outcome(CHECK, app()) is C
    assert outcome(CHECK, app(unread=(GAP,))) is U
