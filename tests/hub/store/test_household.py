"""What is stored comes back, for its household only; on a real database file."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateTable

from keepsight.core.destination import Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub.camera import Camera, RecordingRule, StreamSource
from keepsight.hub.member import Device, Member, Role, Session
from keepsight.hub.store.household import NameTakenError, metadata, open_household_store
from keepsight.seal.header import Stream

HOME, OTHER = b"h" * 16, b"o" * 16
ANN = Member(b"a" * 16, "Ann", Role.OWNER, "$argon2id$x", 1)
PHONE = Device(b"d" * 16, ANN.member_id, "Phone", b"k" * 32, 1, 2)
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
    store.add_member(HOME, ANN)
    again = open_household_store(path)
    assert again.member_by_name(HOME, "Ann") == ANN
    again.close()


def test_members_are_found_in_their_household_only(store):
    store.add_member(HOME, ANN)
    assert store.member_by_name(HOME, "aNN") == ANN
    assert store.member_by_id(HOME, ANN.member_id) == ANN
    assert store.member_by_name(OTHER, "Ann") is None
    assert store.member_by_id(OTHER, ANN.member_id) is None
    with pytest.raises(NameTakenError):
        store.add_member(HOME, Member(b"b" * 16, "ANN", Role.MEMBER, "x", 2))
    store.add_member(OTHER, ANN)


def test_devices_and_sessions_go_together(store):
    store.put_device(HOME, PHONE)
    store.put_device(OTHER, PHONE)
    session = Session(b"t" * 32, ANN.member_id, PHONE.device_id, 10, 100)
    store.add_session(HOME, session)
    store.add_session(OTHER, session)
    assert store.list_sessions(HOME, 50) == [session]
    assert store.remove_device(HOME, PHONE.device_id) == [b"t" * 32]
    assert store.list_devices(HOME) == []
    assert store.list_sessions(HOME, 50) == []
    assert store.list_devices(OTHER) == [PHONE]
    assert store.list_sessions(OTHER, 50) == [session]


def test_expired_and_ended_sessions_are_gone(store):
    for number, expires in ((1, 20), (2, 200)):
        store.add_session(HOME, Session(bytes([number]) * 32, b"m" * 16, b"d" * 16, 1, expires))
    assert [s.expires_us for s in store.list_sessions(HOME, 100)] == [200]
    store.end_session(HOME, bytes([2]) * 32)
    assert store.list_sessions(HOME, 100) == []


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
