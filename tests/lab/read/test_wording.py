"""Each language's wording compiles, and languages are told apart."""

import pytest

from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.read.wording import language_of, wording

SAYS = {
    "en": {
        ClauseKind.NO_SALE: "We do not sell your personal data.",
        ClauseKind.WITHDRAW: "You may withdraw your consent at any time.",
        ClauseKind.DELETE: "You can ask us to delete your information.",
        ClauseKind.OFFICER: "Our data protection officer answers.",
        ClauseKind.RETENTION: "We keep the recordings for 30 days.",
        ClauseKind.TRANSFER: "Data may be transferred to countries outside the EEA.",
        ClauseKind.ENCRYPTED_TO_THIRD: "Data passed to third parties are encrypted.",
    },
    "de": {
        ClauseKind.NO_SALE: "Wir verkaufen Ihre Daten nicht.",
        ClauseKind.WITHDRAW: "Sie können Ihre Einwilligung jederzeit widerrufen.",
        ClauseKind.DELETE: "Sie haben das Recht auf Löschung.",
        ClauseKind.OFFICER: "Unser Datenschutzbeauftragter hilft.",
        ClauseKind.RETENTION: "Wir speichern Aufnahmen nicht länger als 30 Tage.",
        ClauseKind.TRANSFER: "Eine Übermittlung in ein Drittland findet statt.",
        ClauseKind.ACCESS: "Sie haben das Recht auf Auskunft.",
    },
}


@pytest.mark.parametrize("language", SAYS)
def test_sentences_are_recognised(language):
    for kind, sentence in SAYS[language].items():
        kinds = {row.kind for row in wording(language).clauses if row.matches(sentence)}
        assert kind in kinds, sentence


def test_a_bound_on_retention_is_retention_however_it_is_put():
    """Found on a real policy: a bound without a number was taken for silence."""
    sentence = "We will not keep your information for longer than is necessary for the purpose."
    kinds = {row.kind for row in wording("en").clauses if row.matches(sentence)}
    assert ClauseKind.RETENTION in kinds


def test_a_link_is_no_promise_of_encryption():
    kinds = {
        r.kind for r in wording("en").clauses if r.matches("See https://www.example.net for more.")
    }
    assert ClauseKind.ENCRYPTED not in kinds


def test_languages():
    assert language_of("This is the policy of our company and it is for you.") == "en"
    assert language_of("Dies ist die Erklärung und sie gilt für Sie mit der App.") == "de"
    assert language_of("本隐私政策适用于") == ""
    assert language_of("qwx zzt plk mnb") == ""
