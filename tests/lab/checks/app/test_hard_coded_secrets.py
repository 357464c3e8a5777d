"""Goal: the form proves a secret, its value stays out. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.hard_coded_secrets import CHECK
from keepsight.lab.facts.app import Secret
from tests.lab.checks.app.facts import GAP, C, U, V, app, judged, outcome


@pytest.mark.parametrize(("proven", "expected"), [(True, V), (False, U)])
def test_secrets(proven, expected):
    secret = Secret("private key", "-----BEG\u2026", "classes.dex", proven)
    (finding,) = judged(CHECK, app(secrets=(secret,)))
    assert finding.outcome is expected
    assert finding.evidence[0].text == "private key: -----BEG\u2026"


def test_no_secret_is_clear_and_unread_code_is_unknown():
    assert outcome(CHECK, app()) is C
    assert outcome(CHECK, app(unread=(GAP,))) is U
