"""Outdated TLS: each fault by itself, and what was merely not answered."""

import pytest

from keepsight.lab.checks.capture.transport_encryption import CHECK
from keepsight.lab.facts.capture import Certificate, Reach
from tests.lab.made import capture, handshake, outcome, product


def certificate(**parts):
    return Certificate(
        **{
            "subject": "CN=a", "issuer": "CN=b", "names": (), "not_before": "2020-01-01T00:00:00",
            "not_after": "2030-01-01T00:00:00", "key": "RSA 2048", "key_bits": 2048,
            "signature_hash": "sha256", "sha256": "0", "is_self_signed": False, **parts,
        }
    )  # fmt: skip


def with_one(**parts):
    return product(captures=(capture(handshakes=(handshake(**parts),)),))


@pytest.mark.parametrize(
    "parts",
    [
        {"version": "TLS 1.0"},
        {"cipher": "TLS_RSA_WITH_RC4_128_SHA"},
        {"cipher": "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
        {"cipher": "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"},
        {"certificate": certificate(is_self_signed=True)},
        {"certificate": certificate(key="RSA 1024", key_bits=1024)},
        {"certificate": certificate(not_after="2000-01-01T00:00:00"), "captured_us": 10**15},
    ],
)
def test_each_fault_is_violated(parts):
    assert outcome(CHECK, with_one(**parts)) == "violated"


def test_a_self_signed_certificate_at_home_is_expected():
    own = certificate(is_self_signed=True)
    assert outcome(CHECK, with_one(certificate=own, reach=Reach.LOCAL)) == "clear"


def test_clear_unknown_and_decrypted():
    assert outcome(CHECK, with_one()) == "clear"
    assert outcome(CHECK, with_one(version="", cipher="")) == "unknown"
    assert outcome(CHECK, product(captures=(capture(format="har"),))) == "unknown"
    assert outcome(CHECK, product(captures=(capture(),))) == "unknown"


def test_weak_suites_that_were_only_offered_are_no_fault():
    assert outcome(CHECK, with_one(offered_weak=("TLS_RSA_WITH_RC4_128_SHA",))) == "clear"


@pytest.mark.parametrize("version", ["TLS 1.3", "TLS 1.0"])
def test_secrets_in_the_capture_are_said(version):
    found = capture(handshakes=(handshake(version=version),), has_tls_secrets=True)
    (finding,) = CHECK.judge(product(captures=(found,)))
    assert "holds the secrets" in finding.evidence[0].text
