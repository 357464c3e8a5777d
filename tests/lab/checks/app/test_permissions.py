"""Goal: a permission is judged by the product's functions. Method: facts, no app file."""

from keepsight.lab.checks.app.permissions import CHECK, NEEDED_BY
from keepsight.lab.facts.app import Permission
from tests.lab.checks.app.facts import C, U, V, app, judged, manifest, outcome


def asking(*names):
    permissions = tuple(Permission(f"android.permission.{name}") for name in names)
    return app(manifest=manifest(permissions=permissions))


def test_a_permission_without_a_function_is_violated():
    (finding,) = judged(CHECK, asking("RECORD_AUDIO", "READ_CONTACTS"), functions=("Two-way talk",))
    assert finding.outcome is V
    assert finding.details["needless"] == ["READ_CONTACTS"]
    assert "RECORD_AUDIO: Two-way talk" in finding.evidence[0].text


def test_every_permission_with_a_function_is_clear():
    facts = asking("RECORD_AUDIO", "ACCESS_FINE_LOCATION", "INTERNET")
    assert outcome(CHECK, facts, functions=("talk", "pairing by Bluetooth")) is C


def test_no_functions_entered_is_unknown():
    assert outcome(CHECK, asking("CAMERA")) is U


def test_harmless_permissions_are_clear():
    assert outcome(CHECK, asking("INTERNET", "WAKE_LOCK")) is C


def test_words_of_functions_are_lower_case():
    for words in NEEDED_BY.values():
        assert all(word == word.lower() for word in words)
