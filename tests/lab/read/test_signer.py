"""Goal: certificates are described and signatures checked as they are. Method: fresh keys."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding
from cryptography.hazmat.primitives.serialization import Encoding

from keepsight.lab.read import signer
from keepsight.lab.read.limits import UnreadableArtefact
from tests.lab.synthetic import package

MESSAGE = b"what is signed"


def test_a_certificate_is_described_as_the_library_does():
    _, certificate = package.signer()
    found = signer.load(certificate.public_bytes(Encoding.DER)).facts
    assert found.subject == certificate.subject.rfc4514_string() == "CN=Synthetic"
    assert (found.key_kind, found.key_bits, found.digest) == ("RSA", 2048, "sha256")
    assert (found.not_before, found.not_after) == ("2020-01-01", "2050-01-01")
    assert found.sha256 == certificate.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize("data", [b"", b"0\x03abc", b"\xff" * 100])
def test_what_is_no_certificate_is_refused(data):
    with pytest.raises(UnreadableArtefact):
        signer.load(data)


def test_rsa_with_both_paddings():
    key, _ = package.signer()
    plain = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    pss = key.sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    public = key.public_key()
    assert signer.verifies(public, plain, MESSAGE, "sha256")
    assert signer.verifies(public, pss, MESSAGE, "sha256", pss_salt_bytes=32)
    assert not signer.verifies(public, plain, MESSAGE, "sha256", pss_salt_bytes=32)
    assert not signer.verifies(public, plain, MESSAGE + b"!", "sha256")


def test_elliptic_curves_and_dsa():
    curve = ec.generate_private_key(ec.SECP256R1())
    signature = curve.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    assert signer.verifies(curve.public_key(), signature, MESSAGE, "sha256")
    assert not signer.verifies(curve.public_key(), b"junk", MESSAGE, "sha256")
    old = dsa.generate_private_key(1024)
    signature = old.sign(MESSAGE, hashes.SHA256())
    assert signer.verifies(old.public_key(), signature, MESSAGE, "sha256")


def test_a_key_of_another_kind_never_verifies():
    key = ed25519.Ed25519PrivateKey.generate()
    assert not signer.verifies(key.public_key(), key.sign(MESSAGE), MESSAGE, "sha256")
