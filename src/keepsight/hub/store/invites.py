"""The table of invites that nobody has used yet. Every function takes the household first."""

import json
from typing import Any, Final

from sqlalchemy import (
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    delete,
    insert,
    select,
)

from keepsight.hub.grant import Capability, Grant, as_fields, read_hours
from keepsight.hub.invite import Invite
from keepsight.hub.member import Role

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)

invites: Final = Table(
    "invites",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("invite_id", _ID, primary_key=True),
    Column("secret_hash", LargeBinary(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("expires_us", Integer, nullable=False),
)


class InviteStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, household: bytes, invite: Invite) -> None:
        """Store an invite."""
        document = {
            "name": invite.name,
            "role": invite.role.value,
            "grants": [as_fields(grant) for grant in invite.grants],
            "created_us": invite.created_us,
            "by": invite.by.hex(),
            "integration": invite.integration,
        }
        with self._engine.begin() as connection:
            connection.execute(
                insert(invites).values(
                    household=household,
                    invite_id=invite.invite_id,
                    secret_hash=invite.secret_hash,
                    document=json.dumps(document),
                    expires_us=invite.expires_us,
                )
            )

    def list_open(self, household: bytes, now_us: int) -> list[Invite]:
        """Those that have not expired; expired ones are removed."""
        mine = invites.c.household == household
        with self._engine.begin() as connection:
            connection.execute(delete(invites).where(mine, invites.c.expires_us <= now_us))
            rows = connection.execute(select(invites).where(mine)).all()
        return [_invite(row) for row in rows]

    def take(self, household: bytes, invite_id: bytes) -> bool:
        """Remove an invite; False if it is gone already. The first who takes one has it."""
        mine = and_(invites.c.household == household, invites.c.invite_id == invite_id)
        with self._engine.begin() as connection:
            return bool(connection.execute(delete(invites).where(mine)).rowcount == 1)


def _invite(row: Any) -> Invite:
    document: dict[str, Any] = json.loads(row.document)
    by = bytes.fromhex(document["by"])
    return Invite(
        invite_id=row.invite_id,
        secret_hash=row.secret_hash,
        name=document["name"],
        role=Role(document["role"]),
        grants=tuple(_grant(fields, by) for fields in document["grants"]),
        created_us=document["created_us"],
        expires_us=row.expires_us,
        by=by,
        integration=document["integration"],
    )


def _grant(fields: dict[str, Any], by: bytes) -> Grant:
    return Grant(
        grant_id=bytes(16),
        member_id=bytes(16),
        camera_id=bytes.fromhex(fields["camera"]) if fields["camera"] else None,
        capabilities=frozenset(Capability(name) for name in fields["capabilities"]),
        from_us=fields["from_us"],
        until_us=fields["until_us"],
        hours=read_hours(fields["hours"]),
        granted_by=by,
    )
