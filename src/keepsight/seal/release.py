"""Wrapping a window secret for one device: HPKE (RFC 9180), base mode.

KDF HKDF-SHA256, AEAD AES-256-GCM. The device's key says which KEM: DHKEM(X25519, HKDF-SHA256), or
X-Wing, which is ML-KEM-768 with X25519 (HPKE id 0x647a): a recording of today's wraps then stays
closed even to somebody who breaks X25519 later. The `info` names everything the key is good for, so
a wrap made for another device, camera or window does not open.

Making a wrap is the exposure of a picture: only `hub.keyrelease` calls `wrap_for_device`, after the
ledger line is durable.
"""

import hashlib
from typing import Final

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from keepsight.seal.header import Context

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
HYBRID_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
INFO_LABEL: Final = b"keepsight release 1"
X25519_KEY_BYTES: Final = 32
HYBRID_KEY_BYTES: Final = 1216
"""ML-KEM-768's 1184 bytes, then X25519's 32."""
HYBRID_SEED_BYTES: Final = 32
KEM_NAMES: Final = {X25519_KEY_BYTES: "x25519", HYBRID_KEY_BYTES: "mlkem768_x25519"}
"""By the length of the device's public key."""

DevicePrivateKey = X25519PrivateKey | MLKEM768X25519PrivateKey


class DeviceKeyError(ValueError):
    """Not a public key that anything can be wrapped for."""


def hybrid_private_key(seed: bytes) -> tuple[MLKEM768X25519PrivateKey, bytes]:
    """X-Wing's key pair of a seed (draft-connolly-cfrg-xwing-kem, 5.2): private key, public bytes.

    Args:
        seed: 32 random bytes.
    """
    expanded = hashlib.shake_256(seed).digest(96)
    lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    curve = X25519PrivateKey.from_private_bytes(expanded[64:])
    public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(lattice, curve), public


def _public_key(
    device_key: bytes,
) -> tuple[Suite, X25519PublicKey | MLKEM768X25519PublicKey]:
    try:
        if len(device_key) == X25519_KEY_BYTES:
            return SUITE, X25519PublicKey.from_public_bytes(device_key)
        if len(device_key) == HYBRID_KEY_BYTES:
            lattice = MLKEM768PublicKey.from_public_bytes(device_key[:-X25519_KEY_BYTES])
            curve = X25519PublicKey.from_public_bytes(device_key[-X25519_KEY_BYTES:])
            return HYBRID_SUITE, MLKEM768X25519PublicKey(lattice, curve)
    except ValueError as error:
        raise DeviceKeyError("not a device's public key") from error
    raise DeviceKeyError(f"a device's public key has no {len(device_key)} bytes")


def check_device_key(device_key: bytes) -> None:
    """Find out at enrolment, not at the first release, that a key is none.

    Raises:
        DeviceKeyError: wrong length, ML-KEM values out of range, or an X25519 point of low order.
    """
    suite, public = _public_key(device_key)
    try:
        suite.encrypt(b"", public)
    except ValueError as error:
        raise DeviceKeyError("nothing can be wrapped for this key") from error


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
    """Encapsulated key (32 bytes, or 1120 with ML-KEM) and ciphertext.

    Args:
        secret: the 32-byte window secret.
        device_key: the device's public key; its length says which KEM.
        purpose: live, still, rec or export.
        context: the window.
        device: the device's 16-byte id.

    Raises:
        DeviceKeyError: not a public key.
    """
    suite, public = _public_key(device_key)
    return suite.encrypt(secret, public, release_info(purpose, context, device))


def unwrap_on_device(
    wrapped: bytes, private: DevicePrivateKey, *, purpose: str, context: Context, device: bytes
) -> bytes:
    """The secret. Used by devices written in Python, and by tests.

    Raises:
        cryptography.exceptions.InvalidTag: wrapped for something else.
    """
    suite = SUITE if isinstance(private, X25519PrivateKey) else HYBRID_SUITE
    return suite.decrypt(wrapped, private, release_info(purpose, context, device))
