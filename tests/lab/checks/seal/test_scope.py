"""A seal holds for the model it names."""

from keepsight.lab.checks.seal.scope import CHECK
from tests.lab.made import outcome, product, seal


def test_outcomes():
    assert outcome(CHECK, product(seals=(seal(model="c-1"),))) == "clear"
    assert outcome(CHECK, product(seals=(seal(model="C2"),))) == "violated"
    assert outcome(CHECK, product(seals=(seal(model=""),))) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"
