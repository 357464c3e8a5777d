"""Sizes, counts and outcomes as people write them."""

import pytest

from keepsight.lab.finding import Finding, Outcome, Severity
from keepsight.lab.render.words import counted, outcome_text, size_text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (250_000, "250 kB"),
        (3_200_000_000, "3.2 GB"),
        (10**14, "100000 GB"),
    ],
)
def test_sizes(count, text):
    assert size_text(count) == text


def test_counts():
    assert [counted(n, "place") for n in (0, 1, 1200)] == ["0 places", "1 place", "1,200 places"]


def test_a_list_that_others_judge_is_noted_and_not_clear():
    def text(outcome, **details):
        return outcome_text(Finding("a/b", outcome, Severity.NOTE, "t", details=details))

    assert text(Outcome.CLEAR) == "clear"
    assert text(Outcome.CLEAR, noted=True) == "noted"
    assert text(Outcome.UNKNOWN, noted=True) == "unknown"
