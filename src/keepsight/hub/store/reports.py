"""Checks of products and their reports. What a row says of a product is encrypted before it comes.

Every function takes the household first, as in `household.py`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, String, Table, delete, select

from keepsight.hub.store.household import put_row

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)
ReportFormat = Literal["json", "html", "sarif"]

checks: Final = Table(
    "checks",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("check_id", _ID, primary_key=True),
    Column("created_us", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("camera", _ID, nullable=True),
    Column("document", LargeBinary, nullable=False),
)
reports: Final = Table(
    "reports",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("check_id", _ID, primary_key=True),
    Column("format", String(10), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class StoredCheck:
    """A row as it lies there."""

    check_id: bytes
    created_us: int
    state: str
    camera: bytes | None
    sealed_document: bytes


class ReportStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(
        self,
        household: bytes,
        check: StoredCheck,
        sealed_reports: dict[ReportFormat, bytes] | None = None,
    ) -> None:
        """Store a check or replace what is known of it, with its reports in one transaction."""
        values = {
            "household": household,
            "check_id": check.check_id,
            "created_us": check.created_us,
            "state": check.state,
            "camera": check.camera,
            "document": check.sealed_document,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(checks, values))
            for name, content in (sealed_reports or {}).items():
                row = {
                    "household": household,
                    "check_id": check.check_id,
                    "format": name,
                    "content": content,
                }
                connection.execute(put_row(reports, row))

    def list_all(self, household: bytes) -> list[StoredCheck]:
        """All checks, the oldest first."""
        query = select(checks).where(checks.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(checks.c.created_us)).all()
        return [StoredCheck(r.check_id, r.created_us, r.state, r.camera, r.document) for r in rows]

    def report(self, household: bytes, check_id: bytes, name: ReportFormat) -> bytes | None:
        """One sealed report, if there is one."""
        query = select(reports.c.content).where(
            reports.c.household == household,
            reports.c.check_id == check_id,
            reports.c.format == name,
        )
        with self._engine.connect() as connection:
            found: bytes | None = connection.execute(query).scalar()
        return found

    def remove(self, household: bytes, check_id: bytes) -> None:
        """Forget a check and its reports."""
        with self._engine.begin() as connection:
            for table in (reports, checks):
                connection.execute(
                    delete(table).where(
                        table.c.household == household, table.c.check_id == check_id
                    )
                )
