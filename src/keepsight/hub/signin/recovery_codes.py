"""Recovery codes: ten printed lines, each of which lets its member in once where a factor is lost.

60 random bits each, kept as HMAC-SHA256 under a key of the household: who copies the database alone
can neither read nor try them.
"""

import hashlib
import hmac
import secrets
from typing import Final

from keepsight.core.secret import Secret
from keepsight.seal import keys

CODES: Final = 10
GROUPS: Final = 3
GROUP_CHARACTERS: Final = 4
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like another."""
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_codes() -> list[Secret]:
    """Ten codes such as 7K2M-Q9XD-0FTB."""
    return [Secret("-".join(_group() for _ in range(GROUPS))) for _ in range(CODES)]


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARACTERS))


def hash_code(root: bytes, member: bytes, code: Secret) -> bytes:
    """How a code is kept: 32 bytes.

    Args:
        root: the household's root key.
        member: whose code it is; the same code of two members gives two hashes.
        code: as printed or as typed: case, spaces and dashes do not matter.
    """
    text = "".join(c for c in code.reveal().upper() if c.isalnum()).translate(_ALIKE)
    key = keys.expand(root, b"recovery codes 1", member)
    return hmac.digest(key, text.encode(), hashlib.sha256)
