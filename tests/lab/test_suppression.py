"""Suppressions need a reason and an expiry, and end by themselves."""

import pytest

from keepsight.lab.finding import Evidence, Finding, Outcome, Severity
from keepsight.lab.suppression import BadSuppressionFile, Suppression, read_suppressions

FOUND = Finding("app/trust", Outcome.VIOLATED, Severity.HIGH, "Trusts all", (Evidence("class A"),))


def read(tmp_path, text):
    path = tmp_path / "s.toml"
    path.write_text(text)
    return read_suppressions(path)


def test_a_whole_rule(tmp_path):
    rule = read(tmp_path, '[[suppress]]\ncheck="app/*"\nreason="test build"\nexpires=2030-01-01\n')[
        0
    ]
    assert rule.matches(FOUND, "2029-12-31")
    assert rule.matches(FOUND, "2030-01-01")
    assert not rule.matches(FOUND, "2030-01-02")


def test_a_rule_can_name_a_part():
    assert Suppression("app/trust", "r", "2030-01-01", "class A").matches(FOUND, "2025-01-01")
    assert not Suppression("app/trust", "r", "2030-01-01", "class B").matches(FOUND, "2025-01-01")
    assert not Suppression("app/other", "r", "2030-01-01").matches(FOUND, "2025-01-01")


@pytest.mark.parametrize(
    "text",
    [
        '[[suppress]]\ncheck="a"\nexpires=2030-01-01\n',
        '[[suppress]]\ncheck="a"\nreason=" "\nexpires=2030-01-01\n',
        '[[suppress]]\ncheck="a"\nreason="r"\n',
        '[[suppress]]\ncheck="a"\nreason="r"\nexpires="soon"\n',
        '[[suppress]]\nreason="r"\nexpires=2030-01-01\n',
        "suppress = 3",
        "suppress = [3]",
        '[[suppressed]]\ncheck="a"\nreason="r"\nexpires=2030-01-01\n',
        "[[",
    ],
)
def test_a_rule_without_reason_or_expiry_is_refused(tmp_path, text):
    with pytest.raises(BadSuppressionFile):
        read(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadSuppressionFile):
        read_suppressions(tmp_path / "none.toml")
