"""The tables of factors keep households apart and use each thing up once; a real database."""

import pytest

from keepsight.hub.signin.passkey import Passkey
from keepsight.hub.store.factors import FactorStore, StoredPin, StoredTotp
from keepsight.hub.store.household import open_household_store

HOME, NEXT_DOOR, ANN = b"h" * 16, b"n" * 16, b"a" * 16
KEY = Passkey(b"k" * 20, ANN, "Phone", b"cose", 3, "home.example", True, 7)


@pytest.fixture
def store(tmp_path):
    opened = open_household_store(tmp_path / "household.db")
    yield FactorStore(opened.engine)
    opened.close()


def test_passkeys_come_and_go(store):
    store.put_passkey(HOME, KEY)
    store.put_passkey(HOME, KEY)
    assert store.list_passkeys(HOME) == [KEY]
    assert store.list_passkeys(NEXT_DOOR) == []
    store.remove_passkey(NEXT_DOOR, KEY.credential_id)
    assert store.list_passkeys(HOME) == [KEY]
    store.remove_passkey(HOME, KEY.credential_id)
    assert store.list_passkeys(HOME) == []


def test_a_step_only_goes_on(store):
    store.put_totp(HOME, StoredTotp(ANN, b"sealed", 5, 7))
    assert not store.use_totp_step(HOME, ANN, 5)
    assert not store.use_totp_step(NEXT_DOOR, ANN, 6)
    assert store.use_totp_step(HOME, ANN, 6)
    assert not store.use_totp_step(HOME, ANN, 6)
    assert store.list_totp(HOME) == [StoredTotp(ANN, b"sealed", 6, 7)]
    store.remove_totp(HOME, ANN)
    assert store.list_totp(HOME) == []


def test_a_code_is_used_once_and_replaced_with_all_others(store):
    store.replace_codes(HOME, ANN, [b"1" * 32, b"2" * 32])
    assert not store.use_code(NEXT_DOOR, ANN, b"1" * 32, 9)
    assert store.use_code(HOME, ANN, b"1" * 32, 9)
    assert not store.use_code(HOME, ANN, b"1" * 32, 9)
    assert store.codes_left(HOME) == {ANN: 1}
    store.replace_codes(HOME, ANN, [b"3" * 32])
    assert not store.use_code(HOME, ANN, b"2" * 32, 9)
    assert store.codes_left(NEXT_DOOR) == {}


def test_pins(store):
    pin = StoredPin(b"c" * 16, "$argon2id$", True, 7)
    store.put_pin(HOME, pin)
    assert (store.list_pins(HOME), store.list_pins(NEXT_DOOR)) == ([pin], [])
    store.remove_pin(HOME, pin.subject)
    assert store.list_pins(HOME) == []


def test_forgetting_a_member_takes_theirs_and_nobody_elses(store):
    bob = b"b" * 16
    for member, number in ((ANN, b"1"), (bob, b"2")):
        store.put_passkey(HOME, Passkey(number * 20, member, "x", b"c", 0, "h", False, 1))
        store.put_totp(HOME, StoredTotp(member, b"s", 0, 1))
        store.replace_codes(HOME, member, [number * 32])
        store.put_pin(HOME, StoredPin(member, "$argon2id$", False, 1))
    store.forget_member(HOME, ANN)
    assert {key.member_id for key in store.list_passkeys(HOME)} == {bob}
    assert {one.member_id for one in store.list_totp(HOME)} == {bob}
    assert store.codes_left(HOME) == {bob: 1}
    assert {pin.subject for pin in store.list_pins(HOME)} == {bob}
