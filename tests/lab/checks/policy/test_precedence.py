"""Precedence: who wins over whom decides, not that a clause is there."""

from keepsight.lab.checks.policy.precedence import CHECK
from keepsight.lab.facts.policy import Precedence, Winner
from tests.lab.made import outcome, policy, product


def with_clause(winner, condition="conflict", other="the Group Privacy Policy"):
    clause = Precedence("It prevails.", 4, winner, "Camera Privacy Policy", other, condition)
    return policy(precedences=(clause,))


def test_another_document_that_wins_is_violated_and_resolved_in_the_set():
    group = policy(title="Group Privacy Policy", artefact="group.md")
    found = CHECK.judge(product(policies=(with_clause(Winner.OTHER), group)))[0]
    assert found.outcome == "violated"
    assert "group.md" in found.title
    alone = CHECK.judge(product(policies=(with_clause(Winner.OTHER),)))[0]
    assert "not among the documents given" in alone.title


def test_this_document_wins_or_none_is_clear():
    assert outcome(CHECK, product(policies=(with_clause(Winner.THIS),))) == "clear"
    assert outcome(CHECK, product(policies=(policy(),))) == "clear"
    assert outcome(CHECK, product(policies=(with_clause(Winner.OTHER, "silence"),))) == "clear"
    assert outcome(CHECK, product(policies=(with_clause(Winner.OTHER, "language"),))) == "clear"


def test_an_unresolved_clause_is_unknown():
    assert outcome(CHECK, product(policies=(with_clause(Winner.UNRESOLVED),))) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"
