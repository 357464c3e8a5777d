"""What each member has agreed to or taken back: the last word of each purpose."""

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
    delete,
    select,
)

from keepsight.hub.consent import Consent
from keepsight.hub.store.household import put_row

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)

consents: Final = Table(
    "consents",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("member", _ID, primary_key=True),
    Column("purpose", String(40), primary_key=True),
    Column("is_given", Boolean, nullable=False),
    Column("at_us", Integer, nullable=False),
)


class ConsentStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, household: bytes, consent: Consent) -> None:
        """Store a member's last word."""
        values = {
            "household": household,
            "member": consent.member_id,
            "purpose": consent.purpose,
            "is_given": consent.is_given,
            "at_us": consent.at_us,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(consents, values))

    def list(self, household: bytes) -> list[Consent]:
        """Everybody's."""
        query = select(consents).where(consents.c.household == household)
        with self._engine.connect() as connection:
            return [
                Consent(row.member, row.purpose, is_given=row.is_given, at_us=row.at_us)
                for row in connection.execute(query)
            ]

    def forget(self, household: bytes, member: bytes) -> None:
        """Forget what a member said."""
        mine = (consents.c.household == household) & (consents.c.member == member)
        with self._engine.begin() as connection:
            connection.execute(delete(consents).where(mine))
