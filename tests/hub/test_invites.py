"""Invites of an open household: few at a time, kept as hashes, over when used."""

from dataclasses import replace

import pytest

from keepsight.hub.invite import LIFE_US, Invite
from keepsight.hub.invites import OPEN_MAX, InviteError, fingerprint
from keepsight.hub.member import Member, Role


def wish(home, name="Gwen"):
    now = home.household.clock.wall_us()
    return Invite(b"", b"", name, Role.GUEST, (), now, now + LIFE_US, bytes(16))


async def test_an_invite_is_found_by_its_secret_only_and_survives_a_reload(home):
    invites = home.household.invites
    made, secret = await invites.make(wish(home))
    assert invites.find(secret) == made
    assert invites.find(secret + "x") is None
    await invites.load()
    assert invites.find(secret) == made


async def test_a_used_one_is_gone(home):
    invites = home.household.invites
    made, secret = await invites.make(wish(home))
    member = await invites.use(made, "$argon2id$")
    assert (member.name, member.role) == ("Gwen", Role.GUEST)
    assert home.household.people.members[member.member_id] == member
    assert invites.find(secret) is None
    with pytest.raises(InviteError) as caught:
        await invites.use(made, "x")
    assert caught.value.code == "no_such_invite"


async def test_there_is_an_end_to_open_invites(home):
    invites = home.household.invites
    for number in range(OPEN_MAX):
        await invites.make(wish(home, f"Guest {number}"))
    with pytest.raises(InviteError) as caught:
        await invites.make(wish(home, "One more"))
    assert caught.value.code == "too_many_invites"


async def test_a_name_that_is_in_use_is_not_invited(home):
    with pytest.raises(InviteError) as caught:
        await home.household.invites.make(wish(home, "ann"))
    assert caught.value.code == "name_in_use"


async def test_an_expired_one_is_not_found(home):
    invites = home.household.invites
    made, secret = await invites.make(wish(home))
    over = replace(made, expires_us=home.household.clock.wall_us())
    invites._open[made.invite_id] = over
    assert invites.find(secret) is None
    assert not await invites.revoke(made.invite_id, by="local")


def test_a_fingerprint_has_128_bits():
    assert len(bytes.fromhex(fingerprint(b"k" * 32))) == 16
    assert fingerprint(b"k" * 32) != fingerprint(b"l" * 32)


async def test_the_invites_of_an_owner_end_with_their_right_to_make_them(home):
    people, invites = home.household.people, home.household.invites
    for number, end in enumerate(("removed", "demoted")):
        ben = Member(bytes([number + 1]) * 16, f"Ben {number}", Role.OWNER, "x", 1)
        await people.add_member(ben, by="local")
        wanted = replace(wish(home, f"Back door {number}"), role=Role.OWNER, by=ben.member_id)
        made, secret = await invites.make(wanted)
        assert invites.find(secret) == made
        if end == "removed":
            await people.remove_member(ben, by="local")
        else:
            await people.change_member(replace(ben, role=Role.MEMBER), by="local")
        assert invites.find(secret) is None
        await invites.load()
        assert invites.find(secret) is None
