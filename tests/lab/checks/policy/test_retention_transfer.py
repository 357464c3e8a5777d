"""How long and where to: stated, silent, or unread."""

from keepsight.lab.checks.policy.retention_transfer import CHECK
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import Unread
from tests.lab.made import outcome, policy, product


def test_outcomes():
    both = policy(ClauseKind.RETENTION, ClauseKind.TRANSFER)
    assert outcome(CHECK, product(policies=(both,))) == "clear"
    found = CHECK.judge(product(policies=(policy(ClauseKind.TRANSFER),)))[0]
    assert found.outcome == "violated"
    assert "how long" in found.title
    cut = (Unread("policy.html", "its end", "cut"),)
    assert outcome(CHECK, product(policies=(policy(),), unread=cut)) == "unknown"
