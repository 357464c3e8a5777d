"""Second factor: none, a mailed PIN, a real one."""

from keepsight.lab.checks.account.second_factor import CHECK
from tests.lab.made import observed, outcome, product


def test_outcomes():
    assert CHECK.judge(observed(second_factor=("none",)))[0].severity == "medium"
    mailed = CHECK.judge(observed(second_factor=("email_pin",)))[0]
    assert (mailed.outcome, mailed.severity) == ("violated", "low")
    assert "better than none" in mailed.title
    assert outcome(CHECK, observed(second_factor=("email_pin", "totp"))) == "clear"
    assert outcome(CHECK, observed()) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"
