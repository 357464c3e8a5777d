"""The household's own tables: cameras and settings; people are in `people.py`. Never a picture.

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
    create_engine,
    delete,
    event,
    select,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from keepsight.core.destination import Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub.camera import Camera, RecordingRule, StreamSource
from keepsight.hub.watching import read_watching
from keepsight.seal.header import Stream

metadata: Final = MetaData()
_ID: Final = LargeBinary(16)

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


@dataclass(frozen=True, slots=True)
class StoredCamera:
    """A camera with its encrypted credentials."""

    camera: Camera
    sealed_credentials: bytes | None


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON",
        "busy_timeout=5000",
    ):  # fmt: skip
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
            "vendor": camera.vendor,
            "model": camera.model,
            "watching": camera.watching.as_fields(),
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
        vendor=document.get("vendor", ""),
        model=document.get("model", ""),
        watching=read_watching(document.get("watching", {})),
    )


def put_row(table: Table, values: Mapping[str, object]) -> Insert:
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
            connection.execute(put_row(cameras, values))

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
                connection.execute(put_row(settings, row))
