"""The tables of `ledger.db`, and what is written to them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepsight.seal.audit import StoredLeaf
from keepsight.seal.ledger import Span

SCHEMA_VERSION: Final = 1
TABLES: Final = """
CREATE TABLE owner (household BLOB PRIMARY KEY, public_key BLOB NOT NULL);
CREATE TABLE leaves (n INTEGER PRIMARY KEY, leaf BLOB NOT NULL, hashes BLOB NOT NULL);
CREATE TABLE spans (
  camera BLOB, width INTEGER, start_us INTEGER, n INTEGER,
  end_us INTEGER NOT NULL, subject BLOB NOT NULL,
  PRIMARY KEY (camera, width, start_us, n)
) WITHOUT ROWID;
CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, note TEXT NOT NULL);
CREATE TABLE ledger_keys (
  subject BLOB PRIMARY KEY, member BLOB NOT NULL UNIQUE, sealed_key BLOB NOT NULL
);
CREATE TABLE ledger_names (id BLOB PRIMARY KEY, subject BLOB NOT NULL, sealed_name BLOB NOT NULL);
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """The ledger key of a subject, wrapped."""

    subject: bytes
    member: bytes
    sealed_key: bytes


@dataclass(frozen=True, slots=True)
class NameRow:
    """The last known name of a member, device or camera, sealed for its subject."""

    id: bytes
    subject: bytes
    sealed_name: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What becomes durable together."""

    leaves: Sequence[StoredLeaf]
    spans: Sequence[tuple[int, Span]] = ()
    keys: Sequence[KeyRow] = ()
    names: Sequence[NameRow] = ()
