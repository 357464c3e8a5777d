"""Messages that can be changed unnoticed."""

from keepsight.lab.checks.capture.message_integrity import CHECK
from keepsight.lab.facts.capture import Proof
from tests.lab.made import capture, message, outcome, product


def seen(*messages):
    return product(captures=(capture(messages=messages),))


def test_violated_where_it_was_shown():
    assert outcome(CHECK, seen(message())) == "violated"


def test_unknown_where_it_could_not_be_shown():
    assert outcome(CHECK, seen(message(proof=Proof.NO_KEY))) == "unknown"
    assert outcome(CHECK, seen()) == "not_applicable"


def test_another_construction_is_unknown():
    other = message(is_signature_recomputed=False, is_response_shared=None)
    assert outcome(CHECK, seen(other)) == "unknown"


def test_the_title_keeps_the_names_of_algorithms():
    assert "SHA-1" in CHECK.judge(seen(message()))[0].title
