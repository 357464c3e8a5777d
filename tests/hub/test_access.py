"""The passphrase policy, the try limit and sessions do what reference rules say; by cases."""

import pytest

from keepsight.core.secret import Secret
from keepsight.hub import access as module
from keepsight.hub.access import (
    Access,
    TooManyTriesError,
    TryLimit,
    character_kinds,
    hash_token,
    judge_passphrase,
)
from keepsight.hub.member import Member, Role
from keepsight.hub.store.household import open_household_store
from keepsight.hub.store.people import PeopleStore
from tests.hub.clocks import HandClock

HOUSEHOLD = b"h" * 16


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too_short"),
        ("Tr0ub4dor&3", "too_short"),
        ("aaaaaaaaaaaaaaaaaaaa", "guessable"),
        ("password12345678", "guessable"),
        ("livingroomlivingroom", "guessable"),
        ("x" * 257, "too_long"),
    ],
)
def test_weak_passphrases_are_refused_with_the_reason(text, reason):
    verdict = judge_passphrase(Secret(text), ("Living room", "Ann"))
    assert not verdict.is_accepted
    assert reason in verdict.reasons


def test_context_words_count_as_guessable():
    assert judge_passphrase(Secret("brandenburg-xanthippe"), ()).is_accepted
    named = judge_passphrase(Secret("brandenburg-xanthippe"), ("Brandenburg", "Xanthippe"))
    assert not named.is_accepted


def test_four_random_words_pass_and_the_bsi_advice_is_said():
    verdict = judge_passphrase(Secret("gravel teapot orbit"), ())
    assert verdict.is_accepted
    assert verdict.hints == ("bsi_short",)
    assert judge_passphrase(Secret("gravel teapot orbit lantern"), ()).hints == ()


def test_character_kinds():
    assert [character_kinds(t) for t in ("", "abc", "aB", "aB1", "aB1 ")] == [0, 1, 2, 3, 4]


def test_five_failures_close_the_door_for_a_minute():
    clock = HandClock()
    limit = TryLimit(clock)
    for _ in range(5):
        limit.check("Ann")
        limit.failed("ann")
        clock.tick(1)
    with pytest.raises(TooManyTriesError) as caught:
        limit.check("ANN")
    assert 50 <= caught.value.retry_seconds <= 60
    limit.check("Bob")
    clock.tick(caught.value.retry_seconds)
    limit.check("Ann")


def test_names_that_never_were_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(module, "TRY_NAMES_MAX", 10)
    limit = TryLimit(HandClock())
    for number in range(100):
        limit.failed(f"name {number}")
    assert len(limit._failures) == 10


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


def test_a_session_keeps_only_the_hash_of_its_token(access):
    token, session = access.start_session(b"m" * 16, b"d" * 16)
    assert session.token_hash == hash_token(token)
    assert len(token) >= 43  # 256 bits
    assert session.expires_us - session.created_us == 30 * 24 * 3600 * 1_000_000
