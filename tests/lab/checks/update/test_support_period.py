"""Support period: a date in the future, in the past, or mere words."""

from keepsight.lab.checks.update.support_period import CHECK
from tests.lab.made import observed, outcome, product


def test_outcomes():
    assert outcome(CHECK, observed(support_end="2027-12-31")) == "clear"
    assert outcome(CHECK, observed(support_end="2024-03")) == "clear"
    assert CHECK.judge(observed(support_end="2020-01-01"))[0].severity == "high"
    assert outcome(CHECK, observed(support_end="none")) == "violated"
    assert "no date" in CHECK.judge(observed(support_end="for the life of the product"))[0].title
    assert outcome(CHECK, observed()) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"
