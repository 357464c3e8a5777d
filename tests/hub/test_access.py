"""Passphrases at rest and session tokens; unknown names cost as much as wrong passphrases."""

import pytest
from argon2 import PasswordHasher

from keepsight.core.secret import Secret
from keepsight.hub import access as module
from keepsight.hub.access import Access, Start, hash_token
from keepsight.hub.member import Member, Role
from keepsight.hub.store.household import open_household_store
from keepsight.hub.store.people import PeopleStore
from tests.hub.clocks import HandClock

HOUSEHOLD = b"h" * 16


@pytest.fixture
def access(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ARGON2_MEMORY_KIB", 64)
    monkeypatch.setattr(module, "ARGON2_PASSES", 1)
    store = open_household_store(tmp_path / "household.db")
    people = PeopleStore(store.engine)
    made = Access(HOUSEHOLD, people, HandClock())
    hashed = made.hash_passphrase(Secret("gravel teapot orbit"))
    people.add_member(HOUSEHOLD, Member(b"m" * 16, "Ann", Role.OWNER, hashed, 1))
    yield made
    store.close()


def test_signing_in(access):
    member = access.sign_in("ANN", Secret("gravel teapot orbit"))
    assert member is not None
    assert member.name == "Ann"
    assert access.sign_in("Ann", Secret("gravel teapot orbi")) is None
    assert access.sign_in("Bob", Secret("gravel teapot orbit")) is None


def test_an_unknown_name_costs_the_same_work(access, monkeypatch):
    """Not the clock but the work is compared: one Argon2id of the same cost, whoever is named."""
    verified = []
    verify = PasswordHasher.verify

    def watch(self, stored, text):
        verified.append(stored.split("$")[1:4])
        return verify(self, stored, text)

    monkeypatch.setattr(PasswordHasher, "verify", watch)
    for name in ("Ann", "Bob", "", "x" * 1000):
        assert access.sign_in(name, Secret("wrong")) is None
    assert len(verified) == 4
    assert len({tuple(cost) for cost in verified}) == 1


def test_a_session_keeps_only_the_hash_of_its_token(access):
    start = Start("passkey", "home.example", is_shared=True)
    token, session = access.start_session(b"m" * 16, b"d" * 16, start)
    assert session.token_hash == hash_token(token)
    assert len(token) >= 43  # 256 bits
    assert session.expires_us - session.created_us == 30 * 24 * 3600 * 1_000_000
    assert (session.factor, session.path, session.is_shared) == ("passkey", "home.example", True)
    assert session.last_seen_us == session.created_us
