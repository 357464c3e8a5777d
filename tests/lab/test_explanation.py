"""Every check has a page that says what it looks at, why, and what it cannot see."""

import pytest

from keepsight.lab.checks.registry import ALL_CHECKS
from keepsight.lab.explanation import explanation


@pytest.mark.parametrize(
    "check", [c for c in ALL_CHECKS if not c.check_id.startswith("app/")], ids=lambda c: c.check_id
)
def test_pages_are_whole(check):
    page = explanation(check)
    for part in ("What it looks at:", "Why it matters:", "What it cannot see:", "References:"):
        assert f"**{part}**" in page
    assert check.title in page


def test_every_check_has_a_docstring():
    assert all(len(explanation(check)) > 200 for check in ALL_CHECKS)
