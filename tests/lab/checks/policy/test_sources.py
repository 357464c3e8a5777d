"""What every policy check asks first."""

from keepsight.lab.checks.policy import sources
from keepsight.lab.checks.policy.rights import RULE
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import Unread
from tests.lab.made import policy, product


def test_an_unreadable_policy_is_unknown_not_absent():
    broken = product(unread=(Unread("p.pdf", "", "a scan"),))
    assert sources.absent(RULE, broken)[0].outcome == "unknown"
    assert sources.absent(RULE, product())[0].outcome == "not_applicable"


def test_quotes_carry_the_sentence_number():
    facts = product(policies=(policy(ClauseKind.ACCESS),))
    assert sources.quotes(facts, ClauseKind.ACCESS)[0].place == "sentence 3"
    assert sources.has(facts, ClauseKind.ACCESS)
    assert not sources.has(facts, ClauseKind.DELETE)
