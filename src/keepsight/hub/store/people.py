"""The tables of people: members, their devices and sessions.

Every function takes the household first, as in `household.py`.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    delete,
    insert,
    select,
    update,
)

from keepsight.hub.grant import Capability, Grant, hours_fields, read_hours
from keepsight.hub.member import Device, Member, Role, Session
from keepsight.hub.store.household import put_row

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)

members: Final = Table(
    "members",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("member", _ID, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("role", String(20), nullable=False),
    Column("passphrase_hash", String(200), nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("integration", String(100), nullable=False),
    Column("email", String(254), nullable=False),
)
devices: Final = Table(
    "devices",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("device", _ID, primary_key=True),
    Column("member", _ID, nullable=False),
    Column("name", String(200), nullable=False),
    Column("public_key", LargeBinary(32), nullable=False),
    Column("enrolled_us", Integer, nullable=False),
    Column("last_seen_us", Integer, nullable=False),
    Column("signing_key", LargeBinary(65), nullable=False),
)
sessions: Final = Table(
    "sessions",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("member", _ID, nullable=False),
    Column("device", _ID, nullable=False),
    Column("created_us", Integer, nullable=False),
    Column("expires_us", Integer, nullable=False),
    Column("factor", String(40), nullable=False),
    Column("path", String(255), nullable=False),
    Column("last_seen_us", Integer, nullable=False),
    Column("is_shared", Boolean, nullable=False),
)

grants: Final = Table(
    "grants",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("grant_id", _ID, primary_key=True),
    Column("member", _ID, nullable=False),
    Column("camera", _ID, nullable=True),
    Column("capabilities", Text, nullable=False),
    Column("from_us", Integer, nullable=False),
    Column("until_us", Integer, nullable=True),
    Column("hours", Text, nullable=False),
    Column("granted_by", _ID, nullable=False),
)


class NameTakenError(ValueError):
    """Another member has this name."""


class PeopleStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Members and devices

    def check_name(self, household: bytes, name: str) -> None:
        """Whether nobody has this name.

        Raises:
            NameTakenError: somebody has.
        """
        if self.member_by_name(household, name) is not None:
            raise NameTakenError(name)

    def list_members(self, household: bytes) -> list[Member]:
        """All members, oldest first."""
        query = select(members).where(members.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(members.c.created_us)).all()
        return [self._member(row) for row in rows]

    def add_member(self, household: bytes, member: Member) -> None:
        """Store a member.

        Raises:
            NameTakenError: the household has a member of this name.
        """
        self.check_name(household, member.name)
        self.put_member(household, member)

    def put_member(self, household: bytes, member: Member) -> None:
        """Store a member or replace what is known of them."""
        values = {
            "household": household,
            "member": member.member_id,
            "name": member.name,
            "role": member.role.value,
            "passphrase_hash": member.passphrase_hash,
            "created_us": member.created_us,
            "integration": member.integration,
            "email": member.email,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(members, values))

    def remove_member(self, household: bytes, member: bytes) -> None:
        """Remove a member with their devices, sessions and grants, at once."""
        with self._engine.begin() as connection:
            for table in (sessions, devices, grants, members):
                mine = and_(table.c.household == household, table.c.member == member)
                connection.execute(delete(table).where(mine))

    def set_passphrase(
        self, household: bytes, member: bytes, passphrase_hash: str, keep: bytes | None = None
    ) -> list[bytes]:
        """Replace a member's passphrase and end their sessions but `keep`; those that ended."""
        mine = and_(members.c.household == household, members.c.member == member)
        theirs = and_(
            sessions.c.household == household,
            sessions.c.member == member,
            sessions.c.token_hash != (keep or b""),
        )
        with self._engine.begin() as connection:
            connection.execute(update(members).where(mine).values(passphrase_hash=passphrase_hash))
            ended = connection.execute(select(sessions.c.token_hash).where(theirs)).scalars().all()
            connection.execute(delete(sessions).where(theirs))
        return list(ended)

    def set_email(self, household: bytes, member: bytes, email: str) -> None:
        """Where a member's mail goes; empty: nowhere."""
        mine = and_(members.c.household == household, members.c.member == member)
        with self._engine.begin() as connection:
            connection.execute(update(members).where(mine).values(email=email))

    def seen(self, household: bytes, token_hash: bytes, now_us: int) -> None:
        """Remember when a session was last seen."""
        mine = and_(sessions.c.household == household, sessions.c.token_hash == token_hash)
        with self._engine.begin() as connection:
            connection.execute(update(sessions).where(mine).values(last_seen_us=now_us))

    def _member(self, row: Any) -> Member:
        return Member(
            member_id=row.member,
            name=row.name,
            role=Role(row.role),
            passphrase_hash=row.passphrase_hash,
            created_us=row.created_us,
            integration=row.integration,
            email=row.email,
        )

    def member_by_name(self, household: bytes, name: str) -> Member | None:
        """The member with this name, compared without regard to case."""
        query = select(members).where(members.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        wanted = name.casefold()
        return next((self._member(row) for row in rows if row.name.casefold() == wanted), None)

    def member_by_id(self, household: bytes, member: bytes) -> Member | None:
        """The member with this id."""
        query = select(members).where(members.c.household == household, members.c.member == member)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return self._member(row) if row else None

    def put_device(self, household: bytes, device: Device) -> None:
        """Store a device or replace what is known of it."""
        values = {
            "household": household,
            "device": device.device_id,
            "member": device.member_id,
            "name": device.name,
            "public_key": device.public_key,
            "enrolled_us": device.enrolled_us,
            "last_seen_us": device.last_seen_us,
            "signing_key": device.signing_key,
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(devices, values))

    def list_devices(self, household: bytes) -> list[Device]:
        """All enrolled devices, newest first."""
        query = select(devices).where(devices.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(devices.c.enrolled_us.desc())).all()
        return [
            Device(
                device_id=row.device,
                member_id=row.member,
                name=row.name,
                public_key=row.public_key,
                enrolled_us=row.enrolled_us,
                last_seen_us=row.last_seen_us,
                signing_key=row.signing_key,
            )
            for row in rows
        ]

    def remove_device(self, household: bytes, device: bytes) -> list[bytes]:
        """Remove a device and its sessions; returns the token hashes of those sessions."""
        mine = and_(sessions.c.household == household, sessions.c.device == device)
        with self._engine.begin() as connection:
            ended = connection.execute(select(sessions.c.token_hash).where(mine)).scalars().all()
            connection.execute(delete(sessions).where(mine))
            connection.execute(
                delete(devices).where(devices.c.household == household, devices.c.device == device)
            )
        return list(ended)

    # Sessions

    def add_session(self, household: bytes, session: Session) -> None:
        """Store a session by the hash of its token."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(sessions).values(
                    household=household,
                    token_hash=session.token_hash,
                    member=session.member_id,
                    device=session.device_id,
                    created_us=session.created_us,
                    expires_us=session.expires_us,
                    factor=session.factor,
                    path=session.path[:255],
                    last_seen_us=session.last_seen_us,
                    is_shared=session.is_shared,
                )
            )

    def list_sessions(self, household: bytes, now_us: int) -> list[Session]:
        """Sessions that have not expired; expired ones are removed."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(sessions).where(
                    sessions.c.household == household, sessions.c.expires_us <= now_us
                )
            )
            rows = connection.execute(
                select(sessions).where(sessions.c.household == household)
            ).all()
        return [
            Session(
                r.token_hash,
                r.member,
                r.device,
                r.created_us,
                r.expires_us,
                factor=r.factor,
                path=r.path,
                last_seen_us=r.last_seen_us,
                is_shared=r.is_shared,
            )
            for r in rows
        ]

    def end_session(self, household: bytes, token_hash: bytes) -> None:
        """Remove a session; an unknown one is no error."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(sessions).where(
                    sessions.c.household == household, sessions.c.token_hash == token_hash
                )
            )

    # Grants

    def list_grants(self, household: bytes) -> list[Grant]:
        """Everybody's, in the order in which they begin."""
        query = select(grants).where(grants.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(grants.c.from_us, grants.c.grant_id)).all()
        return [_grant(row) for row in rows]

    def replace_grants(self, household: bytes, member: bytes, wanted: Iterable[Grant]) -> None:
        """These and no others, at once."""
        mine = and_(grants.c.household == household, grants.c.member == member)
        rows = [
            {
                "household": household,
                "grant_id": grant.grant_id,
                "member": member,
                "camera": grant.camera_id,
                "capabilities": json.dumps(sorted(grant.capabilities)),
                "from_us": grant.from_us,
                "until_us": grant.until_us,
                "hours": json.dumps(hours_fields(grant.hours)),
                "granted_by": grant.granted_by,
            }
            for grant in wanted
        ]
        with self._engine.begin() as connection:
            connection.execute(delete(grants).where(mine))
            if rows:
                connection.execute(insert(grants), rows)


def _grant(row: Any) -> Grant:
    return Grant(
        grant_id=row.grant_id,
        member_id=row.member,
        camera_id=row.camera,
        capabilities=frozenset(Capability(name) for name in json.loads(row.capabilities)),
        from_us=row.from_us,
        until_us=row.until_us,
        hours=read_hours(json.loads(row.hours)),
        granted_by=row.granted_by,
    )
