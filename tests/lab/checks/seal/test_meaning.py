"""What a seal does not say is said."""

from keepsight.lab.checks.seal.meaning import CHECK
from tests.lab.made import outcome, product, seal


def test_the_german_label_is_a_declaration_without_a_word_on_data_protection():
    found = CHECK.judge(product(seals=(seal(),)))[0]
    assert found.outcome == "clear"
    assert "declaration of the maker" in found.title
    assert "no statement on data protection" in found.title


def test_an_unknown_seal_is_unknown():
    assert outcome(CHECK, product(seals=(seal(name="Star", kind=None),))) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"
