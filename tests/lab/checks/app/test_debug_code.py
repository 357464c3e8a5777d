"""Goal: only proven switching on counts. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.debug_code import CHECK
from keepsight.lab.finding import Owner
from tests.lab.checks.app.facts import GAP, C, U, V, app, call, judged, outcome

WEB = "setWebContentsDebuggingEnabled"


@pytest.mark.parametrize(("value", "expected"), [(1, V), (0, C), (None, U)])
def test_values(value, expected):
    assert outcome(CHECK, app(calls=(call(WEB, value),))) is expected


def test_owners_apart():
    findings = judged(CHECK, app(calls=(call(WEB, 1), call(WEB, 1, owner=Owner.THIRD_PARTY))))
    assert [one.outcome for one in findings] == [V, V]


def test_strict_mode_alone_is_no_fault():
    assert outcome(CHECK, app(calls=(call("StrictMode.setThreadPolicy", None),))) is C


def test_unread_code_is_unknown():
    assert outcome(CHECK, app(unread=(GAP,))) is U
