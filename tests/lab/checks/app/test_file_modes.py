"""Goal: a mode is a fault only when its open bits are proven. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.file_modes import CHECK
from keepsight.lab.finding import Owner
from tests.lab.checks.app.facts import GAP, C, U, V, app, call, judged, outcome


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0, C), (1, V), (2, V), (3, V), (4, C), (5, V), (0x8000, C), (0x8001, V), (None, U)],
)
@pytest.mark.parametrize("api", ["getSharedPreferences", "openFileOutput", "getDir"])
def test_modes(api, mode, expected):
    assert outcome(CHECK, app(calls=(call(api, "name1)", mode),))) is expected


def test_other_interfaces_have_their_mode_elsewhere():
    assert outcome(CHECK, app(calls=(call("getPreferences", 1),))) is V
    assert outcome(CHECK, app(calls=(call("openOrCreateDatabase", "db", 2, None),))) is V


def test_proven_and_unproven_are_counted():
    calls = (call("getDir", "a", 0), call("getDir", "b", None), call("getDir", "c", None))
    (finding,) = judged(CHECK, app(calls=calls))
    assert finding.outcome is U
    assert "1 place and not proven in 2 more" in finding.title


def test_own_and_bundled_code_apart():
    calls = (call("getDir", "a", 1), call("getDir", "b", 2, owner=Owner.THIRD_PARTY))
    own, bundled = judged(CHECK, app(calls=calls))
    assert "readable by every app, in the app's own code" in own.title
    assert "writable by every app, in bundled SDK code" in bundled.title
    assert "at 0x1234" in own.evidence[0].place


def test_no_call_at_all_is_clear_and_unread_code_is_not():
    assert outcome(CHECK, app()) is C
    assert outcome(CHECK, app(unread=(GAP,))) is U
