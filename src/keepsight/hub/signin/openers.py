"""Further owners' passphrases that open the keys of a locked household.

The founder's passphrase opens `keys/keyring.json` itself. Each other owner has a wrap of the same
root key here, under their own passphrase, so that no two owners share one.
"""

import base64
import binascii
import json
import secrets
from pathlib import Path
from typing import Final

from argon2.low_level import Type, hash_secret_raw

from keepsight.core.secret import Secret
from keepsight.hub import keyring as costs
from keepsight.hub.keyring import (
    Keyring,
    KeyringError,
    KeyringFile,
    WrongPassphraseError,
    normalise,
    write_private,
)
from keepsight.hub.member import OWNERS_MAX
from keepsight.seal import keys

OPENERS_MAX: Final = OWNERS_MAX - 1
FILE_BYTES_MAX: Final = 64 * 1024
_PLACE: Final = b"root under an owner's passphrase 1"
_COST_MAX: Final = (32, costs.ARGON2_MEMORY_KIB_MAX, 64)


def _stretch(passphrase: Secret, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    passes, memory_kib, lanes = cost
    text = normalise(passphrase).reveal().encode()
    return hash_secret_raw(text, salt, passes, memory_kib, lanes, keys.KEY_BYTES, Type.ID)


class Openers:
    """The file of further owners' wraps. Synchronous and slow: run it in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            with self._path.open("rb") as file:
                document = json.loads(file.read(FILE_BYTES_MAX))
            owners = document["owners"]
            return {
                str(member): {name: str(entry[name]) for name in ("salt", "argon2id", "wrapped")}
                for member, entry in owners.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyringError(f"{self._path.name} is damaged: restore it from a backup") from error

    def _write(self, owners: dict[str, dict[str, str]]) -> None:
        document = {"version": 1, "owners": owners}
        write_private(self._path, json.dumps(document, indent=1).encode())

    def put(self, member: bytes, passphrase: Secret, root: bytes) -> None:
        """Let this owner's passphrase open the keys, and no older one of theirs.

        Raises:
            KeyringError: the file is damaged, or there are too many owners.
        """
        owners = self._read()
        if member.hex() not in owners and len(owners) >= OPENERS_MAX:
            raise KeyringError(f"at most {OPENERS_MAX} more owners can unlock a household")
        salt = secrets.token_bytes(16)
        cost = (costs.ARGON2_PASSES, costs.ARGON2_MEMORY_KIB, costs.ARGON2_LANES)
        wrapped = keys.wrap(_stretch(passphrase, salt, cost), root, _PLACE + member)
        owners[member.hex()] = {
            "salt": base64.b64encode(salt).decode(),
            "argon2id": ",".join(map(str, cost)),
            "wrapped": base64.b64encode(wrapped).decode(),
        }
        self._write(owners)

    def remove(self, member: bytes) -> None:
        """This member's passphrase opens nothing any more; an unknown one is no error."""
        owners = self._read()
        if owners.pop(member.hex(), None) is not None:
            self._write(owners)

    def open_root(self, passphrase: Secret) -> bytes | None:
        """The root key, if this is the passphrase of one of these owners.

        Raises:
            KeyringError: the file is damaged.
        """
        for member, entry in self._read().items():
            try:
                passes, memory_kib, lanes = map(int, entry["argon2id"].split(","))
                cost = (passes, memory_kib, lanes)
                if any(not 0 < part <= most for part, most in zip(cost, _COST_MAX, strict=True)):
                    raise KeyringError(f"{self._path.name} is damaged: restore it from a backup")
                stretched = _stretch(passphrase, base64.b64decode(entry["salt"]), cost)
                place = _PLACE + bytes.fromhex(member)
                return keys.unwrap(stretched, base64.b64decode(entry["wrapped"]), place)
            except keys.UnwrapError:
                continue
            except (ValueError, binascii.Error) as error:
                raise KeyringError(f"{self._path.name} is damaged") from error
        return None


def openers_path(household_directory: Path) -> Path:
    """Where further owners' wraps lie."""
    return household_directory / "keys" / "owners.json"


def open_with_any_owner(file: KeyringFile, openers: Openers, passphrase: Secret) -> Keyring:
    """The keys, opened with the passphrase of the founder or of a further owner.

    Raises:
        WrongPassphraseError: it is no owner's.
        KeyringError: a file of keys is damaged.
    """
    try:
        return file.open_with_passphrase(passphrase)
    except WrongPassphraseError:
        root = openers.open_root(passphrase)
        if root is None:
            raise
    return file.open_with_root(root)
