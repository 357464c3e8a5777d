"""Mails say what is needed in both languages, and nothing of who or what is in the household."""

import pytest

from keepsight.core.secret import Secret
from keepsight.hub.signin import words


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_a_pin_says_how_long_it_holds(language):
    letter = words.pin_letter("ann@example.org", Secret("12345678"), 10, language)
    assert "12345678" in letter.text
    assert "10" in letter.text
    assert "12345678" not in letter.subject
    assert "http" not in letter.text


def test_each_mail_has_both_languages():
    for texts in (words.PIN, words.CHANGED, words.TEST):
        assert set(texts) == {"en", "de"}
        assert texts["en"] != texts["de"] or texts is words.TEST
    assert words.changed_letter("a@b.org", "de").text.startswith("Die Passphrase")
    assert words.test_letter("a@b.org", "en").subject == "Test"
