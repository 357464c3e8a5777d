"""Goal: weak hashes count in signatures only. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.weak_hash import CHECK
from tests.lab.checks.app.facts import GAP, C, U, V, app, call, outcome


@pytest.mark.parametrize(
    ("name", "expected"),
    [("SHA1withRSA", V), ("MD5withRSA", V), ("SHA-1withDSA", V), ("SHA256withRSA", C), (None, U)],
)
def test_signatures(name, expected):
    assert outcome(CHECK, app(calls=(call("Signature.getInstance", name),))) is expected


@pytest.mark.parametrize(
    ("name", "expected"), [("MD5", U), ("SHA-1", U), ("SHA-256", C), (None, U)]
)
def test_digests_may_be_checksums(name, expected):
    assert outcome(CHECK, app(calls=(call("MessageDigest.getInstance", name),))) is expected


def test_unread_code_is_unknown():
    assert outcome(CHECK, app(unread=(GAP,))) is U
