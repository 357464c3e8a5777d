"""Goal: only a write under a telling name counts. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.sensitive_storage import CHECK, names_secret
from tests.lab.checks.app.facts import GAP, C, U, V, app, call, judged, manifest, outcome


@pytest.mark.parametrize(
    "key", ["password", "user_pwd", "accessToken", "com.x.refresh_token", "TOKEN", "apiKey"]
)
def test_telling_names(key):
    assert names_secret(key)
    assert outcome(CHECK, app(calls=(call("putString", key, None),))) is V


@pytest.mark.parametrize(
    "key", ["token_expiry", "password_hint_shown", "theme", None, 5, "pushtokens"]
)
def test_other_names(key):
    assert not names_secret(key)


def test_what_is_not_proven_is_unknown():
    assert outcome(CHECK, app(calls=(call("putString", None, None),))) is U
    assert outcome(CHECK, app(calls=(call("getExternalStorageDirectory"),))) is U
    assert outcome(CHECK, app(unread=(GAP,))) is U


def test_harmless_names_are_clear_and_backup_is_said():
    calls = (call("putString", "theme", "dark"),)
    assert outcome(CHECK, app(calls=calls)) is C
    (finding,) = judged(CHECK, app(calls=(call("putString", "password", None),)))
    assert any("allowBackup" in line.text for line in finding.evidence)
    closed = app(
        calls=(call("putString", "password", None),), manifest=manifest(allow_backup=False)
    )
    assert not any("allowBackup" in line.text for line in judged(CHECK, closed)[0].evidence)
