"""The household's own tables: members, devices, sessions, cameras, settings. Never a picture.

Every function takes the household first, so that a query that forgets it does not type-check.
Schema changes are Alembic revisions in `migrations/`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from keepsight.core.destination import Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub.camera import Camera, RecordingRule, StreamSource
from keepsight.hub.member import Device, Member, Role, Session
from keepsight.seal.header import Stream

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
cameras: Final = Table(
    "cameras",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("camera", _ID, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("credentials", LargeBinary, nullable=True),
)
settings: Final = Table(
    "settings",
    metadata,
    Column("household", _ID, primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)


class NameTakenError(ValueError):
    """Another member or camera has this name."""


@dataclass(frozen=True, slots=True)
class StoredCamera:
    """A camera with its encrypted credentials."""

    camera: Camera
    sealed_credentials: bytes | None


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def open_household_store(path: Path) -> "HouseholdStore":
    """Open or create the database and bring its schema up to date.

    Raises:
        sqlalchemy.exc.DatabaseError: the file is damaged.
    """
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _set_pragmas)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    path.chmod(0o600)
    return HouseholdStore(engine)


def _camera_document(camera: Camera) -> str:
    return json.dumps(
        {
            "name": camera.name,
            "room": camera.room,
            "sources": [
                [
                    source.stream.name.lower(),
                    [
                        source.destination.scheme,
                        source.destination.host,
                        source.destination.port,
                        source.destination.path,
                    ],
                    source.transport,
                ]
                for source in camera.sources
            ],
            "identity": {
                name: getattr(camera.identity, name) for name in DeviceFacts.__dataclass_fields__
            },
            "rule": {
                name: getattr(camera.rule, name) for name in RecordingRule.__dataclass_fields__
            },
            "added_us": camera.added_us,
            "is_trial": camera.is_trial,
        }
    )


def _read_camera(camera_id: bytes, text: str) -> Camera:
    document = json.loads(text)
    return Camera(
        camera_id=camera_id,
        name=document["name"],
        room=document["room"],
        sources=tuple(
            StreamSource(Stream[stream.upper()], Destination(*destination), transport)
            for stream, destination, transport in document["sources"]
        ),
        identity=DeviceFacts(**document["identity"]),
        rule=RecordingRule(**document["rule"]),
        added_us=document["added_us"],
        is_trial=document["is_trial"],
    )


def _put(table: Table, values: Mapping[str, object]) -> Insert:
    """Insert a row, or replace what stands under its primary key."""
    statement = upsert(table).values(**values)
    return statement.on_conflict_do_update(index_elements=table.primary_key, set_=dict(values))


class HouseholdStore:
    """Synchronous; called from the hub's SQL thread only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """For the other stores of this database."""
        return self._engine

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # Members and devices

    def add_member(self, household: bytes, member: Member) -> None:
        """Store a member.

        Raises:
            NameTakenError: the household has a member of this name.
        """
        if self.member_by_name(household, member.name) is not None:
            raise NameTakenError(member.name)
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
            connection.execute(_put(devices, values))

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

    # Cameras

    def put_camera(
        self, household: bytes, camera: Camera, sealed_credentials: bytes | None
    ) -> None:
        """Store a camera or replace what is known of it."""
        values: dict[str, object] = {
            "household": household,
            "camera": camera.camera_id,
            "position": camera.added_us,
            "document": _camera_document(camera),
            "credentials": sealed_credentials,
        }
        with self._engine.begin() as connection:
            connection.execute(_put(cameras, values))

    def list_cameras(self, household: bytes) -> list[StoredCamera]:
        """All cameras in the order in which they were added."""
        query = select(cameras).where(cameras.c.household == household)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(cameras.c.position)).all()
        return [StoredCamera(_read_camera(r.camera, r.document), r.credentials) for r in rows]

    def remove_camera(self, household: bytes, camera: bytes) -> None:
        """Forget a camera; its recordings are not touched here."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(cameras).where(cameras.c.household == household, cameras.c.camera == camera)
            )

    # Settings

    def read_settings(self, household: bytes) -> dict[str, Any]:
        """Stored settings by name."""
        query = select(settings).where(settings.c.household == household)
        with self._engine.connect() as connection:
            return {row.name: json.loads(row.value) for row in connection.execute(query)}

    def write_settings(self, household: bytes, values: Mapping[str, Any]) -> None:
        """Replace the named settings."""
        with self._engine.begin() as connection:
            for name, value in values.items():
                row = {"household": household, "name": name, "value": json.dumps(value)}
                connection.execute(_put(settings, row))
