"""Documents to read: counted, never judged."""

from keepsight.lab.checks.policy.documents_to_read import CHECK
from keepsight.lab.facts.policy import ClauseKind
from tests.lab.made import outcome, policy, product


def test_words_are_summed_and_references_quoted():
    found = CHECK.judge(product(policies=(policy(ClauseKind.INCORPORATES), policy())))[0]
    assert found.details == {"documents": 2, "words": 2000, "noted": True}
    assert len(found.evidence) == 1


def test_no_policy_is_not_applicable():
    assert outcome(CHECK, product()) == "not_applicable"
