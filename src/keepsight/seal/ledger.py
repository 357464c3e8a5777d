"""The household's ledger: an append-only file in which each line holds the hash of the one before.

A line is one JSON object, sorted keys, no spaces, then a newline. `n` counts from 1, `prev` is the
SHA-256 of the previous line's bytes without its newline (64 zeros for the first). A changed,
removed or reordered line breaks every `prev` after it.

What is appended is durable (fdatasync) when `append` returns. A torn last line was never
acknowledged and is cut at the next start.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FIRST_PREV: Final = "0" * 64
TAIL_BYTES: Final = 1 << 20
LINE_BYTES_MAX: Final = 64 * 1024
Entry = dict[str, object]


class LedgerError(Exception):
    """The ledger cannot be read or written; nothing may be released until it can."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What reading the whole ledger showed."""

    lines: int
    is_intact: bool
    broken_at: int | None
    """Number of the first line that does not follow from the one before."""
    head: str
    """Hash of the last good line: compare it with one noted earlier to notice a cut-off end."""


def _encode(entry: Entry) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _write_all(descriptor: int, data: bytearray) -> None:
    view = memoryview(data)
    while view:  # a nearly full disk takes a part first and refuses the rest with ENOSPC
        view = view[os.write(descriptor, view) :]


class Ledger:
    """One writer of one ledger file."""

    def __init__(self, path: Path) -> None:
        """Open or create the file and find its end.

        Raises:
            LedgerError: the file cannot be opened, or its last whole line is not a ledger line.
        """
        self.path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._count, self._head = self._find_end()
        except OSError as error:
            message = f"the ledger {path.name} cannot be opened: {error.strerror}"
            raise LedgerError(message) from error

    @property
    def count(self) -> int:
        """Number of the last durable line."""
        return self._count

    @property
    def head(self) -> str:
        """SHA-256 of the last durable line, hex."""
        return self._head

    def _find_end(self) -> tuple[int, str]:
        size = os.fstat(self._fd).st_size
        tail = os.pread(self._fd, TAIL_BYTES, max(0, size - TAIL_BYTES))
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            os.ftruncate(self._fd, size - (len(tail) - whole))
            size -= len(tail) - whole
        os.lseek(self._fd, size, os.SEEK_SET)
        if size == 0:
            return 0, FIRST_PREV
        last = tail[:whole].rstrip(b"\n").rsplit(b"\n", 1)[-1]
        try:
            number = int(json.loads(last)["n"])
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"the last line of {self.path.name} is damaged: move the file aside and keep it; "
                "a new ledger begins at the next start"
            ) from error
        return number, hashlib.sha256(last).hexdigest()

    def append(self, entries: list[Entry]) -> None:
        """Write entries and make them durable, all or none acknowledged.

        Raises:
            LedgerError: an entry is too large, or the disk refused. The entries do not count then.
        """
        count, head = self._count, self._head
        data = bytearray()
        for entry in entries:
            count += 1
            line = _encode({**entry, "n": count, "prev": head})
            if len(line) > LINE_BYTES_MAX:
                raise LedgerError(f"a ledger line has at most {LINE_BYTES_MAX} bytes")
            head = hashlib.sha256(line).hexdigest()
            data += line + b"\n"
        start = os.lseek(self._fd, 0, os.SEEK_CUR)
        try:
            _write_all(self._fd, data)
            os.fdatasync(self._fd)
        except OSError as error:
            # Unacknowledged bytes must not stay: a later line would follow a hash nobody knows.
            os.ftruncate(self._fd, start)
            os.lseek(self._fd, start, os.SEEK_SET)
            raise LedgerError(f"the ledger cannot be written: {error.strerror}") from error
        self._count, self._head = count, head

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def read_lines(path: Path) -> Iterator[tuple[Entry, bytes]]:
    """Each line as an object and as its bytes.

    Raises:
        LedgerError: a line is not JSON.
    """
    with path.open("rb") as file:
        for raw in file:
            line = raw.rstrip(b"\n")
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise LedgerError(f"a line of {path.name} is not readable") from error
            yield entry, line


def verify(path: Path) -> Verdict:
    """Read the whole ledger and follow the chain."""
    count, head = 0, FIRST_PREV
    try:
        for entry, line in read_lines(path):
            if entry.get("prev") != head or entry.get("n") != count + 1 or _encode(entry) != line:
                return Verdict(count, is_intact=False, broken_at=count + 1, head=head)
            count, head = count + 1, hashlib.sha256(line).hexdigest()
    except LedgerError:
        return Verdict(count, is_intact=False, broken_at=count + 1, head=head)
    return Verdict(count, is_intact=True, broken_at=None, head=head)
