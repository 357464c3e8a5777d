"""Seals are judged at the report's date."""

from keepsight.lab.checks.seal.validity import CHECK
from tests.lab.made import outcome, product, seal


def test_outcomes():
    expired = CHECK.judge(product(seals=(seal(valid_until="2024-01-31"),)))[0]
    assert expired.outcome == "violated"
    assert "judged on 2024-03-15" in expired.title
    assert outcome(CHECK, product(seals=(seal(valid_until="2025-01-31"),))) == "clear"
    assert outcome(CHECK, product(seals=(seal(),))) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"
