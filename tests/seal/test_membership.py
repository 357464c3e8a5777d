"""Goal: nothing but the household's own, unbroken log is believed. Method: real signatures; entries
that are forged, foreign, replayed, re-ordered, cut short or changed in any byte."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.seal.membership import (
    ENTRY_CHARACTERS_MAX,
    GENESIS,
    Belonging,
    Entry,
    MembershipError,
    SignedEntry,
    key_hash,
    read_chain,
    read_entry,
    read_state,
    sign_entry,
)

SEED, OTHER_SEED = bytes(range(32)), bytes(32)
HOME = b"h" * 16
ANN, PHONE = b"a" * 16, b"p" * 16
STATE = Belonging({ANN: "owner"}, {PHONE: (ANN, key_hash(b"key"))})


def public(seed=SEED):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def entry(version=1, previous=GENESIS, **changes):
    made = Entry(HOME, version, previous, 1, 1_000_000, "begun", STATE.digest())
    return replace(made, **changes)


def chain(count=4):
    signed, previous = [], GENESIS
    for version in range(1, count + 1):
        signed.append(sign_entry(SEED, entry(version, previous)))
        previous = signed[-1].digest()
    return signed


def test_what_was_signed_is_read_back():
    assert read_entry(public(), HOME, sign_entry(SEED, entry())) == entry()
    assert read_state(STATE.text(), entry()) == STATE


def test_a_chain_is_read_from_its_beginning_and_from_what_is_known():
    signed = chain()
    assert [e.version for e in read_chain(public(), HOME, signed, previous=GENESIS)] == [1, 2, 3, 4]
    later = read_chain(public(), HOME, signed[2:], previous=signed[1].digest(), version=2)
    assert [e.version for e in later] == [3, 4]


@pytest.mark.parametrize(
    ("order", "what"),
    [
        ((0, 2, 3), "does not follow"),
        ((1, 0, 2, 3), "does not follow"),
        ((0, 1, 1, 2), "does not follow"),
        ((0, 1, 2, 3, 0), "does not follow"),
    ],
    ids=["left out", "re-ordered", "repeated", "replayed"],
)
def test_a_broken_chain_is_refused(order, what):
    signed = chain()
    with pytest.raises(MembershipError, match=what):
        read_chain(public(), HOME, [signed[i] for i in order], previous=GENESIS)


def test_versions_only_rise():
    first = sign_entry(SEED, entry(5))
    again = sign_entry(SEED, entry(5, first.digest()))
    with pytest.raises(MembershipError, match="comes after"):
        read_chain(public(), HOME, [first, again])


def test_another_households_entry_is_refused_even_with_our_signature():
    foreign = sign_entry(SEED, entry(household=b"x" * 16))
    with pytest.raises(MembershipError, match="another household"):
        read_entry(public(), HOME, foreign)


def test_another_identity_is_refused():
    with pytest.raises(MembershipError, match="not signed"):
        read_entry(public(), HOME, sign_entry(OTHER_SEED, entry()))
    with pytest.raises(MembershipError, match="not signed"):
        read_entry(b"short", HOME, sign_entry(SEED, entry()))


def test_a_state_that_was_not_signed_is_refused():
    richer = Belonging({**STATE.members, b"b" * 16: "owner"}, STATE.devices)
    with pytest.raises(MembershipError, match="not the signed one"):
        read_state(richer.text(), entry())


@pytest.mark.parametrize("text", ["", "null", "[]", '{"members":[["zz","owner"]],"devices":[]}'])
def test_a_malformed_state_is_refused_although_it_is_the_signed_one(text):
    import hashlib

    named = entry(state=hashlib.sha256(text.encode()).digest())
    with pytest.raises(MembershipError, match="malformed"):
        read_state(text, named)


@pytest.mark.parametrize(
    "change",
    [{"version": 0}, {"version": "1"}, {"version": True}, {"previous": "00"}, {"state": None}],
    ids=str,
)
def test_a_malformed_entry_is_refused_although_it_is_signed(change):
    from keepsight.seal import membership as module

    text = json.dumps({**json.loads(sign_entry(SEED, entry()).text), **change})
    signature = Ed25519PrivateKey.from_private_bytes(SEED).sign(module.LABEL + text.encode())
    with pytest.raises(MembershipError, match="malformed"):
        read_entry(public(), HOME, SignedEntry(text, signature))


def test_an_endless_entry_is_refused_before_it_is_read():
    with pytest.raises(MembershipError, match="too long"):
        read_entry(public(), HOME, SignedEntry("x" * (ENTRY_CHARACTERS_MAX + 1), bytes(64)))


@settings(max_examples=200)
@given(st.data())
def test_no_changed_byte_is_accepted(data):
    signed = sign_entry(SEED, entry())
    raw = bytearray(signed.signature + signed.text.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 127))
    changed = SignedEntry(raw[64:].decode(errors="replace"), bytes(raw[:64]))
    with pytest.raises(MembershipError):
        read_entry(public(), HOME, changed)


def test_the_vectors_are_what_their_script_makes_and_read_as_one_chain():
    from base64 import b64decode

    from tests.vectors.make_membership_vectors import HOME as VECTOR_HOME
    from tests.vectors.make_membership_vectors import PATH, document

    found = json.loads(PATH.read_text())
    assert found == document()
    signed = [SignedEntry(e["entry"], b64decode(e["signature"])) for e in found["entries"]]
    entries = read_chain(b64decode(found["identity"]), VECTOR_HOME, signed, previous=GENESIS)
    for one, state in zip(entries, found["states"], strict=True):
        read_state(state, one)
