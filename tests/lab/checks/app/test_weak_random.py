"""Goal: only a known seed counts. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.weak_random import CHECK
from tests.lab.checks.app.facts import GAP, C, U, V, app, call, outcome


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (call("SecureRandom", b"seed"), V), (call("SecureRandom", None), C),
        (call("SecureRandom.setSeed", 42, None), V), (call("SecureRandom.setSeed", None), C),
        (call("SecureRandom.getInstance", "SHA1PRNG", "Crypto"), V),
        (call("SecureRandom.getInstance", "SHA1PRNG"), C), (call("Random.nextBytes", None), U),
    ],
)  # fmt: skip
def test_sites(site, expected):
    assert outcome(CHECK, app(calls=(site,))) is expected


def test_unread_code_is_unknown():
    assert outcome(CHECK, app(unread=(GAP,))) is U
