"""One line of the household's ledger as bytes: a leaf of its Merkle tree.

A leaf is one map in deterministic CBOR (RFC 8949, 4.2.3). What the tree is about stands in the
open: number, type, camera, stream, window, times. Everything else can be about a person and is
sealed under the ledger key of its subject, the member whom it is about: when that key is erased,
the leaf, its hash and every proof stay, and nobody can read the person out of it any more.

Each sealed part has a key of its own, derived from the subject's key and the leaf's salt, so that
one part can be shown and proven to be in the log without giving away any other.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keepsight.seal import keys

LEAF_VERSION: Final = 1
LEAF_BYTES_MAX: Final = 64 * 1024
SALT_BYTES: Final = 16
N_MAX: Final = (1 << 64) - 1
OPEN_END_US: Final = 1 << 62
"""Stands for the end of a window that has none."""
EXPOSING: Final = ("release", "delivered")
"""Types of lines after which somebody could see something."""
PLAIN_FIELDS: Final = frozenset(
    {
        "type", "camera", "stream", "writer", "epoch", "purpose", "start_us", "end_us",
        "from_us", "to_us", "first", "last", "bytes", "lines", "head", "size", "root",
    }
)  # fmt: skip
"""About no person. What is not named here is sealed, so that a new field is private at first."""
_SET_BY_US: Final = ("v", "n", "at_us", "mono_us", "salt", "sealed", "erased")
_NONCE: Final = bytes(12)
"""Each key seals one part only."""
_NAME_NONCE_BYTES: Final = 12
_ID: Final = re.compile(r"[0-9a-f]{32}")
_ID_BYTES: Final = 16
Entry = dict[str, Any]


class LedgerError(Exception):
    """The ledger cannot be read or written; nothing may be released until it can."""


class LineError(LedgerError):
    """This line has no place in a ledger; others have."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom sealed parts are about: a member, or the household where no member is named."""

    subject_id: bytes
    """16 random bytes: the name under which leaves know them."""
    key: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the ledger itself says of a line."""

    n: int
    """From 1."""
    at_us: int
    mono_us: int


@dataclass(frozen=True, slots=True)
class Span:
    """What a line exposed: the row of the index that finds it by camera and time."""

    camera: bytes
    start_us: int
    end_us: int
    subject: bytes

    @property
    def width(self) -> int:
        """Bits of its length: spans of one width are found in a bounded stretch of the index."""
        return (self.end_us - self.start_us).bit_length()


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """A sealed part with the key that seals it, and only it."""

    key: bytes
    content: bytes


FindSubject = Callable[[bytes | None], Subject]
"""The subject of a member's id; of None the household."""
FindKey = Callable[[bytes], bytes | None]
"""The key of a subject; None when it was erased."""


def member_id(value: object) -> bytes | None:
    """An id as 16 bytes, or None for anything that is none, such as "local"."""
    packed = _pack(value)
    return packed if isinstance(packed, bytes) else None


def _pack(value: object) -> object:
    """Ids (32 lower-case hex digits) as 16 bytes; anything else as it is."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return bytes.fromhex(value)
    return value


def _unpack(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def encode(document: Mapping[str, object] | list[object]) -> bytes:
    """Deterministic CBOR."""
    return cbor2.dumps(document, canonical=True)


def _part_key(subject_key: bytes, salt: bytes) -> bytes:
    return keys.expand(subject_key, b"ledger part 1", salt)


def _place(n: int, subject: bytes) -> bytes:
    return keys.join_parts(b"ledger part 1", n.to_bytes(8), subject)


def encode_leaf(entry: Entry, stamp: Stamp, find_subject: FindSubject) -> bytes:
    """The bytes of one line: see make_leaf."""
    return make_leaf(entry, stamp, find_subject)[0]


def make_leaf(
    entry: Entry, stamp: Stamp, find_subject: FindSubject
) -> tuple[bytes, dict[str, Any]]:
    """The bytes of one line, and their map as read_leaf would give it.

    Args:
        entry: "type" and fields as JSON has them. "member" says whom it is about, "by" who did it.
        stamp: number and times.
        find_subject: gives the key under which a member's fields are sealed.

    Raises:
        LineError: it is too large, or holds something that has no place in a ledger.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    leaf: dict[str, Any] = {
        "v": LEAF_VERSION, "n": stamp.n, "at_us": stamp.at_us, "mono_us": stamp.mono_us,
        "salt": salt,
    }  # fmt: skip
    about = member_id(entry.get("member"))
    by = member_id(entry.get("by"))
    parts: dict[bytes | None, dict[str, object]] = {}
    for name, value in entry.items():
        if name in PLAIN_FIELDS:
            leaf[name] = _pack(value)
        elif name not in _SET_BY_US:
            whose = by if name == "by" and by is not None else about
            parts.setdefault(whose, {})[name] = _pack(value)
    # Whom the line is about comes first: `span_of` relies on it.
    ordered = sorted(parts.items(), key=lambda item: item[0] != about)
    try:
        leaf["sealed"] = [
            _seal(find_subject(whose), salt, stamp.n, part) for whose, part in ordered
        ]
        encoded = encode(leaf)
        is_line = _is_line(leaf)
    except (cbor2.CBOREncodeError, TypeError, OverflowError, KeyError) as error:
        raise LineError(f"a ledger line of type {entry.get('type')} cannot be written") from error
    if not is_line:
        raise LineError(f"a ledger line of type {entry['type']} could not be read again")
    if len(encoded) > LEAF_BYTES_MAX:
        raise LineError(f"a ledger line has at most {LEAF_BYTES_MAX} bytes")
    return encoded, leaf


