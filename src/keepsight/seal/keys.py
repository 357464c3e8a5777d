"""The household's keys and how each follows from the one above it.

    HMK[epoch]  32 random bytes, never derived; the hub's alone
      CK        per camera and purpose
        FK      per live or still window (camera, stream, writer id); released to devices
        RK      random, per camera and day, wrapped under CK[recording]; deleting it erases the day
          SK    random, per recording segment, wrapped under RK; released to devices

Derivations are HKDF-Expand (RFC 5869) with SHA-256 over length-prefixed parts, so that no two
different part lists give the same input. Wrapping is AES-256-GCM with a random 96-bit nonce; a key
wraps far fewer than 2^32 others, so the nonces do not collide (NIST SP 800-38D, 8.3).
"""

import secrets
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keepsight.seal.header import Context, Stream

KEY_BYTES: Final = 32
ID_BYTES: Final = 16
_NONCE_BYTES: Final = 12
WRAPPED_BYTES: Final = _NONCE_BYTES + KEY_BYTES + 16


class Purpose(StrEnum):
    """What a camera key is for."""

    LIVE = "live"
    STILL = "still"
    RECORDING = "rec"
    THUMB = "thumb"
    EVENT = "event"


class UnwrapError(ValueError):
    """A wrapped key that does not open: another key, another place, or damaged bytes."""


def new_id() -> bytes:
    """16 random bytes: a household, camera, device or writer id."""
    return secrets.token_bytes(ID_BYTES)


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def join_parts(*parts: bytes) -> bytes:
    """Parts with their lengths (u16, big endian) in front, so that the split is unambiguous."""
    return b"".join(len(part).to_bytes(2) + part for part in parts)


def expand(key: bytes, *parts: bytes) -> bytes:
    """32 bytes of HKDF-Expand over length-prefixed parts."""
    return HKDFExpand(hashes.SHA256(), KEY_BYTES, join_parts(*parts)).derive(key)


def camera_key(master: bytes, household: bytes, camera: bytes, purpose: Purpose) -> bytes:
    """CK: the key of one camera for one purpose."""
    return expand(master, b"cam/1", household, camera, purpose.value.encode())


def fragment_secret(camera_key_: bytes, context: Context) -> bytes:
    """FK: the secret of one live or still window."""
    return expand(
        camera_key_,
        b"fragment 1",
        context.household,
        context.camera,
        bytes((context.stream,)),
        context.writer,
    )


def opaque_stream(master: bytes, camera: bytes, stream: Stream) -> bytes:
    """16 bytes that name a stream to the door without naming the camera; new in each epoch."""
    return expand(master, b"opaque stream 1", camera, bytes((stream,)))[:ID_BYTES]


def wrap(key: bytes, secret: bytes, place: bytes) -> bytes:
    """Encrypt a 32-byte key under another. `place` says where it belongs and is authenticated."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, place)


def unwrap(key: bytes, wrapped: bytes, place: bytes) -> bytes:
    """The key inside.

    Raises:
        UnwrapError: another key or place, or damaged bytes.
    """
    if len(wrapped) < _NONCE_BYTES + 16:
        raise UnwrapError("a wrapped key is cut short")
    try:
        return AESGCM(key).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], place)
    except InvalidTag as error:
        raise UnwrapError("a wrapped key does not open with this key in this place") from error
