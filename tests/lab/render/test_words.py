"""Sizes as people write them."""

import pytest

from keepsight.lab.render.words import size_text


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
