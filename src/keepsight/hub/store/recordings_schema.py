"""The tables of the index of recordings, and how its connections are set up."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
)

SCHEMA_VERSION: Final = 1
PAGE_BYTES: Final = 8192
"""A row with 120 fragments (900 bytes) still fits without an overflow page of its own."""
_ID: Final = LargeBinary(16)

metadata: Final = MetaData()
owner: Final = Table("owner", metadata, Column("household", _ID, primary_key=True))
segments: Final = Table(
    "segments",
    metadata,
    Column("camera", _ID, primary_key=True),
    Column("stream", SmallInteger, primary_key=True),
    Column("start_us", BigInteger, primary_key=True),
    Column("writer", _ID, primary_key=True),
    Column("end_us", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("codec", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("is_deleting", Integer, nullable=False),
    Column("fragments", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("segments_by_writer", segments.c.writer)
Index("segments_deleting", segments.c.is_deleting, sqlite_where=segments.c.is_deleting == 1)
days: Final = Table(
    "days",
    metadata,
    Column("camera", _ID, primary_key=True),
    Column("stream", SmallInteger, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("recorded_bytes", BigInteger, nullable=False),
    Column("kept_bytes", BigInteger, nullable=False),
    Column("kept_us", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
gaps: Final = Table(
    "gaps",
    metadata,
    Column("camera", _ID, primary_key=True),
    Column("stream", SmallInteger, primary_key=True),
    Column("start_us", BigInteger, primary_key=True),
    Column("end_us", BigInteger, nullable=True),
    Column("reason", String(32), nullable=False),
    sqlite_with_rowid=False,
)


def set_pragmas(connection: Any, _record: object) -> None:
    """Prepare a new connection: a SQLAlchemy "connect" listener."""
    cursor = connection.cursor()
    for pragma in (
        f"page_size={PAGE_BYTES}", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000",
    ):  # fmt: skip
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
