"""Reads a whole ledger and says whether it is what it was: for `keepsight ledger verify`.

Every leaf is hashed again and every kept subtree hash compared; every checkpoint that the
household ever signed must fit; the index that answers "who could see what" must say what the
leaves say. Needs no key but the household's public one, so it works on a locked hub's files.

What it cannot see by itself: an end that was cut off together with the checkpoints over it. For
that, give it a checkpoint noted elsewhere; devices remember one each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from keepsight.seal import merkle
from keepsight.seal.checkpoint import Checkpoint, CheckpointError, read_checkpoint
from keepsight.seal.ledger import LedgerError, Span, read_leaf, span_of

FRONTIER_LEVELS_MAX: Final = 63


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A row of the ledger."""

    n: int
    leaf: bytes
    hashes: bytes
    """Its own hash and those of the subtrees that it completes, 32 bytes each."""


class LedgerRows(Protocol):
    """A ledger to examine."""

    @property
    def household(self) -> bytes:
        """16 bytes."""
        ...

    @property
    def public_key(self) -> bytes:
        """The household identity, raw Ed25519."""
        ...

    def leaves(self) -> Iterator[StoredLeaf]:
        """All leaves by number."""
        ...

    def notes(self) -> Sequence[tuple[int, str]]:
        """Every kept checkpoint with its size."""
        ...

    def spans(self) -> Iterator[tuple[int, Span]]:
        """The index with the number of the line of each row, by number."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What reading the whole ledger showed."""

    lines: int
    """How many hold."""
    is_intact: bool
    broken_at: int | None
    """Number of the first line that is not what it was, where that is known."""
    problem: str
    """In words; empty when intact."""
    head: str
    """Root hash over the lines that hold, hex."""
    checkpoints: int
    """How many signed checkpoints fit."""
    signed_lines: int
    """So many lines are under one of them."""


class _Tampered(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, problem: str, broken_at: int | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.broken_at = broken_at


class _Reading:
    """One pass over the leaves."""

    def __init__(self, rows: LedgerRows, noted: Sequence[str]) -> None:
        self._rows = rows
        self._newest: dict[int, tuple[int, bytes]] = {}
        """Last complete subtree of each level: all that a root needs."""
        self._spans = rows.spans()
        self.lines = 0
        self.checkpoints = 0
        self.signed_lines = 0
        self.noted = [self._read_note(note, "the checkpoint noted elsewhere") for note in noted]
        self._due = sorted(
            [self._read_note(note, f"the checkpoint over {size} lines", size)
             for size, note in rows.notes()] + self.noted,
            key=lambda checkpoint: checkpoint.size,
        )  # fmt: skip

    def _read_note(self, note: str, what: str, size: int | None = None) -> Checkpoint:
        try:
            found = read_checkpoint(self._rows.household, note, self._rows.public_key)
        except CheckpointError as error:
            raise _Tampered(f"{what}: {error}", None) from error
        if size not in (None, found.size):
            raise _Tampered(f"{what} is one over {found.size}", None)
        return found

    def _read_node(self, level: int, index: int) -> bytes:
        place, value = self._newest[level]
        assert place == index  # noqa: S101 - append order makes it so
        return value

    def root(self) -> bytes:
        """Root over what was read, from the newest complete subtrees alone."""
        return merkle.root(self.lines, self._read_peak) if self.lines else merkle.EMPTY_ROOT

    def _read_peak(self, level: int, index: int) -> bytes:
        return self._peaks[level, index]

    @property
    def _peaks(self) -> dict[tuple[int, int], bytes]:
        return {(level, place): value for level, (place, value) in self._newest.items()}

    def add(self, row: StoredLeaf) -> None:
        """Take one row in.

        Raises:
            _Tampered: it is not what it was.
        """
        n = self.lines + 1
        if row.n != n:
            raise _Tampered(f"line {n} is missing", n)
        try:
            found = read_leaf(row.leaf)
        except LedgerError as error:
            raise _Tampered(f"line {n} was changed: {error}", n) from error
        if found["n"] != n:
            raise _Tampered(f"line {n} was put there from place {found['n']}", n)
        hashes = merkle.completed(n - 1, merkle.leaf_hash(row.leaf), self._read_node)
        if b"".join(hashes) != row.hashes:
            raise _Tampered(f"line {n} does not have the hash that is kept for it", n)
        for level, value in enumerate(hashes):
            self._newest[level] = ((n - 1) >> level, value)
        self.lines = n
        self._check_span(n, span_of(found))
        self.check_due()

    def _check_span(self, n: int, span: Span | None) -> None:
        if span is not None and next(self._spans, None) != (n, span):
            raise _Tampered(f"line {n} is not in the index of who could see what", n)

    def check_due(self) -> None:
        """Compare with the checkpoints over exactly what was read so far.

        Raises:
            _Tampered: one does not fit.
        """
        while self._due and self._due[0].size <= self.lines:
            checkpoint = self._due.pop(0)
            if checkpoint.root != self.root():
                raise _Tampered(
                    f"the first {self.lines} lines are not those that the household signed: one "
                    f"after line {self.signed_lines} was changed, removed or added",
                    None,
                )
            self.checkpoints += 1
            self.signed_lines = self.lines

    def finish(self) -> None:
        """Look at what should be left over: nothing.

        Raises:
            _Tampered: something is.
        """
        if self._due:
            size = self._due[0].size
            raise _Tampered(
                f"there are {self.lines} lines, but the household signed {size}: the end is gone",
                self.lines + 1,
            )
        if next(self._spans, None) is not None:
            raise _Tampered("the index names a line that exposes nothing", None)


def audit(rows: LedgerRows, noted: Sequence[str] = ()) -> Verdict:
    """Examine a whole ledger.

    Args:
        rows: the ledger.
        noted: checkpoints kept elsewhere.

    Raises:
        LedgerError: the rows cannot be read at all.
    """
    reading: _Reading | None = None
    try:
        reading = _Reading(rows, noted)
        reading.check_due()
        for row in rows.leaves():
            reading.add(row)
        reading.finish()
    except _Tampered as found:
        return Verdict(
            lines=reading.lines if reading else 0,
            is_intact=False,
            broken_at=found.broken_at,
            problem=found.problem,
            head=(reading.root() if reading else merkle.EMPTY_ROOT).hex(),
            checkpoints=reading.checkpoints if reading else 0,
            signed_lines=reading.signed_lines if reading else 0,
        )
    return Verdict(
        lines=reading.lines,
        is_intact=True,
        broken_at=None,
        problem="",
        head=reading.root().hex(),
        checkpoints=reading.checkpoints,
        signed_lines=reading.signed_lines,
    )
