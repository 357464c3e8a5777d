"""Data per function: a breakdown, an example, or nothing."""

from keepsight.lab.checks.policy.data_per_function import CHECK
from keepsight.lab.facts.policy import FunctionData
from tests.lab.made import outcome, policy, product


def with_functions(*names):
    rows = tuple(FunctionData(name, ("location",), 4) for name in names)
    return product(policies=(policy(functions=rows),))


def test_three_outcomes():
    assert outcome(CHECK, with_functions("live view", "account", "talk")) == "clear"
    assert outcome(CHECK, with_functions("live view")) == "unknown"
    assert outcome(CHECK, with_functions()) == "violated"
