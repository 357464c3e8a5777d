"""One key stream for several texts: an equality that was computed."""

from keepsight.lab.checks.capture.keystream_reuse import CHECK
from keepsight.lab.facts.capture import Proof
from tests.lab.made import capture, message, outcome, product


def seen(*messages):
    return product(captures=(capture(messages=messages),))


def test_violated_where_it_was_shown():
    assert outcome(CHECK, seen(message())) == "violated"


def test_unknown_where_it_could_not_be_shown():
    assert outcome(CHECK, seen(message(proof=Proof.NO_KEY))) == "unknown"
    assert outcome(CHECK, seen()) == "not_applicable"


def test_clear_where_it_was_looked_for_and_is_not_there():
    assert (
        outcome(CHECK, seen(message(is_keystream_shared=False, is_response_shared=False)))
        == "clear"
    )
