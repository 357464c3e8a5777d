"""Goal: weak and debug keys are found, the current signer counts. Method: facts, no app file."""

from dataclasses import replace

import pytest

from keepsight.lab.checks.app.signature_key import CHECK
from tests.lab.checks.app.facts import CERTIFICATE, C, U, V, app, outcome, signing


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, C), ({"key_bits": 2048}, C), ({"key_bits": 1024}, V), ({"digest": "sha1"}, C),
        ({"key_kind": "EC", "key_bits": 256}, C), ({"key_kind": "EC", "key_bits": 192}, V),
        ({"key_kind": "DSA", "key_bits": 1024}, V), ({"subject": "CN=Android Debug,C=US"}, V),
    ],
)  # fmt: skip
def test_keys(changes, expected):
    certificate = replace(CERTIFICATE, **changes)
    assert outcome(CHECK, app(signing=signing("v2", certificate=certificate))) is expected


def test_a_signature_that_relies_on_sha1_alone():
    assert outcome(CHECK, app(signing=signing("v1", digests=("sha1",)))) is V
    assert outcome(CHECK, app(signing=signing("v1", digests=("sha1", "sha256")))) is C


def test_without_a_signature_the_key_is_unknown():
    assert outcome(CHECK, app(signing=None)) is U
    assert outcome(CHECK, app(signing=signing(broken="v2"))) is U
