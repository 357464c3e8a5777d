"""SFrame, RFC 9605: cipher suite 0x0005, AES_256_GCM_SHA512_128, and the header encoding.

Only what Keepsight uses: one key id, KID 0, so that nothing in the bytes chooses a key.
"""

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

CIPHER_SUITE: Final = 0x0005
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
KID: Final = 0


def encode_header(kid: int, counter: int) -> bytes:
    """The variable-length SFrame header of RFC 9605, section 4.3.

    Raises:
        OverflowError: kid or counter does not fit 64 bits or is negative.
    """
    config, tail = 0, b""
    for value, shift in ((kid, 4), (counter, 0)):
        if value < 8:
            config |= value << shift
        else:
            encoded = value.to_bytes(max(1, (value.bit_length() + 7) // 8))
            if len(encoded) > 8:
                raise OverflowError("SFrame key ids and counters have at most 64 bits")
            config |= (0x8 | (len(encoded) - 1)) << shift
            tail += encoded
    return bytes((config,)) + tail


def derive(base_key: bytes, kid: int = KID, suite: int = CIPHER_SUITE) -> tuple[bytes, bytes]:
    """(sframe_key, sframe_salt) of RFC 9605, section 4.4.2, for an AES-256-GCM-SHA512 suite."""
    suffix = kid.to_bytes(8) + suite.to_bytes(2)
    secret = HKDF.extract(hashes.SHA512(), b"", base_key)
    key = HKDFExpand(hashes.SHA512(), KEY_BYTES, b"SFrame 1.0 Secret key " + suffix)
    salt = HKDFExpand(hashes.SHA512(), NONCE_BYTES, b"SFrame 1.0 Secret salt " + suffix)
    return key.derive(secret), salt.derive(secret)


class SFrame:
    """Encrypts and decrypts under one base key. Only the RFC's test vectors use another KID."""

    __slots__ = ("_aead", "_kid", "_salt")

    def __init__(self, base_key: bytes, kid: int = KID) -> None:
        key, salt = derive(base_key, kid)
        self._kid = kid
        self._aead = AESGCM(key)
        self._salt = int.from_bytes(salt)

    def _nonce(self, counter: int) -> bytes:
        return (self._salt ^ counter).to_bytes(NONCE_BYTES)

    def encrypt(self, counter: int, metadata: bytes, plaintext: bytes | bytearray) -> bytes:
        """SFrame header, ciphertext and tag. A counter must never be used twice."""
        out = bytearray(len(encode_header(self._kid, counter)) + len(plaintext) + TAG_BYTES)
        self.encrypt_into(counter, metadata, plaintext, memoryview(out))
        return bytes(out)

    def encrypt_into(
        self, counter: int, metadata: bytes, plaintext: bytes | bytearray, out: memoryview
    ) -> None:
        """As `encrypt`, written into `out`, which has exactly the right size: no further copy."""
        header = encode_header(self._kid, counter)
        out[: len(header)] = header
        nonce = self._nonce(counter)
        self._aead.encrypt_into(nonce, plaintext, header + metadata, out[len(header) :])

    def decrypt(self, counter: int, metadata: bytes, ciphertext: bytes | memoryview) -> bytes:
        """The plaintext, if the SFrame header is the one expected and the tag is right.

        Raises:
            cryptography.exceptions.InvalidTag: wrong key, counter, metadata or bytes.
        """
        header = encode_header(self._kid, counter)
        # The SFrame header as found goes into the associated data: a changed one fails like any
        # other change, and never chooses the key or the counter.
        found = bytes(ciphertext[: len(header)])
        return self._aead.decrypt(self._nonce(counter), ciphertext[len(header) :], found + metadata)
