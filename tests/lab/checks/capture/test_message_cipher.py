"""RC4 in messages: violated only when proven, whatever the field names say."""

from keepsight.lab.checks.capture.message_cipher import CHECK
from keepsight.lab.facts.capture import Proof
from tests.lab.made import capture, message, outcome, product


def seen(*messages):
    return product(captures=(capture(messages=messages),))


def test_proven_is_violated_and_does_not_claim_more_than_was_shown():
    found = CHECK.judge(seen(message()))[0]
    assert found.outcome == "violated"
    assert "adds no secrecy beyond TLS" in found.title
    assert "AES-GCM" in found.remedy
    assert "Rabbit" not in found.remedy


def test_the_shape_alone_is_unknown():
    for proof in (Proof.NO_KEY, Proof.REFUTED, Proof.MALFORMED):
        assert outcome(CHECK, seen(message(proof=proof))) == "unknown"


def test_no_shape_is_not_applicable_unless_something_was_missed():
    assert outcome(CHECK, seen()) == "not_applicable"
    assert outcome(CHECK, product(captures=(capture(limits=("gap",)),))) == "unknown"
