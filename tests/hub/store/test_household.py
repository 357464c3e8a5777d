"""What is stored comes back, for its household only; on a real database file."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateTable

from keepsight.core.destination import Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub.camera import Camera, RecordingRule, StreamSource
from keepsight.hub.store.household import metadata, open_household_store
from keepsight.seal.header import Stream

HOME, OTHER = b"h" * 16, b"o" * 16
CAMERA = Camera(
    b"c" * 16,
    "Hall",
    "Inside",
    (
        StreamSource(Stream.MAIN, Destination("rtsp", "10.0.0.7", 554, "/main?x=1"), "tcp"),
        StreamSource(Stream.SUB, Destination("rtsp", "10.0.0.7", 554, "/sub")),
    ),
    DeviceFacts(realm="IP Camera(C123)"),
    RecordingRule(retention_days=7),
    5,
)


@pytest.fixture
def store(tmp_path):
    opened = open_household_store(tmp_path / "household.db")
    yield opened
    opened.close()


def test_the_file_is_private_and_reopens(tmp_path, store):
    path = tmp_path / "household.db"
    assert path.stat().st_mode & 0o777 == 0o600
    store.write_settings(HOME, {"language": "de"})
    again = open_household_store(path)
    assert again.read_settings(HOME) == {"language": "de"}
    again.close()


def test_cameras_come_back_as_they_were(store):
    store.put_camera(HOME, CAMERA, b"sealed")
    (found,) = store.list_cameras(HOME)
    assert found.camera == CAMERA
    assert found.sealed_credentials == b"sealed"
    assert store.list_cameras(OTHER) == []
    store.remove_camera(OTHER, CAMERA.camera_id)
    assert len(store.list_cameras(HOME)) == 1
    store.remove_camera(HOME, CAMERA.camera_id)
    assert store.list_cameras(HOME) == []


def test_settings_are_replaced_by_name(store):
    store.write_settings(HOME, {"retention_days": 5, "language": "de"})
    store.write_settings(HOME, {"retention_days": 6})
    assert store.read_settings(HOME) == {"retention_days": 6, "language": "de"}
    assert store.read_settings(OTHER) == {}


def test_the_revisions_make_the_tables_that_the_code_uses(store):
    """A column added to the code without a revision would be missing on every existing machine."""
    made = create_engine("sqlite://")
    metadata.create_all(made)
    with store._engine.connect() as ours, made.connect() as theirs:
        for table in metadata.sorted_tables:
            columns = f"PRAGMA table_info({table.name})"
            assert [row[1:4] for row in ours.exec_driver_sql(columns)] == [
                row[1:4] for row in theirs.exec_driver_sql(columns)
            ], CreateTable(table)
    made.dispose()
