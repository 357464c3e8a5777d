"""Readability: both reading times with their formulas, violated past thresholds only."""

from keepsight.lab.checks.policy.length_readability import CHECK
from keepsight.lab.facts.product import Unread
from tests.lab.made import figures, outcome, policy, product


def test_both_reading_times_and_both_scales_are_named():
    found = CHECK.judge(product(policies=(policy(),)))[0]
    assert found.outcome == "clear"
    text = found.evidence[0].text
    for part in (
        "238 words a minute",
        "14.69 ms a character",
        "reading ease",
        "Flesch-Kincaid grade",
    ):
        assert part in text


def test_hard_or_long_texts_are_violated():
    assert (
        outcome(CHECK, product(policies=(policy(figures=figures(reading_ease=12.0)),)))
        == "violated"
    )
    assert outcome(CHECK, product(policies=(policy(figures=figures(words=20_000)),))) == "violated"


def test_an_unreadable_policy_is_unknown():
    assert outcome(CHECK, product(unread=(Unread("p.pdf", "", "a scan"),))) == "unknown"
