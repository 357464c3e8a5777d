"""Members, devices and sessions come back, for their household only; on a real database file."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateTable

from keepsight.hub.member import Device, Member, Role, Session
from keepsight.hub.store.household import open_household_store
from keepsight.hub.store.people import NameTakenError, PeopleStore, metadata

HOME, OTHER = b"h" * 16, b"o" * 16
ANN = Member(b"a" * 16, "Ann", Role.OWNER, "$argon2id$x", 1)
PHONE = Device(b"d" * 16, ANN.member_id, "Phone", b"k" * 32, 1, 2)


@pytest.fixture
def store(tmp_path):
    opened = open_household_store(tmp_path / "household.db")
    yield PeopleStore(opened.engine)
    opened.close()


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
