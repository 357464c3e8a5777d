"""No sale: a promise is quoted, never believed; it can only be contradicted."""

from keepsight.lab.checks.policy.sale_and_sharing import CHECK
from keepsight.lab.facts.policy import ClauseKind, Precedence, Winner
from tests.lab.made import capture, contacted, outcome, policy, product

PROMISE = ClauseKind.NO_SALE


def test_a_promise_alone_is_unknown():
    found = CHECK.judge(product(policies=(policy(PROMISE),)))[0]
    assert found.outcome == "unknown"
    assert found.title.startswith("The policy states")


def test_advertising_contact_or_an_overriding_policy_contradict_it():
    touched = capture(trackers=(contacted("Pangle", "pangle.io"),))
    assert outcome(CHECK, product(policies=(policy(PROMISE),), captures=(touched,))) == "violated"
    clause = Precedence("It wins.", 4, Winner.OTHER, "a", "b")
    overridden = policy(PROMISE, precedences=(clause,))
    assert outcome(CHECK, product(policies=(overridden,))) == "violated"


def test_a_stated_sale_is_violated_and_silence_is_unknown():
    assert outcome(CHECK, product(policies=(policy(ClauseKind.SALE),))) == "violated"
    assert outcome(CHECK, product(policies=(policy(),))) == "unknown"
