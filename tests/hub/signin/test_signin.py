"""The steps put together: what is asked of whom, how long a proof is recent, who unlocks."""

from dataclasses import replace

import pytest

from keepsight.core.secret import Secret
from keepsight.hub.keyring import WrongPassphraseError
from keepsight.hub.member import Member, Role
from keepsight.hub.signin.openers import open_with_any_owner
from keepsight.hub.signin.passkey import Passkey, Site
from keepsight.hub.signin.signin import RECENT_US, address_hint
from tests.hub.clocks import HandClock

SITE = Site("home.example", "https://home.example")
AT_IP = Site("192.168.1.20", "https://192.168.1.20")
SESSION = b"s" * 32


@pytest.fixture
def ann(home):
    (member,) = home.household.people.members.values()
    return member


async def test_who_has_enrolled_something_owes_it_everywhere(home, ann):
    signin = home.household.signin
    assert signin.kinds(ann, SITE) == []
    key = Passkey(b"k" * 16, ann.member_id, "Phone", b"x", 0, "home.example", False, 1)
    await signin.factors.add_passkey(key)
    assert signin.kinds(ann, SITE) == ["passkey"]
    # Under another address the passkey does not work, and still the passphrase is not enough.
    assert signin.kinds(ann, AT_IP) == ["passkey"]
    await signin.factors.renew_codes(ann.member_id)
    assert signin.kinds(ann, AT_IP) == ["recovery_code"]
    assert signin.kinds(replace(ann, email="ann@example.org"), AT_IP) == ["recovery_code"]


def test_a_proof_is_recent_for_ten_minutes_and_one_session(home):
    signin, clock = home.household.signin, HandClock()
    home.household.clock = clock
    signin.confirm(SESSION)
    assert signin.is_recent(SESSION)
    assert not signin.is_recent(b"o" * 32)
    clock.jump_wall(-(10**6))
    clock.tick(RECENT_US / 1e6 - 1)
    assert signin.is_recent(SESSION)
    clock.tick(1)
    assert not signin.is_recent(SESSION)
    signin.confirm(SESSION)
    signin.end_session(SESSION)
    assert not signin.is_recent(SESSION)


async def test_a_second_owner_unlocks_too_until_they_are_none(home, ann):
    household = home.household
    signin, file = household.signin, home.hub._keyring_file
    bob = Member(b"b" * 16, "Bob", Role.OWNER, "", ann.created_us + 1)
    household.people.members[bob.member_id] = bob
    words = Secret("velvet harbour spindle cactus")
    await signin.open_with(bob, words)
    root = household.keyring.root
    assert open_with_any_owner(file, signin.openers, words).root == root
    await signin.close_keys_to(bob)
    with pytest.raises(WrongPassphraseError):
        open_with_any_owner(file, signin.openers, words)


async def test_a_founder_who_goes_unlocks_nothing(home, ann):
    household = home.household
    bob = Member(b"b" * 16, "Bob", Role.OWNER, "", ann.created_us + 1)
    household.people.members[bob.member_id] = bob
    await household.signin.open_with(bob, Secret("velvet harbour spindle cactus"))
    await household.signin.close_to(ann)
    file, openers = home.hub._keyring_file, household.signin.openers
    with pytest.raises(WrongPassphraseError):
        open_with_any_owner(file, openers, Secret("gravel teapot orbit lantern"))
    words = Secret("velvet harbour spindle cactus")
    assert open_with_any_owner(file, openers, words).root == household.keyring.root


@pytest.mark.parametrize(
    ("address", "hint"),
    [("ann@example.org", "a…@e….org"), ("x@localhost", "x…@l…"), ("", "…@…")],
)
def test_the_hint_at_an_address_is_no_address(address, hint):
    assert address_hint(address) == hint
