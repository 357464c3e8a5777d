"""Checks one signature against one certificate, and describes certificates.

The arithmetic is the `cryptography` library's; this file only maps names to its classes.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from keepsight.lab.facts.app import Certificate
from keepsight.lab.read import der
from keepsight.lab.read.limits import UnreadableArtefact

HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}

_DSA_DIGESTS: Final = frozenset({"sha1", "sha224", "sha256"})
"""Android knows no other for DSA."""

_KEY_SIZES: Final[dict[type, str]] = {
    rsa.RSAPublicKey: "RSA",
    ec.EllipticCurvePublicKey: "EC",
    dsa.DSAPublicKey: "DSA",
}
_DIGEST_OF: Final = {
    "1.2.840.113549.1.1.4": "md5", "1.2.840.113549.1.1.5": "sha1",
    "1.2.840.113549.1.1.14": "sha224", "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384", "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.1": "sha1", "1.2.840.10045.4.3.1": "sha224", "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384", "1.2.840.10045.4.3.4": "sha512",
    "1.2.840.10040.4.3": "sha1", "2.16.840.1.101.3.4.3.1": "sha224",
    "2.16.840.1.101.3.4.3.2": "sha256",
}  # fmt: skip
"""Signature algorithm of a certificate to its hash."""
_NAMES: Final = {
    "2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O",
    "2.5.4.11": "OU", "1.2.840.113549.1.9.1": "E",
}  # fmt: skip
_UTC_TIME: Final = 0x17
_WIDE_STRING: Final = 0x1E


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """A certificate, read no more strictly than Android does: nothing in it is trusted."""

    der: bytes
    key: PublicKeyTypes
    key_info: bytes
    """SubjectPublicKeyInfo, encoded anew."""
    facts: Certificate


def load(data: bytes) -> SigningCertificate:
    """Return the certificate.

    Old debug certificates have negative serial numbers, others lengths that are not minimal; they
    verify all the same, so this reads the few fields it needs and leaves the rest alone.

    Raises:
        UnreadableArtefact: it is not well formed, or its key is of a kind nobody can verify.
    """
    try:
        whole = der.parse(data)
        body = whole.expect(der.SEQUENCE).children()[0].expect(der.SEQUENCE).children()
        fields = body[1:] if body[0].tag == der.CONTEXT_0 else body
        validity = fields[3].expect(der.SEQUENCE).children()
        key = load_der_public_key(fields[5].whole)
        key_info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        kinds = (name for kind, name in _KEY_SIZES.items() if isinstance(key, kind))
        facts = Certificate(
            subject=_subject(fields[4]),
            sha256=hashlib.sha256(whole.whole).hexdigest(),
            key_kind=next(kinds, type(key).__name__),
            key_bits=getattr(key, "key_size", 0),
            digest=_DIGEST_OF.get(fields[1].children()[0].object_id(), ""),
            not_before=_date(validity[0]),
            not_after=_date(validity[1]),
        )
    except (ValueError, IndexError, UnsupportedAlgorithm) as error:
        raise UnreadableArtefact("a certificate cannot be read") from error
    return SigningCertificate(whole.whole, key, key_info, facts)


def _subject(name: der.Node) -> str:
    """Return a name as RFC 4514 writes it, the last part first."""
    parts: list[str] = []
    for group in name.expect(der.SEQUENCE).children():
        for part in group.expect(der.SET).children():
            kind, value = part.expect(der.SEQUENCE).children()[:2]
            encoding = "utf-16-be" if value.tag == _WIDE_STRING else "utf-8"
            text = value.value.decode(encoding, "replace").replace(",", "\\,")
            label = kind.object_id()
            parts.append(f"{_NAMES.get(label, label)}={text}")
    return ",".join(reversed(parts))


def _date(time: der.Node) -> str:
    digits = time.value.decode("ascii", "replace")
    if time.tag == _UTC_TIME:
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"


def verifies(
    key: PublicKeyTypes,
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
        elif isinstance(key, dsa.DSAPublicKey) and digest in _DSA_DIGESTS:
            key.verify(signature, signed, algorithm)
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True
