"""Rights: each of the five must be stated, with a contact."""

from keepsight.lab.checks.policy.rights import CHECK
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import Unread
from tests.lab.made import EVERY_RIGHT, outcome, policy, product


def test_all_rights_and_a_contact_are_clear():
    whole = policy(*EVERY_RIGHT, ClauseKind.CONTACT)
    assert outcome(CHECK, product(policies=(whole,))) == "clear"


def test_a_missing_right_is_violated_and_named():
    part = policy(*EVERY_RIGHT[:-1], ClauseKind.CONTACT)
    found = CHECK.judge(product(policies=(part,)))[0]
    assert found.outcome == "violated"
    assert "withdraw consent" in found.title


def test_an_unread_part_or_missing_contact_leaves_it_unknown():
    cut = (Unread("policy.html", "its end", "cut"),)
    assert outcome(CHECK, product(policies=(policy(),), unread=cut)) == "unknown"
    assert outcome(CHECK, product(policies=(policy(*EVERY_RIGHT),))) == "unknown"
