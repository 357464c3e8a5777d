"""The key inside the message."""

from keepsight.lab.checks.capture.key_in_message import CHECK
from keepsight.lab.facts.capture import Proof
from tests.lab.made import capture, message, outcome, product


def seen(*messages):
    return product(captures=(capture(messages=messages),))


def test_violated_where_it_was_shown():
    assert outcome(CHECK, seen(message())) == "violated"


def test_unknown_where_it_could_not_be_shown():
    assert outcome(CHECK, seen(message(proof=Proof.REFUTED))) == "unknown"
    assert outcome(CHECK, seen()) == "not_applicable"


def test_clear_where_it_was_looked_for_and_is_not_there():
    assert outcome(CHECK, seen(message(is_secret_inside=False, proof=Proof.NO_KEY))) == "clear"
