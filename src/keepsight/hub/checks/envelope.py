"""What is kept of checks, encrypted: a copied disk tells neither the products nor the findings.

Compressed, then AES-256-GCM under a key of its own for each check and part, derived from the
keyring's root key. What somebody else wrote is never inflated here beyond what was put in.
"""

import zlib
from typing import Final

from keepsight.hub.keyring import Keyring
from keepsight.seal import keys

CONTENT_BYTES_MAX: Final = 16 * 1024 * 1024
_LEVEL: Final = 6


class EnvelopeError(Exception):
    """Damaged, of another household, or in another place."""


def _key_and_place(keyring: Keyring, check_id: bytes, part: str) -> tuple[bytes, bytes]:
    key = keys.expand(keyring.root, b"check 1", keyring.household, check_id, part.encode())
    return key, keys.join_parts(b"check 1", keyring.household, check_id, part.encode())


def seal_content(keyring: Keyring, check_id: bytes, part: str, content: bytes) -> bytes:
    """Encrypt one part of one check.

    Raises:
        ValueError: larger than CONTENT_BYTES_MAX.
    """
    if len(content) > CONTENT_BYTES_MAX:
        raise ValueError("larger than what is kept of a check")
    key, place = _key_and_place(keyring, check_id, part)
    return keys.wrap(key, zlib.compress(content, _LEVEL), place)


def open_content(keyring: Keyring, check_id: bytes, part: str, sealed: bytes) -> bytes:
    """What seal_content was given.

    Raises:
        EnvelopeError: it does not open in this place.
    """
    key, place = _key_and_place(keyring, check_id, part)
    try:
        return zlib.decompress(keys.unwrap(key, sealed, place))
    except (keys.UnwrapError, zlib.error) as error:
        raise EnvelopeError("what is stored of this check does not open") from error
