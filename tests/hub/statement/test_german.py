"""The sentences of one language: no sentence is empty or too long to read at once."""

from keepsight.hub.statement.german import SENTENCES

WORDS_MAX = 60


def test_no_sentence_is_empty_or_very_long():
    for name, text in SENTENCES.items():
        assert text.strip(), name
        assert len(text.split()) <= WORDS_MAX, name