def _seal(subject: Subject, salt: bytes, n: int, part: dict[str, object]) -> list[bytes]:
    cipher = AESGCM(_part_key(subject.key, salt))
    place = _place(n, subject.subject_id)
    return [subject.subject_id, cipher.encrypt(_NONCE, encode(part), place)]


def read_leaf(leaf: bytes) -> dict[str, Any]:
    """The map of a leaf, sealed parts still sealed.

    A line is evidence, so it has one encoding only: what CBOR lets one say in two ways (longer
    numbers, another order, a name twice, something behind the end) is refused, not read.

    Raises:
        LedgerError: these are not the bytes of a line that this version wrote.
    """
    try:
        if len(leaf) > LEAF_BYTES_MAX:
            raise ValueError("too long")  # noqa: TRY301 - said like any other damage
        found = cbor2.loads(leaf)
        is_line = isinstance(found, dict) and _is_line(found) and encode(found) == leaf
    except (cbor2.CBORError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise LedgerError("a line of the ledger cannot be read") from error
    if not is_line:
        raise LedgerError("a line of the ledger is not one that this version wrote")
    assert isinstance(found, dict)  # noqa: S101 - is_line says so
    return found


def _is_line(found: dict[Any, Any]) -> bool:
    """Whether a map has what every line has, in the one form in which `make_leaf` says it."""
    return (
        found["v"] == LEAF_VERSION
        and isinstance(found["n"], int)
        and 1 <= found["n"] <= N_MAX
        and isinstance(found["type"], str)
        and isinstance(found["salt"], bytes)
        and isinstance(found["sealed"], list)
        and all(_is_part(part) for part in found["sealed"])
        and all(
            isinstance(name, str) and (name == "sealed" or _is_open(value))
            for name, value in found.items()
        )
    )


def _is_open(value: object) -> bool:
    """Whether this is how a value stands in the open: text, a whole number, 16 bytes, or nothing.

    Exactly: to Python 100 is also 100.0 and CBOR's simple value 100, and True is 1.
    """
    kind = type(value)
    if kind is str:
        return _pack(value) is value
    return kind is int or value is None or (isinstance(value, bytes) and len(value) == _ID_BYTES)


def _is_part(part: object) -> bool:
    return isinstance(part, list) and len(part) == 2 and all(isinstance(one, bytes) for one in part)


def open_parts(found: Mapping[str, Any], find_key: FindKey) -> list[OpenedPart | None]:
    """The sealed parts of a leaf; None for one whose key was erased.

    Raises:
        LedgerError: a part does not open under its subject's key.
    """
    opened: list[OpenedPart | None] = []
    for subject, sealed in found["sealed"]:
        subject_key = find_key(subject)
        if subject_key is None:
            opened.append(None)
            continue
        key = _part_key(subject_key, found["salt"])
        try:
            content = AESGCM(key).decrypt(_NONCE, sealed, _place(found["n"], subject))
        except (InvalidTag, ValueError) as error:
            raise LedgerError(f"line {found['n']} of the ledger does not open") from error
        opened.append(OpenedPart(key, content))
    return opened


def decode_leaf(leaf: bytes, find_key: FindKey) -> Entry:
    """A line as it was recorded, with `n`, `at_us` and `mono_us`; `erased` where a person was.

    Raises:
        LedgerError: it cannot be read or opened.
    """
    found = read_leaf(leaf)
    entry: Entry = {
        name: _unpack(value) for name, value in found.items() if name not in ("v", "salt", "sealed")
    }
    for part in open_parts(found, find_key):
        if part is None:
            entry["erased"] = True
        else:
            entry |= _read_part(part.content, entry)
    return entry


def _read_part(content: bytes, entry: Entry) -> Entry:
    """The fields of a part. That they are these very bytes was proven when it opened.

    Raises:
        LedgerError: it is no map, or says something that the line says already.
    """
    try:
        fields = cbor2.loads(content)
    except (cbor2.CBORError, ValueError, TypeError, RecursionError) as error:
        raise LedgerError("a part of a ledger line cannot be read") from error
    if not isinstance(fields, dict) or not fields.keys().isdisjoint(entry):
        raise LedgerError("a part of a ledger line is not one that this version wrote")
    return {name: _unpack(value) for name, value in fields.items()}


def span_of(found: Mapping[str, Any]) -> Span | None:
    """What a leaf's map says was exposed, or None where nothing was."""
    camera, start_us = found.get("camera"), found.get("start_us")
    is_exposing = found["type"] in EXPOSING and isinstance(camera, bytes)
    if not is_exposing or not isinstance(start_us, int):
        return None
    end_us = found.get("end_us")
    subject = found["sealed"][0][0] if found["sealed"] else b""
    end_us = max(end_us, start_us) if isinstance(end_us, int) else OPEN_END_US
    assert isinstance(camera, bytes)  # noqa: S101 - is_exposing says so
    return Span(camera, start_us, end_us, subject)


def seal_name(subject: Subject, name: str) -> bytes:
    """A name that goes when its subject does."""
    nonce = secrets.token_bytes(_NAME_NONCE_BYTES)
    key = keys.expand(subject.key, b"ledger name 1")
    return nonce + AESGCM(key).encrypt(nonce, name.encode(), subject.subject_id)


def open_name(subject: Subject, sealed: bytes) -> str:
    """What seal_name was given.

    Raises:
        LedgerError: it does not open under this subject's key.
    """
    nonce, rest = sealed[:_NAME_NONCE_BYTES], sealed[_NAME_NONCE_BYTES:]
    key = keys.expand(subject.key, b"ledger name 1")
    try:
        return AESGCM(key).decrypt(nonce, rest, subject.subject_id).decode()
    except (InvalidTag, ValueError) as error:
        raise LedgerError("a name in the ledger does not open") from error
