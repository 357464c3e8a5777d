"""Members, their devices and sessions, in an open household; over a real hub."""

import asyncio
from dataclasses import replace

import pytest

from keepsight.core.secret import Secret
from keepsight.hub.member import Device, Member, Role
from keepsight.hub.people import BarredError, LastOwnerError
from keepsight.seal.ledger import LedgerError


async def test_sessions_survive_a_reload_and_expire(home, monkeypatch):
    household = home.household
    (member,) = household.people.members.values()
    device = Device(b"d" * 16, member.member_id, "Phone", b"k" * 32, 1, 1)
    await household.people.enrol_device(device)
    token, session = await household.people.start_session(member, device)
    assert household.people.find_session(token)[1].member == member
    assert household.people.find_session("") is None
    assert household.people.find_session(token + "x") is None
    household.people.sessions.clear()
    await household.load()
    assert household.people.find_session(token) is not None
    monkeypatch.setattr(household.clock, "wall_us", lambda: session.expires_us, raising=False)
    assert household.people.find_session(token) is None


async def test_removing_a_device_ends_its_sessions_and_rolls_the_windows(home, monkeypatch):
    household = home.household
    rolled, ended = [], []
    monkeypatch.setattr(household.roster, "roll_windows", lambda: rolled.append(True))
    household.people.on_session_end = ended.append
    (member,) = household.people.members.values()
    device = Device(b"d" * 16, member.member_id, "Phone", b"k" * 32, 1, 1)
    await household.people.enrol_device(device)
    token, session = await household.people.start_session(member, device)
    await household.people.remove_device(device.device_id, by="test")
    assert household.people.find_session(token) is None
    assert ended == [session.token_hash]
    assert rolled == [True]


async def test_a_device_that_the_ledger_cannot_record_is_signed_out_and_still_listed(
    home, monkeypatch
):
    household = home.household
    (member,) = household.people.members.values()
    device = Device(b"d" * 16, member.member_id, "Phone", b"k" * 32, 1, 1)
    await household.people.enrol_device(device)
    token, _session = await household.people.start_session(member, device)
    epoch = household.keyring.epoch

    async def refuse(_entries):
        raise LedgerError("no space")

    with monkeypatch.context() as full:
        full.setattr(household.journal, "record", refuse)
        with pytest.raises(LedgerError):
            await household.people.remove_device(device.device_id, by="test")
    assert household.people.find_session(token) is None
    assert device.device_id in household.people.devices
    await household.people.remove_device(device.device_id, by="test")
    assert device.device_id not in household.people.devices
    assert household.keyring.epoch == epoch + 1


async def second_owner(home):
    ben = Member(b"b" * 16, "Ben", Role.OWNER, "x", 1)
    await home.household.people.add_member(ben, by="local")
    return ben


async def test_two_owners_who_demote_each_other_at_once_leave_one(home):
    people = home.household.people
    (ann,) = people.members.values()
    ben = await second_owner(home)
    ends = await asyncio.gather(
        people.change_member(replace(ben, role=Role.MEMBER), by="ann", was=ben),
        people.change_member(replace(ann, role=Role.MEMBER), by="ben", was=ann),
        return_exceptions=True,
    )
    assert [isinstance(end, LastOwnerError) for end in ends] == [False, True]
    assert [one.role for one in people.members.values()].count(Role.OWNER) == 1


async def test_who_is_removed_while_somebody_changes_them_stays_out(home):
    people = home.household.people
    ben = await second_owner(home)
    ends = await asyncio.gather(
        people.remove_member(ben, by="ann"),
        people.change_member(replace(ben, name="Benny"), by="ann", was=ben),
        people.set_email(ben, "ben@example.org", by="ben"),
        people.set_passphrase(ben, Secret("violet harbour quiet lantern"), by="ben"),
        return_exceptions=True,
    )
    assert [type(end) for end in ends] == [type(None)] + 3 * [BarredError]
    await people.load()
    assert ben.member_id not in people.members


async def test_a_role_that_is_taken_away_does_not_come_back_with_another_change(home):
    people = home.household.people
    ben = await second_owner(home)
    await asyncio.gather(
        people.set_passphrase(ben, Secret("violet harbour quiet lantern"), by="ben"),
        people.change_member(replace(ben, role=Role.GUEST), by="ann", was=ben),
        people.change_member(replace(ben, name="Benny"), by="ann", was=ben),
    )
    now = people.members[ben.member_id]
    assert (now.role, now.name) == (Role.GUEST, "Benny")
    assert now.passphrase_hash != ben.passphrase_hash
    await people.load()
    assert people.members[ben.member_id] == now
