"""Mails say that there is something to see and where, in both languages, and nothing of what."""

import pytest

from keepsight.hub.notices import letters
from keepsight.hub.notices.letters import events_link, notice_letter, trial_letter

EVENT = b"e" * 16


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("event_id", [EVENT, None])
def test_a_letter_leads_to_the_events_page(language, event_id):
    letter = notice_letter("a@b.org", language, "https://home.example", event_id)
    link = events_link("https://home.example", event_id)
    assert letter.to == "a@b.org"
    assert letter.text.count(link) == 1
    assert link.endswith("/events" + (f"?event={EVENT.hex()}" if event_id else ""))
    assert "{" not in letter.text


def test_without_an_address_the_words_lead_there():
    assert "Events" in notice_letter("a@b.org", "en", "", EVENT).text
    assert "Ereignisse" in notice_letter("a@b.org", "de", "", EVENT).text


def test_both_languages_say_everything():
    for words in (letters.NOTICE, letters.MORE, letters.TEST, letters.LOOK):
        assert set(words) == {"en", "de"}
    assert trial_letter("a@b.org", "de").subject != trial_letter("a@b.org", "en").subject
