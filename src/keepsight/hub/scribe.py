"""Puts lines into the ledger and reads them back: the one that holds its tree and its keys.

What appends or erases runs in the journal's thread; what reads may run in any.
"""

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from keepsight.hub.keyring import Keyring
from keepsight.hub.record.ballast import Ballast
from keepsight.hub.store.ledger import LedgerFullError, LedgerStore, open_ledger_store
from keepsight.hub.store.ledger_schema import Batch, KeyRow, NameRow
from keepsight.seal import keys, merkle
from keepsight.seal.audit import LedgerRows, StoredLeaf
from keepsight.seal.checkpoint import Checkpoint, sign_checkpoint
from keepsight.seal.ledger import (
    Entry,
    LedgerError,
    Span,
    Stamp,
    Subject,
    decode_leaf,
    make_leaf,
    member_id,
    open_name,
    seal_name,
    span_of,
)

log = logging.getLogger(__name__)
T = TypeVar("T")
FILE_NAME: Final = "ledger.db"
OLD_FILE_KEPT: Final = "ledger.jsonl.migrated"
SCAN_LINES_MAX: Final = 4_000
"""Looked through for one page when only some lines are wanted."""
RESERVE_BYTES: Final = 8 * 1024 * 1024
"""Given up when the disk is full, so that the deletion that makes room can be written down."""
_NAMED: Final = (("device", "device_name"), ("member", "member_name"), ("camera", "camera_name"))
"""Field with an id, field with its name; "name" counts where the line's type begins so too."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A line on its way, with the times at which it was asked for."""

    entry: Entry
    at_us: int
    mono_us: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines."""

    lines: list[Entry]
    next_before: int | None
    """Where to go on; None: that was all."""


@dataclass(slots=True)
class _Draft:
    """A batch while it is put together."""

    leaves: list[StoredLeaf]
    spans: list[tuple[int, Span]]
    keys: list[KeyRow]
    names: dict[bytes, NameRow]
    fresh: dict[bytes, Subject]
    """Subjects that get their key with this batch, by member."""
    frontier: dict[int, tuple[int, bytes]]


def _named_in(entry: Entry) -> Iterator[tuple[bytes, str]]:
    kind = str(entry.get("type", ""))
    for field, name_field in _NAMED:
        name = entry.get(name_field) or (entry.get("name") if kind.startswith(field) else None)
        named = entry.get(field)
        named_id = member_id(named)
        if isinstance(name, str) and name and named_id is not None:
            yield named_id, name


class Scribe:
    """The open ledger of one household."""

    def __init__(self, store: LedgerStore, keyring: Keyring, directory: Path) -> None:
        """Find the end of the log and unwrap the ledger keys.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        self.store = store
        self.household = store.household
        self._identity_seed = keyring.identity_seed
        self._wrapping = keys.expand(keyring.root, b"ledger keys 1", store.household)
        self._directory = directory
        self._reserve = Ballast(directory / "ledger.reserve", RESERVE_BYTES)
        self._subjects: dict[bytes, Subject] = {}
        """By member; the household's own under its id."""
        self._by_id: dict[bytes, Subject] = {}
        for row in store.keys(self.household):
            self._remember(row.member, Subject(row.subject, self._unwrap(row)))
        self._names: dict[bytes, tuple[str, bytes]] = {}
        """Name and subject by id."""
        for name in store.names(self.household):
            if name.subject in self._by_id:
                opened = open_name(self._by_id[name.subject], name.sealed_name)
                self._names[name.id] = (opened, name.subject)
        self.generation = int(store.state(self.household, "generation") or 1)
        self._load()
        self._keep_reserve()

    def _load(self) -> None:
        self.size = self.store.size(self.household)
        """Number of the last durable line."""
        levels = range(self.size.bit_length())
        self._frontier: dict[int, tuple[int, bytes]] = {}
        for level in levels:
            index = (self.size >> level) - 1
            self._frontier[level] = (index, self.store.node(self.household, level, index))
        self._root = self._root_of_frontier(self.size, self._frontier)

    @staticmethod
    def _root_of_frontier(size: int, frontier: dict[int, tuple[int, bytes]]) -> bytes:
        return merkle.root(size, lambda level, _index: frontier[level][1])

    def root(self) -> bytes:
        """Root hash over all durable lines."""
        return self._root

    # Subjects

    def _place(self, subject: bytes) -> bytes:
        return keys.join_parts(b"ledger key 1", self.household, subject)

    def _unwrap(self, row: KeyRow) -> bytes:
        try:
            return keys.unwrap(self._wrapping, row.sealed_key, self._place(row.subject))
        except keys.UnwrapError as error:
            raise LedgerError("the ledger keys do not belong to this household's keys") from error

    def _remember(self, member: bytes, subject: Subject) -> None:
        self._subjects[member] = subject
        self._by_id[subject.subject_id] = subject

    def knows(self, member: bytes) -> bool:
        """Whether anything on the ledger is sealed for this member."""
        return member in self._subjects

    def members(self) -> list[bytes]:
        """Ids of the members for whom anything on the ledger is sealed."""
        return [member for member in list(self._subjects) if member != self.household]

    def subject_of(self, member: bytes) -> bytes | None:
        """The name under which leaves know a member; None if they do not."""
        subject = self._subjects.get(member)
        return subject.subject_id if subject else None

    def find_key(self, subject: bytes) -> bytes | None:
        """The key of a subject, None when it was erased."""
        found = self._by_id.get(subject)
        return found.key if found else None

    def names(self) -> dict[str, str]:
        """The last known name of each member, device and camera, by id in hex."""
        return {named.hex(): name for named, (name, _subject) in list(self._names.items())}

    # Appending, in the journal's thread

    def append(self, dated: Sequence[Dated]) -> None:
        """Write lines; durable on return, all or none.

        Raises:
            keepsight.seal.ledger.LineError: one has no place in a ledger.
            LedgerError: the disk refused.
        """
        draft = _Draft([], [], [], {}, {}, dict(self._frontier))
        for number, line in enumerate(dated, self.size + 1):
            self._draft(draft, line, number)
        batch = Batch(draft.leaves, draft.spans, draft.keys, list(draft.names.values()))
        try:
            self._write(batch)
        except LedgerError:
            # Whether a failed commit left anything is known only to the file.
            self._load()
            raise
        self._frontier = draft.frontier
        self.size += len(dated)
        self._root = self._root_of_frontier(self.size, self._frontier)
        for member, subject in draft.fresh.items():
            self._remember(member, subject)
        for row in draft.names.values():
            name = open_name(self._by_id[row.subject], row.sealed_name)
            self._names[row.id] = (name, row.subject)

    def _draft(self, draft: _Draft, line: Dated, number: int) -> None:
        def find_subject(member: bytes | None) -> Subject:
            who = member or self.household
            found = self._subjects.get(who) or draft.fresh.get(who)
            if found is None:
                found = Subject(keys.new_id(), keys.new_key())
                wrapped = keys.wrap(self._wrapping, found.key, self._place(found.subject_id))
                draft.keys.append(KeyRow(found.subject_id, who, wrapped))
                draft.fresh[who] = found
            return found

        stamp = Stamp(number, line.at_us, line.mono_us)
        leaf, found_map = make_leaf(line.entry, stamp, find_subject)
        frontier = draft.frontier
        hashes = merkle.completed(
            number - 1, merkle.leaf_hash(leaf), lambda level, _index: frontier[level][1]
        )
        for level, value in enumerate(hashes):
            frontier[level] = ((number - 1) >> level, value)
        draft.leaves.append(StoredLeaf(number, leaf, b"".join(hashes)))
        span = span_of(found_map)
        if span is not None:
            draft.spans.append((number, span))
            return  # what exposes names nobody; there are many of these
        for named, name in _named_in(line.entry):
            if self._names.get(named, ("",))[0] != name:
                subject = find_subject(member_id(line.entry.get("member")))
                draft.names[named] = NameRow(named, subject.subject_id, seal_name(subject, name))

    def _write(self, batch: Batch) -> None:
        try:
            self.store.append(self.household, batch)
        except LedgerFullError:
            if not self._reserve.release():
                raise
            log.warning("the disk is full: the ledger goes on in its reserve")
            self.store.append(self.household, batch)

    def _keep_reserve(self) -> None:
        self._reserve.ensure(shutil.disk_usage(self._directory).free)

    def erase(self, member: bytes) -> bool:
        """Forget a member's ledger key and names; also the old file, which knew no such keys.

        Raises:
            LedgerError: the disk refused.
        """
        subject = self._subjects.get(member)
        if subject is None:
            return False
        self.store.erase_subject(self.household, subject.subject_id)
        (self._directory / OLD_FILE_KEPT).unlink(missing_ok=True)
        del self._subjects[member]
        del self._by_id[subject.subject_id]
        self._names = {
            named: found for named, found in self._names.items() if found[1] != subject.subject_id
        }
        return True

    def sign(self, at_us: int) -> str:
        """Sign how long the ledger is now, and keep that.

        Raises:
            LedgerError: the disk refused.
        """
        checkpoint = Checkpoint(self.size, self._root, self.generation)
        note = sign_checkpoint(self.household, checkpoint, self._identity_seed)
        self.store.add_checkpoint(self.household, self.size, at_us, note)
        self._keep_reserve()
        return note

    # Reading, in any thread

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree.

        Raises:
            LedgerError: it is missing.
        """
        return self.store.node(self.household, level, index)

    def root_at(self, size: int) -> bytes:
        """Root over the first `size` lines.

        Raises:
            LedgerError: a hash is missing.
        """
        return merkle.root(size, self.node)

    def decode(self, leaf: bytes) -> Entry:
        """A line as it was recorded.

        Raises:
            LedgerError: it cannot be read.
        """
        return decode_leaf(leaf, self.find_key)

    def page(self, before: int, limit: int, keep: Callable[[Entry], bool] | None = None) -> Page:
        """Lines with a number below, newest first.

        Args:
            before: lines below this number.
            limit: so many at most.
            keep: leaves out what it says no to.

        Raises:
            LedgerError: one cannot be read.
        """
        found: list[Entry] = []
        for seen, (n, leaf) in enumerate(self.store.leaves_before(self.household, before)):
            if len(found) == limit or seen == SCAN_LINES_MAX:
                return Page(found, n + 1)
            entry = self.decode(leaf)
            if keep is None or keep(entry):
                found.append(entry)
        return Page(found, None)

    def audit(self, examine: Callable[[LedgerRows], T]) -> T:
        """Run an examination over all rows as they are now."""
        with self.store.rows(self.household) as rows:
            return examine(rows)

    def close(self) -> None:
        """Close the files."""
        self.store.close()


def open_scribe(directory: Path, keyring: Keyring) -> Scribe:
    """Open or create `ledger.db` in the household's directory.

    Raises:
        LedgerError: it cannot be opened.
    """
    path = directory / FILE_NAME
    store = open_ledger_store(path, keyring.household, keyring.identity_public)
    try:
        return Scribe(store, keyring, directory)
    except BaseException:
        store.close()
        raise
