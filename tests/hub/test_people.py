"""Members, their devices and sessions, in an open household; over a real hub."""

from keepsight.hub.member import Device


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
