"""Wrapping a window secret for one device: HPKE (RFC 9180), base mode.

KEM DHKEM(X25519, HKDF-SHA256), KDF HKDF-SHA256, AEAD AES-256-GCM. The `info` names everything the
key is good for, so a wrap made for another device, camera or window does not open.

Making a wrap is the exposure of a picture: only `hub.keyrelease` calls `wrap_for_device`, after the
ledger line is durable.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from keepsight.seal.header import Context

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
INFO_LABEL: Final = b"keepsight release 1"
DEVICE_KEY_BYTES: Final = 32


def release_info(purpose: str, context: Context, device: bytes) -> bytes:
    """Label, purpose (u8 length, text), household, epoch (u32), camera, stream, writer, device."""
    name = purpose.encode()
    return b"".join(
        (
            INFO_LABEL,
            bytes((len(name),)),
            name,
            context.household,
            context.epoch.to_bytes(4),
            context.camera,
            bytes((context.stream,)),
            context.writer,
            device,
        )
    )


def wrap_for_device(
    secret: bytes, device_key: bytes, *, purpose: str, context: Context, device: bytes
) -> bytes:
    """Encapsulated key (32 bytes) and ciphertext.

    Args:
        secret: the 32-byte window secret.
        device_key: the device's raw X25519 public key.
        purpose: live, still, rec or export.
        context: the window.
        device: the device's 16-byte id.
    """
    public = X25519PublicKey.from_public_bytes(device_key)
    return SUITE.encrypt(secret, public, release_info(purpose, context, device))


def unwrap_on_device(
    wrapped: bytes, private: X25519PrivateKey, *, purpose: str, context: Context, device: bytes
) -> bytes:
    """The secret. Used by devices written in Python, and by tests.

    Raises:
        cryptography.exceptions.InvalidTag: wrapped for something else.
    """
    return SUITE.decrypt(wrapped, private, release_info(purpose, context, device))
