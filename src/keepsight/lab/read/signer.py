"""Checks one signature against one certificate, and describes certificates.

The arithmetic is the `cryptography` library's; this file only maps names to its classes.
"""

import hashlib
import warnings
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keepsight.lab.facts.app import Certificate
from keepsight.lab.read.limits import UnreadableArtefact

HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def load(der: bytes) -> x509.Certificate:
    """Return the certificate.

    Raises:
        UnreadableArtefact: it is not well formed, or its key is of a kind nobody can verify.
    """
    try:
        with warnings.catch_warnings():
            # Old debug certificates have serial numbers of zero or less; they verify all the same.
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnreadableArtefact(f"certificate cannot be read: {error}") from error
    return certificate


def describe(certificate: x509.Certificate) -> Certificate:
    """Return what the checks need of a certificate that `load` accepted."""
    key = certificate.public_key()
    kinds: dict[type, str] = {
        rsa.RSAPublicKey: "RSA",
        ec.EllipticCurvePublicKey: "EC",
        dsa.DSAPublicKey: "DSA",
    }
    kind = next((name for cls, name in kinds.items() if isinstance(key, cls)), type(key).__name__)
    try:
        with warnings.catch_warnings():
            # Names with odd fields (a country of six letters) are warned about and shown anyway.
            warnings.simplefilter("ignore")
            digest = certificate.signature_hash_algorithm
            subject = certificate.subject.rfc4514_string()
    except (ValueError, UnsupportedAlgorithm):
        digest, subject = None, "(unreadable subject)"
    return Certificate(
        subject=subject,
        sha256=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
        key_kind=kind,
        key_bits=getattr(key, "key_size", 0),
        digest=digest.name if digest is not None else "",
        not_before=certificate.not_valid_before_utc.date().isoformat(),
        not_after=certificate.not_valid_after_utc.date().isoformat(),
    )


def public_key_der(certificate: x509.Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def verifies(
    key: CertificatePublicKeyTypes,
    signature: bytes,
    signed: bytes,
    digest: str,
    *,
    pss_salt_bytes: int | None = None,
) -> bool:
    """Return whether `signature` over `signed` is this key's.

    Args:
        key: RSA, EC or DSA; any other kind never verifies.
        signature: as it stands in the file; DER for EC and DSA.
        signed: the bytes themselves, not their hash.
        digest: a name of `HASHES`.
        pss_salt_bytes: RSA with PSS padding and this salt; None for PKCS#1 v1.5.
    """
    algorithm = HASHES[digest]()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if pss_salt_bytes is None:
                key.verify(signature, signed, padding.PKCS1v15(), algorithm)
            else:
                pss = padding.PSS(padding.MGF1(algorithm), pss_salt_bytes)
                key.verify(signature, signed, pss, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        elif isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, signed, algorithm)
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True
