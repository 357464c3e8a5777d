"""Figures against counts made by hand, and real policies against reference counts."""

import pytest

from keepsight.lab.read.document import Block, read_document
from keepsight.lab.read.readability import band_of, figures, sentences, split_sentences, syllables
from tests.paths import shared_data

COUNTED = {
    "information": 4, "privacy": 3, "data": 2, "service": 2, "services": 3, "collected": 3,
    "used": 1, "devices": 3, "camera": 3, "create": 2, "various": 3, "experience": 4, "value":
    2, "people": 2, "business": 2, "every": 2, "statement": 2, "measures": 2, "area": 3,
    "applicable": 4, "third": 1, "being": 2, "client": 2, "storage": 2, "language": 2,
    "retention": 3, "use": 1, "necessary": 4,
}  # fmt: skip


def test_syllables_of_english_words():
    wrong = {
        word: syllables(word, "en") for word, n in COUNTED.items() if syllables(word, "en") != n
    }
    assert wrong == {}


def test_syllables_of_german_words():
    for word, n in {"Datenschutz": 3, "Erklärung": 3, "Geräte": 3, "die": 1, "Häuser": 2}.items():
        assert syllables(word, "de") == n


def test_sentences_end_where_they_end():
    text = "We use e.g. names. See No. 5 of Example Inc. and others! Is it so? Yes, z. B. here."
    assert len(split_sentences(text)) == 4


def test_list_items_read_on_to_the_full_stop():
    blocks = (
        Block("Heading", is_heading=True),
        Block("We collect:"),
        Block("names", is_item=True),
        Block("addresses.", is_item=True),
        Block("That is all."),
    )
    assert sentences(blocks) == ["We collect: names addresses.", "That is all."]


def test_figures_by_hand():
    found = figures((Block("The cat sat on the mat. It ran."),), "en")
    assert (found.words, found.sentences, found.syllables, found.words_per_sentence) == (
        8,
        2,
        8,
        4.0,
    )
    assert found.characters == 24
    assert found.minutes_by_character == round(24 * 0.01469 / 60, 2)
    assert found.reading_ease == round(206.835 - 1.015 * 4 - 84.6 * 1, 1)
    assert found.kincaid_grade == round(0.39 * 4 + 11.8 - 15.59, 1)


def test_german_has_its_own_formula_and_no_school_grade():
    found = figures((Block("Die Katze sitzt auf der Matte. Sie rennt."),), "de")
    assert found.reading_ease_formula.startswith("Amstad")
    assert found.kincaid_grade is None


@pytest.mark.parametrize(
    ("ease", "band"),
    [
        (95, "5th grade"),
        (50, "10th to 12th grade"),
        (49.9, "college"),
        (30, "college"),
        (12, "college graduate"),
        (-20, "college graduate"),
    ],
)
def test_bands_of_the_reading_ease_scale(ease, band):
    assert band_of(ease, "en") == band


@pytest.mark.parametrize(
    ("name", "words", "per_sentence", "minutes"),
    [
        ("TP-Link", 2985, 24.1, 4.04),
        ("Google_Nest", 3586, 22.1, 4.42),
        ("Samsung", 7835, 22.9, 10.31),
        ("ASUS", 5357, 23.9, 7.25),
        ("Tencent", 1623, 25.0, 2.10),
    ],
)
def test_reference_counts_of_real_policies(name, words, per_sentence, minutes):
    found = figures(read_document(shared_data(f"policies/{name}.md")).blocks, "en")
    assert abs(found.words - words) / words < 0.03
    assert abs(found.words_per_sentence - per_sentence) < 3.1
    assert abs(found.minutes_by_character - minutes) < 0.05
