"""Invites come back as they were, hold once, and are gone when they expire."""

import pytest

from keepsight.hub.grant import Capability, Grant, Hours
from keepsight.hub.invite import Invite, hash_secret, new_secret
from keepsight.hub.member import Role
from keepsight.hub.store.household import open_household_store
from keepsight.hub.store.invites import InviteStore

HOME, OTHER = b"h" * 16, b"o" * 16
SECRET = new_secret()
BY = b"a" * 16
GRANT = Grant(
    bytes(16), bytes(16), b"c" * 16, frozenset({Capability.LIVE}), 5, None,
    (Hours(frozenset({5, 6}), 0, 1440),), BY,
)  # fmt: skip
INVITE = Invite(b"i" * 16, hash_secret(SECRET), "Gwen", Role.GUEST, (GRANT,), 10, 100, BY, "wall")


@pytest.fixture
def store(tmp_path):
    opened = open_household_store(tmp_path / "household.db")
    yield InviteStore(opened.engine)
    opened.close()


def test_an_invite_comes_back_for_its_household_only(store):
    store.add(HOME, INVITE)
    assert store.list_open(HOME, 50) == [INVITE]
    assert store.list_open(OTHER, 50) == []


def test_the_secret_is_not_in_the_file(tmp_path, store):
    store.add(HOME, INVITE)
    for path in tmp_path.iterdir():
        assert SECRET.encode() not in path.read_bytes()


def test_only_the_first_takes_it(store):
    store.add(HOME, INVITE)
    assert not store.take(OTHER, INVITE.invite_id)
    assert store.take(HOME, INVITE.invite_id)
    assert not store.take(HOME, INVITE.invite_id)


def test_expired_ones_are_gone(store):
    store.add(HOME, INVITE)
    assert store.list_open(HOME, 100) == []
    assert store.list_open(HOME, 1) == []
