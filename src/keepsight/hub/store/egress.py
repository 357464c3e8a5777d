"""Which hosts outside may be reached, and which ones were.

Every function takes the household first, as in `household.py`.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    select,
)

from keepsight.hub.egress import Contact
from keepsight.hub.store.household import put_row

metadata: Final = MetaData()

egress: Final = Table(
    "egress",
    metadata,
    Column("household", LargeBinary(16), primary_key=True),
    Column("purpose", String(20), primary_key=True),
    Column("host", String(255), primary_key=True),
    Column("port", Integer, primary_key=True),
    Column("is_allowed", Boolean, nullable=False),
    Column("first_us", Integer, nullable=True),
    Column("last_us", Integer, nullable=True),
    Column("count", Integer, nullable=False),
)


class EgressStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, household: bytes, contact: Contact) -> None:
        """Store a host or replace what is known of it."""
        values = {
            "household": household,
            "purpose": contact.purpose,
            "host": contact.host,
            "port": contact.port,
            "is_allowed": contact.is_allowed,
            "first_us": contact.first_us,
            "last_us": contact.last_us,
            "count": contact.count,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(egress, values))

    def list(self, household: bytes) -> list[Contact]:
        """Every host that may be or was reached."""
        query = select(egress).where(egress.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Contact(
                r.purpose,
                r.host,
                r.port,
                is_allowed=r.is_allowed,
                first_us=r.first_us,
                last_us=r.last_us,
                # `count` is also a method of the row.
                count=r._mapping["count"],  # noqa: SLF001 - SQLAlchemy's public name for it
            )
            for r in rows
        ]
