"""Who wins over whom, in the many ways policies say it."""

import pytest

from keepsight.lab.facts.policy import Winner
from keepsight.lab.read.policy import read_policy
from keepsight.lab.read.precedence import find_precedences
from keepsight.lab.read.wording import wording
from tests.paths import shared_data

TITLE = "Example Home Privacy Policy"
EN = [
    (
        "The Example Group Privacy Policy supersedes the Example Home Privacy Policy.",
        "other",
        "conflict",
    ),
    ("This Privacy Policy supersedes the Group Privacy Policy.", "this", "conflict"),
    (
        "In case of any conflict with the Group Policy, this Policy shall prevail.",
        "this",
        "conflict",
    ),
    ("In case of discrepancies, the Group Privacy Policy takes precedence.", "other", "conflict"),
    ("This Policy is superseded by the Group Policy.", "other", "conflict"),
    (
        "If this Policy and the Group Policy conflict, the latter shall prevail.",
        "other",
        "conflict",
    ),
    ("If this Policy and the Group Policy conflict, the former shall prevail.", "this", "conflict"),
    (
        "Where not covered in this Policy, the Group Privacy Policy shall prevail.",
        "other",
        "silence",
    ),
    ("Where the versions differ, the English language version shall prevail.", None, "language"),
]
DE = [
    ("Bei Widersprüchen hat die Datenschutzerklärung der Gruppe Vorrang.", "other", "conflict"),
    ("Bei Abweichungen hat diese Datenschutzerklärung Vorrang.", "this", "conflict"),
]


@pytest.mark.parametrize(("sentence", "winner", "condition"), EN)
def test_english(sentence, winner, condition):
    found = find_precedences([sentence], TITLE, wording("en"))
    assert [f.condition for f in found] == [condition]
    if winner is not None:
        assert found[0].winner == winner


@pytest.mark.parametrize(("sentence", "winner", "condition"), DE)
def test_german(sentence, winner, condition):
    found = find_precedences([sentence], "Datenschutzerklärung Beispiel Home", wording("de"))
    assert [(f.winner, f.condition) for f in found] == [(winner, condition)]


@pytest.mark.parametrize(
    "sentence",
    [
        "This Policy supersedes all previous versions of this Policy.",
        "You control which notifications you get, and the terms of use are elsewhere.",
        "Safety takes precedence over comfort.",
        "We may replace the camera.",
    ],
)
def test_sentences_that_are_no_such_clause(sentence):
    assert find_precedences([sentence], TITLE, wording("en")) == ()


def test_a_real_two_way_clause():
    facts, _ = read_policy(shared_data("policies/xiaomi_wifi_override_EXCERPT.txt"))
    assert [(p.winner, p.condition) for p in facts.precedences] == [
        (Winner.THIS, "conflict"),
        (Winner.OTHER, "silence"),
    ]
