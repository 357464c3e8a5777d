"""A promise of encryption against the capture."""

from keepsight.lab.checks.policy.third_party_encryption import CHECK
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import Product
from tests.lab.made import capture, clear_message, outcome, policy, product

PROMISE = policy(ClauseKind.ENCRYPTED_TO_THIRD)


def test_outcomes():
    broken = capture(clear_messages=(clear_message(),))
    assert outcome(CHECK, product(policies=(PROMISE,), captures=(broken,))) == "violated"
    assert outcome(CHECK, product(policies=(PROMISE,), captures=(capture(),))) == "clear"
    assert outcome(CHECK, product(policies=(PROMISE,))) == "unknown"
    gap = capture(limits=("gap",))
    assert outcome(CHECK, product(policies=(PROMISE,), captures=(gap,))) == "unknown"
    assert outcome(CHECK, product(policies=(policy(),))) == "not_applicable"


def test_a_vendors_claim_is_tested_without_a_policy_too():
    claim = Product("Camera", claims=("All data is encrypted",))
    broken = capture(clear_messages=(clear_message(),))
    assert outcome(CHECK, product(product=claim, captures=(broken,))) == "violated"
    assert outcome(CHECK, product(product=claim, captures=(capture(),))) == "clear"
