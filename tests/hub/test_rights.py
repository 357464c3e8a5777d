"""Rights of an open household: what a grant allows, when it begins and ends, who is told."""

from dataclasses import replace

import pytest

from keepsight.hub.grant import Capability, Grant
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.member import Device, Member, Role
from keepsight.hub.rights import GRANTS_MAX
from keepsight.hub.suspension import Suspension

CAMERA, OTHER = b"c" * 16, b"o" * 16


def grant(**changes):
    wanted = Grant(
        bytes(16), bytes(16), CAMERA, frozenset({Capability.LIVE}), 0, None, (), bytes(16)
    )
    return replace(wanted, **changes)


async def guest(home):
    made = Member(b"g" * 16, "Gwen", Role.GUEST, "x", 1)
    await home.household.people.add_member(made, by="local")
    return Viewer(made, Device(b"d" * 16, made.member_id, "Phone", b"k" * 32, 1, 1))


async def test_nothing_is_allowed_without_a_grant_and_everything_to_owners(home):
    rights = home.household.rights
    viewer = await guest(home)
    (ann,) = [m for m in home.household.people.members.values() if m.role is Role.OWNER]
    owner = Viewer(ann, viewer.device)
    for capability in Capability:
        assert not rights.decide(viewer, CAMERA, capability).is_allowed
        assert rights.decide(owner, CAMERA, capability).is_allowed
        assert rights.decide(None, CAMERA, capability).is_allowed
    assert rights.granted(viewer, CAMERA) == ()


async def test_grants_are_kept_over_a_reload_and_replaced_as_a_whole(home):
    rights = home.household.rights
    viewer = await guest(home)
    await rights.replace(viewer.member, [grant(), grant(camera_id=OTHER)], by="local")
    await rights.load()
    assert rights.granted(viewer, CAMERA) == (Capability.LIVE,)
    await rights.replace(viewer.member, [grant(camera_id=OTHER)], by="local")
    assert rights.granted(viewer, CAMERA) == ()
    assert rights.granted(viewer, OTHER) == (Capability.LIVE,)
    ids = {one.grant_id for one in rights.of(viewer.member.member_id)}
    assert bytes(16) not in ids


async def test_too_many_grants_are_refused_and_nothing_changes(home):
    rights = home.household.rights
    viewer = await guest(home)
    with pytest.raises(ValueError, match="at most"):
        await rights.replace(viewer.member, [grant()] * (GRANTS_MAX + 1), by="local")
    assert rights.of(viewer.member.member_id) == ()


async def test_the_first_grant_interrupts_nobody_and_taking_one_back_rolls(home, monkeypatch):
    rights = home.household.rights
    viewer = await guest(home)
    narrowed = []
    monkeypatch.setattr(rights, "narrow", lambda: narrowed.append(True))
    await rights.replace(viewer.member, [grant()], by="local")
    assert narrowed == []
    await rights.replace(viewer.member, [], by="local")
    assert narrowed == [True]


async def test_time_begins_and_ends_grants(home, monkeypatch):
    rights = home.household.rights
    viewer = await guest(home)
    clock = home.household.clock
    now = clock.wall_us()
    wanted = [grant(from_us=now + 1_000_000, until_us=now + 3_000_000)]
    await rights.replace(viewer.member, wanted, by="local")
    narrowed = []
    monkeypatch.setattr(rights, "narrow", lambda: narrowed.append(True))
    seen = []
    for ahead in (0, 2_000_000, 2_000_000, 4_000_000, 4_000_000):
        monkeypatch.setattr(clock, "wall_us", lambda ahead=ahead: now + ahead, raising=False)
        seen.append((rights.keep_time(), rights.granted(viewer, CAMERA) != (), len(narrowed)))
    # The hub's own clock keeps the grant's beginning and end in the background too.
    assert [allowed for _noticed, allowed, _rolled in seen] == [False, True, True, False, False]
    assert seen[-1][2] >= 1


async def test_a_suspension_stands_in_the_way_of_what_is_granted(home):
    rights = home.household.rights
    viewer = await guest(home)
    await rights.replace(viewer.member, [grant()], by="local")
    off = Suspension(b"s" * 16, "recall", 0, None, bytes(16), camera_id=CAMERA)
    rights.suspended = lambda: (off,)
    decision = rights.decide(viewer, CAMERA, Capability.LIVE)
    assert (decision.is_allowed, decision.suspension) == (False, off)
    assert rights.granted(viewer, CAMERA) == (Capability.LIVE,)
    assert rights.decide(viewer, CAMERA, Capability.STILL).suspension is None


async def test_a_request_that_waits_keeps_no_role_that_was_taken_away(home):
    people, rights = home.household.people, home.household.rights
    ben = Member(b"b" * 16, "Ben", Role.OWNER, "x", 1)
    await people.add_member(ben, by="local")
    asking = Viewer(ben, Device(b"d" * 16, ben.member_id, "Phone", b"k" * 32, 1, 1))
    assert rights.decide(asking, CAMERA, Capability.LIVE).is_allowed
    await people.change_member(replace(ben, role=Role.MEMBER), by="local")
    assert not rights.decide(asking, CAMERA, Capability.LIVE).is_allowed
    await people.remove_member(ben, by="local")
    assert not rights.decide(asking, CAMERA, Capability.LIVE).is_allowed
