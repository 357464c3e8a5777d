"""Members, devices and sessions come back, for their household only; on a real database file."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateTable

from keepsight.hub.grant import Capability, Grant, Hours
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


WEEKDAYS = Hours(frozenset(range(5)), 8 * 60, 17 * 60)
GRANT = Grant(
    grant_id=b"g" * 16,
    member_id=ANN.member_id,
    camera_id=b"c" * 16,
    capabilities=frozenset({Capability.LIVE, Capability.STILL}),
    from_us=5,
    until_us=50,
    hours=(WEEKDAYS,),
    granted_by=bytes(16),
)


def test_grants_come_back_as_they_were_and_are_replaced_together(store):
    everywhere = replace(GRANT, grant_id=b"e" * 16, camera_id=None, until_us=None, hours=())
    store.replace_grants(HOME, ANN.member_id, [GRANT, everywhere])
    store.replace_grants(OTHER, ANN.member_id, [GRANT])
    assert sorted(store.list_grants(HOME), key=lambda g: g.grant_id) == [everywhere, GRANT]
    store.replace_grants(HOME, ANN.member_id, [])
    assert store.list_grants(HOME) == []
    assert store.list_grants(OTHER) == [GRANT]


def test_a_member_goes_with_everything_of_theirs_and_nothing_of_others(store):
    bob = replace(ANN, member_id=b"b" * 16, name="Bob", email="bob@example.org", integration="x")
    for household in (HOME, OTHER):
        store.add_member(household, ANN)
        store.add_member(household, bob)
        store.put_device(household, replace(PHONE, signing_key=b"p" * 65))
        store.add_session(household, Session(b"t" * 32, ANN.member_id, PHONE.device_id, 10, 100))
        store.replace_grants(household, ANN.member_id, [GRANT])
    store.remove_member(HOME, ANN.member_id)
    assert store.list_members(HOME) == [bob]
    assert (store.list_devices(HOME), store.list_sessions(HOME, 20)) == ([], [])
    assert store.list_grants(HOME) == []
    assert len(store.list_members(OTHER)) == 2
    assert store.list_devices(OTHER)[0].signing_key == b"p" * 65
    assert len(store.list_sessions(OTHER, 20)) == len(store.list_grants(OTHER)) == 1
