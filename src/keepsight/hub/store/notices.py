"""What members want to be told, which browsers may be woken, and how it went the last time.

Addresses of browsers come and go sealed: they are nothing for whoever reads the database.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import (
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    select,
)

from keepsight.hub.notices.outcome import Outcome
from keepsight.hub.store.household import put_row

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)

notice_rules: Final = Table(
    "notice_rules",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("member", _ID, primary_key=True),
    Column("document", Text, nullable=False),
)
push_subscriptions: Final = Table(
    "push_subscriptions",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("device", _ID, primary_key=True),
    Column("member", _ID, nullable=False),
    Column("sealed_target", LargeBinary, nullable=False),
    Column("created_us", Integer, nullable=False),
)
notice_outcomes: Final = Table(
    "notice_outcomes",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("member", _ID, primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("place", _ID, primary_key=True),
    Column("sent_us", Integer, nullable=True),
    Column("error", String(60), nullable=False),
    Column("error_us", Integer, nullable=True),
)


@dataclass(frozen=True, slots=True)
class StoredSubscription:
    """A subscription as it lies in the database."""

    device_id: bytes
    member_id: bytes
    sealed_target: bytes
    created_us: int


class NoticeStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Rules

    def put_rule(self, household: bytes, member: bytes, fields: dict[str, Any]) -> None:
        """Store a member's rule."""
        values = {"household": household, "member": member, "document": json.dumps(fields)}
        with self._engine.begin() as connection:
            connection.execute(put_row(notice_rules, values))

    def list_rules(self, household: bytes) -> dict[bytes, dict[str, Any]]:
        """Everybody's, by member."""
        query = select(notice_rules).where(notice_rules.c.household == household)
        with self._engine.connect() as connection:
            return {row.member: json.loads(row.document) for row in connection.execute(query)}

    # Subscriptions

    def put_subscription(self, household: bytes, subscription: StoredSubscription) -> None:
        """Store how a device is reached."""
        values = {
            "household": household,
            "device": subscription.device_id,
            "member": subscription.member_id,
            "sealed_target": subscription.sealed_target,
            "created_us": subscription.created_us,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(push_subscriptions, values))

    def list_subscriptions(self, household: bytes) -> list[StoredSubscription]:
        """Everybody's."""
        query = select(push_subscriptions).where(push_subscriptions.c.household == household)
        with self._engine.connect() as connection:
            return [
                StoredSubscription(row.device, row.member, row.sealed_target, row.created_us)
                for row in connection.execute(query)
            ]

    def remove_subscription(self, household: bytes, device: bytes) -> None:
        """Forget how a device is reached, and how it went."""
        mine = (push_subscriptions.c.household == household) & (
            push_subscriptions.c.device == device
        )
        gone = (notice_outcomes.c.household == household) & (notice_outcomes.c.place == device)
        with self._engine.begin() as connection:
            connection.execute(delete(push_subscriptions).where(mine))
            connection.execute(delete(notice_outcomes).where(gone))

    # Outcomes

    def put_outcome(self, household: bytes, outcome: Outcome) -> None:
        """Store how it went."""
        fields = asdict(outcome)
        values = {"household": household, "member": fields.pop("member_id"), **fields}
        with self._engine.begin() as connection:
            connection.execute(put_row(notice_outcomes, values))

    def list_outcomes(self, household: bytes) -> list[Outcome]:
        """All of them."""
        query = select(notice_outcomes).where(notice_outcomes.c.household == household)
        with self._engine.connect() as connection:
            return [
                Outcome(r.member, r.channel, r.place, r.sent_us, r.error, r.error_us)
                for r in connection.execute(query)
            ]

    def forget_member(self, household: bytes, member: bytes) -> None:
        """Forget everything of a member."""
        with self._engine.begin() as connection:
            for table in (notice_rules, push_subscriptions, notice_outcomes):
                mine = (table.c.household == household) & (table.c.member == member)
                connection.execute(delete(table).where(mine))
