"""The membership log: who belongs to a household, signed by the household's own identity.

Nobody takes membership from a server's word. Each entry names the one before it by hash, has the
next version, and says by hash which members and devices there are from here on; the household
identity (Ed25519, RFC 8032) signs it. A device pins that identity when it is enrolled, and then
refuses a log that is forged, forked, cut short or older than what it has seen.

The signed text is JSON exactly as written, and travels as text: nobody has to write it again in the
same way to verify it.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from keepsight.seal.keys import ID_BYTES

LABEL: Final = b"keepsight membership 1\0"
HASH_BYTES: Final = 32
GENESIS: Final = bytes(HASH_BYTES)
"""Stands before the first entry."""
ENTRY_CHARACTERS_MAX: Final = 1024
STATE_CHARACTERS_MAX: Final = 1024 * 1024
REASON_CHARACTERS_MAX: Final = 40
VERSION_MAX: Final = 1 << 53
"""What a JSON number carries exactly in a browser."""


class MembershipError(ValueError):
    """An entry, a state or a chain of entries that this household did not sign like this."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """Who belongs to the household: the state that an entry names by its hash."""

    members: dict[bytes, str]
    """Member id to role."""
    devices: dict[bytes, tuple[bytes, bytes]]
    """Device id to member id and SHA-256 of its public key."""

    def text(self) -> str:
        """As it is hashed: sorted, so that the same state always has the same hash."""
        return _json(
            {
                "members": [[i.hex(), self.members[i]] for i in sorted(self.members)],
                "devices": [
                    [i.hex(), *(part.hex() for part in self.devices[i])]
                    for i in sorted(self.devices)
                ],
            }
        )

    def digest(self) -> bytes:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text().encode()).digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One change."""

    household: bytes
    version: int
    """From 1, each one more; after an accepted restore also further."""
    previous: bytes
    """SHA-256 of the signed text before, or GENESIS."""
    epoch: int
    at_us: int
    reason: str
    state: bytes
    """Belonging.digest() from here on."""


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """An entry as it travels."""

    text: str
    signature: bytes

    def digest(self) -> bytes:
        """What the next entry names."""
        return hashlib.sha256(self.text.encode()).digest()


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def key_hash(public_key: bytes) -> bytes:
    """How a device's public key stands in the log."""
    return hashlib.sha256(public_key).digest()


def sign_entry(seed: bytes, entry: Entry) -> SignedEntry:
    """Sign an entry with the household identity's seed."""
    fields = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in asdict(entry).items()
    }
    text = _json(fields)
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return SignedEntry(text, private.sign(LABEL + text.encode()))


def read_entry(identity: bytes, household: bytes, signed: SignedEntry) -> Entry:
    """The entry, if this household signed it.

    Args:
        identity: the pinned Ed25519 public key, 32 bytes.
        household: the household that was asked, 16 bytes.
        signed: as it came.

    Raises:
        MembershipError: too long, not signed by this identity, malformed, or of another household.
    """
    if len(signed.text) > ENTRY_CHARACTERS_MAX:
        raise MembershipError("an entry is too long")
    try:
        public = Ed25519PublicKey.from_public_bytes(identity)
        public.verify(signed.signature, LABEL + signed.text.encode())
    except (InvalidSignature, ValueError) as error:
        raise MembershipError("an entry is not signed by this household") from error
    entry = _parse_entry(signed.text)
    if entry.household != household:
        raise MembershipError("an entry is of another household")
    return entry


def _parse_entry(text: str) -> Entry:
    try:
        found: dict[str, Any] = json.loads(text)
        entry = Entry(
            household=_hex(found["household"], ID_BYTES),
            version=_number(found["version"]),
            previous=_hex(found["previous"], HASH_BYTES),
            epoch=_number(found["epoch"]),
            at_us=_number(found["at_us"]),
            reason=str(found["reason"])[:REASON_CHARACTERS_MAX],
            state=_hex(found["state"], HASH_BYTES),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MembershipError("an entry is malformed") from error
    return entry


def _hex(text: object, size_bytes: int) -> bytes:
    value = bytes.fromhex(text) if isinstance(text, str) else b""
    if len(value) != size_bytes:
        raise ValueError("not so many bytes")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < VERSION_MAX:
        raise ValueError("not a number from 1")
    return value


def read_state(text: str, entry: Entry) -> Belonging:
    """The state, if it is the one that the entry names.

    Raises:
        MembershipError: it is another one, or malformed.
    """
    if len(text) > STATE_CHARACTERS_MAX:
        raise MembershipError("the list of members and devices is too long")
    if hashlib.sha256(text.encode()).digest() != entry.state:
        raise MembershipError("the list of members and devices is not the signed one")
    try:
        found: dict[str, Any] = json.loads(text)
        return Belonging(
            {_hex(member, ID_BYTES): str(role) for member, role in found["members"]},
            {
                _hex(device, ID_BYTES): (_hex(member, ID_BYTES), _hex(key, HASH_BYTES))
                for device, member, key in found["devices"]
            },
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MembershipError("the list of members and devices is malformed") from error


def read_chain(
    identity: bytes,
    household: bytes,
    signed: Iterable[SignedEntry],
    *,
    previous: bytes | None = None,
    version: int = 0,
) -> Sequence[Entry]:
    """Entries that follow one another.

    Args:
        identity: the pinned Ed25519 public key.
        household: whose log it is.
        signed: in the order of the log.
        previous: digest of the entry before the first; None where the log was cut off there.
        version: of that entry.

    Raises:
        MembershipError: one is forged or foreign, misses its predecessor, or versions do not rise.
    """
    entries = []
    for one in signed:
        entry = read_entry(identity, household, one)
        if previous is not None and entry.previous != previous:
            raise MembershipError(f"entry {entry.version} does not follow the one before it")
        if entry.version <= version:
            raise MembershipError(f"entry {entry.version} comes after {version}")
        previous, version = one.digest(), entry.version
        entries.append(entry)
    return entries
