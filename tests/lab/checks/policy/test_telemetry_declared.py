"""Telemetry in the app against what the policy describes."""

from keepsight.lab.checks.policy.telemetry_declared import CHECK
from keepsight.lab.facts.policy import ClauseKind
from tests.lab.made import app, outcome, policy, product


def test_outcomes():
    silent, speaking = policy(), policy(ClauseKind.TELEMETRY)
    assert outcome(CHECK, product(policies=(silent,), apps=(app("Bugly"),))) == "violated"
    assert outcome(CHECK, product(policies=(speaking,), apps=(app("Bugly"),))) == "clear"
    assert outcome(CHECK, product(policies=(speaking,), apps=(app(),))) == "unknown"
    assert outcome(CHECK, product(policies=(speaking,))) == "unknown"
