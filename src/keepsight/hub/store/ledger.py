"""The household's ledger, `ledger.db`: leaves, the tree over them, checkpoints and ledger keys.

A row of `leaves` holds, beside the leaf, every subtree hash that became final with it: row n, at
byte 32 * level, holds the subtree that ends with leaf n. So an append writes one row and no root
or proof reads more than the logarithm. `spans` finds exposing lines by camera and time; spans of
one `width` (bits of their length) that reach into an interval start in a bounded stretch before it.

One thread appends; any thread may read. Every function takes the household first and refuses any
but its own. There are no migrations: what a leaf holds is not the schema's business.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from keepsight.hub.store.ledger_schema import SCHEMA_VERSION, TABLES, Batch, KeyRow, NameRow
from keepsight.seal.audit import StoredLeaf
from keepsight.seal.ledger import LedgerError, Span
from keepsight.seal.merkle import HASH_BYTES

PAGE_ROWS: Final = 512
WIDTHS: Final = range(64)
_FULL: Final = 13
"""SQLITE_FULL: no space on the disk."""


class LedgerFullError(LedgerError):
    """There is no space on the disk."""


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "busy_timeout=5000",
    ):  # fmt: skip
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _refused(error: SQLAlchemyError) -> LedgerError:
    cause = getattr(error, "orig", None)
    kind = LedgerFullError if getattr(cause, "sqlite_errorcode", 0) == _FULL else LedgerError
    return kind(f"the ledger cannot be used: {cause or error}")


def _prepare(connection: Connection, household: bytes, public_key: bytes) -> None:
    if connection.execute(text("SELECT count(*) FROM sqlite_schema")).scalar_one() == 0:
        # All or nothing: the driver would otherwise commit each CREATE by itself.
        connection.execute(text("BEGIN IMMEDIATE"))
        for table in TABLES.split(";"):
            connection.execute(text(table))
        row = {"household": household, "public_key": public_key}
        connection.execute(text("INSERT INTO owner VALUES (:household, :public_key)"), row)
        connection.execute(text(f"PRAGMA user_version={SCHEMA_VERSION}"))


def open_ledger_store(path: Path, household: bytes, public_key: bytes) -> "LedgerStore":
    """Open or create the ledger to write to it.

    Args:
        path: `ledger.db`.
        household: 16 bytes.
        public_key: the household identity, raw Ed25519.

    Raises:
        LedgerError: damaged, of another version, another household's, or not to be written.
    """
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _set_pragmas)
    try:
        with engine.begin() as connection:
            _prepare(connection, household, public_key)
        path.chmod(0o600)
        store = LedgerStore(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise _refused(error) from error
    except (OSError, LedgerError):
        engine.dispose()
        raise
    if (store.household, store.public_key) != (household, public_key):
        engine.dispose()
        raise LedgerError(
            f"{path.name} is the ledger of another household: move it aside and keep it"
        )
    return store


def read_ledger_store(path: Path) -> "LedgerStore":
    """Open the ledger to read it: beside a running hub, without one, or on a read-only medium.

    Raises:
        LedgerError: there is none, or it cannot be read.
    """
    if not path.is_file():
        raise LedgerError(f"there is no {path.name}: this household has no ledger yet")
    problem: LedgerError | None = None
    for mode in ("mode=ro", "immutable=1"):
        engine = create_engine(f"sqlite:///file:{quote(str(path))}?{mode}&uri=true")
        try:
            return LedgerStore(engine)
        except (SQLAlchemyError, LedgerError) as error:
            engine.dispose()
            problem = _refused(error) if isinstance(error, SQLAlchemyError) else error
    assert problem is not None  # noqa: S101 - the loop runs
    raise problem


class LedgerStore:
    """Synchronous. Errors of the database come out as LedgerError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with engine.connect() as connection:
            version = connection.execute(text("PRAGMA user_version")).scalar_one()
            if version != SCHEMA_VERSION:
                raise LedgerError(f"the ledger has version {version}, this is {SCHEMA_VERSION}")
            row = connection.execute(text("SELECT household, public_key FROM owner")).one()
        self.household: bytes = row[0]
        self.public_key: bytes = row[1]

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _check(self, household: bytes) -> Engine:
        if household != self.household:
            raise ValueError("this ledger belongs to another household")
        return self._engine

    def _rows(self, household: bytes, query: str, **values: object) -> list[Any]:
        try:
            with self._check(household).connect() as connection:
                return list(connection.execute(text(query), values))
        except SQLAlchemyError as error:
            raise _refused(error) from error

    # Appending

    def append(self, household: bytes, batch: Batch) -> None:
        """Write a batch; durable on return, all of it or nothing.

        Raises:
            LedgerFullError: no space.
            LedgerError: the disk refused otherwise.
        """
        rows = (
            ("INSERT INTO leaves VALUES (?, ?, ?)",
             [(row.n, row.leaf, row.hashes) for row in batch.leaves]),
            ("INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?)",
             [(s.camera, s.width, s.start_us, n, s.end_us, s.subject) for n, s in batch.spans]),
            ("INSERT INTO ledger_keys VALUES (?, ?, ?)",
             [(key.subject, key.member, key.sealed_key) for key in batch.keys]),
            ("INSERT OR REPLACE INTO ledger_names VALUES (?, ?, ?)",
             [(name.id, name.subject, name.sealed_name) for name in batch.names]),
        )  # fmt: skip
        try:
            with self._check(household).begin() as connection:
                for statement, values in rows:
                    if values:
                        connection.exec_driver_sql(statement, values)
        except SQLAlchemyError as error:
            raise _refused(error) from error

    def add_checkpoint(self, household: bytes, size: int, at_us: int, note: str) -> None:
        """Keep a signed checkpoint; one over as many lines is replaced."""
        self._change(
            household,
            "INSERT OR REPLACE INTO checkpoints VALUES (:size, :at_us, :note)",
            size=size, at_us=at_us, note=note,
        )  # fmt: skip

    def thin_checkpoints(self, household: bytes, before_us: int, bucket_us: int) -> None:
        """Of the checkpoints made before a time keep one a bucket: the last."""
        self._change(
            household,
            "DELETE FROM checkpoints WHERE at_us < :before AND size NOT IN"
            " (SELECT max(size) FROM checkpoints WHERE at_us < :before GROUP BY at_us / :bucket)",
            before=before_us, bucket=bucket_us,
        )  # fmt: skip

    def put_state(self, household: bytes, name: str, value: str | None) -> None:
        """Keep a small fact over restarts; None forgets it."""
        statement = (
            "DELETE FROM state WHERE name = :name"
            if value is None
            else "INSERT OR REPLACE INTO state VALUES (:name, :value)"
        )
        values = {"name": name} if value is None else {"name": name, "value": value}
        self._change(household, statement, **values)

    def erase_subject(self, household: bytes, subject: bytes) -> None:
        """Forget a subject's key and names, in the file itself and in its write-ahead log."""
        self._change(
            household, "DELETE FROM ledger_names WHERE subject = :subject", subject=subject
        )
        self._change(household, "DELETE FROM ledger_keys WHERE subject = :subject", subject=subject)
        self._rows(household, "PRAGMA wal_checkpoint(TRUNCATE)")

    def _change(self, household: bytes, statement: str, **values: object) -> None:
        try:
            with self._check(household).begin() as connection:
                connection.execute(text(statement), values)
        except SQLAlchemyError as error:
            raise _refused(error) from error

    # Reading

    def size(self, household: bytes) -> int:
        """How many lines there are."""
        (row,) = self._rows(household, "SELECT coalesce(max(n), 0) FROM leaves")
        return int(row[0])

    def node(self, household: bytes, level: int, index: int) -> bytes:
        """The hash of a complete subtree.

        Raises:
            LedgerError: its row is missing or damaged.
        """
        found = self._rows(
            household,
            "SELECT substr(hashes, :at, :count) FROM leaves WHERE n = :n",
            at=level * HASH_BYTES + 1, count=HASH_BYTES, n=(index + 1) << level,
        )  # fmt: skip
        if not found or len(found[0][0]) != HASH_BYTES:
            raise LedgerError("a hash of the ledger is missing: run `keepsight ledger verify`")
        return bytes(found[0][0])

    def leaf(self, household: bytes, n: int) -> bytes | None:
        """One line."""
        found = self._rows(household, "SELECT leaf FROM leaves WHERE n = :n", n=n)
        return bytes(found[0][0]) if found else None

    def leaves_before(self, household: bytes, before: int) -> Iterator[tuple[int, bytes]]:
        """Lines with a number below, newest first; reads on as they are taken."""
        query = text("SELECT n, leaf FROM leaves WHERE n < :before ORDER BY n DESC")
        try:
            with self._check(household).connect() as connection:
                options = {"yield_per": PAGE_ROWS}
                for row in connection.execute(query, {"before": before}, execution_options=options):
                    yield row[0], row[1]
        except SQLAlchemyError as error:
            raise _refused(error) from error

    def about(self, household: bytes, subject: bytes) -> Iterator[bytes]:
        """Every line with something sealed for a subject, oldest first; reads as they are taken."""
        query = text("SELECT leaf FROM leaves WHERE instr(leaf, :subject) > 0 ORDER BY n")
        try:
            with self._check(household).connect() as connection:
                options = {"yield_per": PAGE_ROWS}
                for row in connection.execute(
                    query, {"subject": subject}, execution_options=options
                ):
                    yield row[0]
        except SQLAlchemyError as error:
            raise _refused(error) from error

    def extent(self, household: bytes, subject: bytes) -> tuple[int, int, int]:
        """Of the lines with something sealed for a subject: count, first and last number."""
        query = (
            "SELECT count(*), coalesce(min(n), 0), coalesce(max(n), 0) FROM leaves"
            " WHERE instr(leaf, :subject) > 0"
        )
        (row,) = self._rows(household, query, subject=subject)
        return int(row[0]), int(row[1]), int(row[2])

    def exposing(
        self,
        household: bytes,
        cameras: Sequence[bytes],
        from_us: int,
        to_us: int,
        subject: bytes | None = None,
    ) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, leaf and subject of the lines that exposed something of from_us..to_us.

        Reads on as they are taken, so that a long list needs no memory of its own.
        """
        query = text(
            "SELECT s.n, l.leaf, s.subject FROM spans s JOIN leaves l ON l.n = s.n"
            " WHERE s.camera = :camera AND s.width = :width AND s.start_us > :first"
            " AND s.start_us < :to AND s.end_us > :from"
            " AND (:subject IS NULL OR s.subject = :subject) ORDER BY s.start_us"
        )
        try:
            with self._check(household).connect() as connection:
                for camera in cameras:
                    for width in WIDTHS:
                        values = {
                            "camera": camera, "width": width, "first": from_us - (1 << width),
                            "to": to_us, "from": from_us, "subject": subject,
                        }  # fmt: skip
                        for row in connection.execute(query, values):
                            yield row[0], row[1], row[2]
        except SQLAlchemyError as error:
            raise _refused(error) from error

    def cameras(self, household: bytes) -> list[bytes]:
        """Every camera of which something was ever exposed."""
        query = text("SELECT min(camera) FROM spans WHERE camera > :after")
        found, after = [], b""
        try:
            with self._check(household).connect() as connection:
                while (camera := connection.execute(query, {"after": after}).scalar()) is not None:
                    found.append(camera)
                    after = camera
        except SQLAlchemyError as error:
            raise _refused(error) from error
        return found

    def keys(self, household: bytes) -> list[KeyRow]:
        """Every ledger key that was not erased."""
        return [
            KeyRow(*row)
            for row in self._rows(household, "SELECT subject, member, sealed_key FROM ledger_keys")
        ]

    def names(self, household: bytes) -> list[NameRow]:
        """The last known names."""
        query = "SELECT id, subject, sealed_name FROM ledger_names"
        return [NameRow(*row) for row in self._rows(household, query)]

    def newest_checkpoint(self, household: bytes) -> tuple[int, int, str] | None:
        """Size, time and note."""
        query = "SELECT size, at_us, note FROM checkpoints ORDER BY size DESC LIMIT 1"
        found = self._rows(household, query)
        return (found[0][0], found[0][1], found[0][2]) if found else None

    def state(self, household: bytes, name: str) -> str | None:
        """What put_state kept."""
        found = self._rows(household, "SELECT value FROM state WHERE name = :name", name=name)
        return str(found[0][0]) if found else None

    @contextmanager
    def rows(self, household: bytes) -> Iterator["AuditRows"]:
        """The whole ledger as it is now, for an audit, while others go on writing."""
        try:
            with self._check(household).connect() as connection:
                connection.exec_driver_sql("BEGIN")  # one snapshot for all that is read
                yield AuditRows(connection, household, self.public_key)
        except SQLAlchemyError as error:
            raise _refused(error) from error


@dataclass(frozen=True, slots=True)
class AuditRows:
    """keepsight.seal.audit.LedgerRows over the database."""

    connection: Connection
    household: bytes
    public_key: bytes

    def _all(self, query: str) -> Iterator[Any]:
        try:
            found = self.connection.execute(text(query), execution_options={"yield_per": PAGE_ROWS})
            yield from found
        except SQLAlchemyError as error:
            raise _refused(error) from error

    def leaves(self) -> Iterator[StoredLeaf]:
        """All leaves by number."""
        for n, leaf, hashes in self._all("SELECT n, leaf, hashes FROM leaves ORDER BY n"):
            yield StoredLeaf(n, leaf, hashes)

    def notes(self) -> Sequence[tuple[int, str]]:
        """Every kept checkpoint."""
        query = "SELECT size, note FROM checkpoints ORDER BY size"
        return [(size, note) for size, note in self._all(query)]

    def spans(self) -> Iterator[tuple[int, Span]]:
        """The index by number of line."""
        query = "SELECT n, camera, start_us, end_us, subject FROM spans ORDER BY n"
        for n, camera, start_us, end_us, subject in self._all(query):
            yield n, Span(camera, start_us, end_us, subject)
