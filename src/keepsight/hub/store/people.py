"""The tables of people: members, their devices and sessions.

Every function takes the household first, as in `household.py`.
"""

from typing import Any, Final

from sqlalchemy import (
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    delete,
    insert,
    select,
    update,
)

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
        with self._engine.begin() as connection:
            connection.execute(
                insert(members).values(
                    household=household,
                    member=member.member_id,
                    name=member.name,
                    role=member.role.value,
                    passphrase_hash=member.passphrase_hash,
                    created_us=member.created_us,
                )
            )

    def set_passphrase(self, household: bytes, member: bytes, passphrase_hash: str) -> None:
        """Replace a member's passphrase and end every session of the household."""
        mine = and_(members.c.household == household, members.c.member == member)
        with self._engine.begin() as connection:
            connection.execute(update(members).where(mine).values(passphrase_hash=passphrase_hash))
            connection.execute(delete(sessions).where(sessions.c.household == household))

    def _member(self, row: Any) -> Member:
        return Member(row.member, row.name, Role(row.role), row.passphrase_hash, row.created_us)

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
        }
        with self._engine.begin() as connection:
            connection.execute(put_row(devices, values))

    def list_devices(self, household: bytes) -> list[Device]:
        """All enrolled devices, newest first."""
        query = select(devices).where(devices.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(devices.c.enrolled_us.desc())).all()
        return [
            Device(r.device, r.member, r.name, r.public_key, r.enrolled_us, r.last_seen_us)
            for r in rows
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
        return [Session(r.token_hash, r.member, r.device, r.created_us, r.expires_us) for r in rows]

    def end_session(self, household: bytes, token_hash: bytes) -> None:
        """Remove a session; an unknown one is no error."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(sessions).where(
                    sessions.c.household == household, sessions.c.token_hash == token_hash
                )
            )
