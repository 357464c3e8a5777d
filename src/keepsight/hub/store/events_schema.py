"""The tables of events, as revisions 0007 and 0009 make them.

Never a picture: those lie sealed in files, and only their wrapped keys are here.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)

events: Final = Table(
    "events",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("event", _ID, primary_key=True),
    Column("camera", _ID, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("start_us", Integer, nullable=False),
    Column("last_us", Integer, nullable=False),
    Column("end_us", Integer, nullable=True),
    Column("confidence", Float, nullable=False),
    Column("best_us", Integer, nullable=False),
    Column("best_box", Text, nullable=True),
    Column("zones", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("is_kept", Boolean, nullable=False),
    Index("events_by_time", "household", "start_us", "event", "kind", "is_kept", "camera", "zones"),
    Index(
        "events_by_camera", "household", "camera", "start_us", "event", "kind", "is_kept", "zones"
    ),
    Index("events_open", "household", "camera", sqlite_where=text("end_us IS NULL")),
)
pictures: Final = Table(
    "event_pictures",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("picture", _ID, primary_key=True),
    Column("event", _ID, nullable=False),
    Column("camera", _ID, nullable=False),
    Column("role", String(10), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("wrapped_secret", LargeBinary(60), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("day", String(10), nullable=False),
    Column("start_us", Integer, nullable=False),
    Column("end_us", Integer, nullable=False),
    Index("event_pictures_of_event", "household", "event", "role", unique=True),
    Index("event_pictures_by_day", "household", "camera", "day"),
    sqlite_with_rowid=False,
)
seen: Final = Table(
    "event_seen",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("member", _ID, primary_key=True),
    Column("event", _ID, primary_key=True),
    Column("is_seen", Boolean, nullable=False),
    Index("event_seen_of_event", "household", "event"),
    Index("event_unseen", "household", "member", sqlite_where=text("is_seen = 0")),
    sqlite_with_rowid=False,
)
"""What a member said of single events, where it differs from `seen_until`."""
seen_until: Final = Table(
    "event_seen_until",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("member", _ID, primary_key=True),
    Column("camera", _ID, primary_key=True),
    Column("until_us", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""A member has seen every event of a camera that began until then."""
activity: Final = Table(
    "activity",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("camera", _ID, primary_key=True),
    Column("start_us", Integer, primary_key=True),
    Column("end_us", Integer, nullable=False),
    sqlite_with_rowid=False,
)
