"""The suspensions of a household, those that were lifted too: what was off is history."""

import json
from typing import Any, Final

from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, Text, insert, select
from sqlalchemy import update as sql_update

from keepsight.hub.grant import Capability
from keepsight.hub.suspension import PastSuspension, Suspension

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)
PAST_MAX: Final = 1000
"""So many are shown; older ones stay in the table and on the ledger."""

suspensions: Final = Table(
    "suspensions",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("suspension", _ID, primary_key=True),
    Column("since_us", Integer, nullable=False),
    Column("until_us", Integer, nullable=True),
    Column("placed_by", _ID, nullable=False),
    Column("document", Text, nullable=False),
    Column("lifted_us", Integer, nullable=True),
    Column("lifted_by", _ID, nullable=True),
)


def _id(text: str | None) -> bytes | None:
    return bytes.fromhex(text) if text else None


def _read(row: Any) -> Suspension:
    document: dict[str, Any] = json.loads(row.document)
    return Suspension(
        suspension_id=row.suspension,
        reason=document["reason"],
        since_us=row.since_us,
        until_us=row.until_us,
        by=row.placed_by,
        integration=document["integration"],
        vendor=document["vendor"],
        model=document["model"],
        camera_id=_id(document["camera"]),
        device_id=_id(document["device"]),
        path=document["path"],
        capabilities=frozenset(Capability(name) for name in document["capabilities"]),
    )


class SuspensionStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, household: bytes, suspension: Suspension) -> None:
        """Store one that begins."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(suspensions).values(
                    household=household,
                    suspension=suspension.suspension_id,
                    since_us=suspension.since_us,
                    until_us=suspension.until_us,
                    placed_by=suspension.by,
                    document=json.dumps(suspension.scope()),
                )
            )

    def lift(self, household: bytes, suspension: bytes, now_us: int, by: bytes) -> None:
        """Note that one has ended."""
        with self._engine.begin() as connection:
            connection.execute(
                sql_update(suspensions)
                .where(suspensions.c.household == household, suspensions.c.suspension == suspension)
                .values(lifted_us=now_us, lifted_by=by)
            )

    def list_open(self, household: bytes) -> list[Suspension]:
        """Those that nobody has lifted, oldest first; some may have run out by themselves."""
        query = select(suspensions).where(
            suspensions.c.household == household, suspensions.c.lifted_us.is_(None)
        )
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(query.order_by("since_us"))]

    def list_past(self, household: bytes) -> list[PastSuspension]:
        """Those that were lifted, newest first, at most PAST_MAX."""
        query = select(suspensions).where(
            suspensions.c.household == household, suspensions.c.lifted_us.is_not(None)
        )
        query = query.order_by(suspensions.c.lifted_us.desc()).limit(PAST_MAX)
        with self._engine.connect() as connection:
            return [
                PastSuspension(_read(row), row.lifted_us, row.lifted_by)
                for row in connection.execute(query)
            ]
