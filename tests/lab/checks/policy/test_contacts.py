"""Contacts: none, some, and what could not be read."""

from keepsight.lab.checks.policy.contacts import CHECK
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import Unread
from tests.lab.made import outcome, policy, product


def test_outcomes():
    every = policy(ClauseKind.CONTACT, ClauseKind.EU_CONTACT, ClauseKind.OFFICER)
    assert outcome(CHECK, product(policies=(every,))) == "clear"
    assert outcome(CHECK, product(policies=(policy(),))) == "violated"
    mild = CHECK.judge(product(policies=(policy(ClauseKind.CONTACT),)))[0]
    assert (mild.outcome, mild.severity) == ("violated", "low")
    cut = (Unread("policy.html", "its end", "cut"),)
    assert outcome(CHECK, product(policies=(policy(),), unread=cut)) == "unknown"
