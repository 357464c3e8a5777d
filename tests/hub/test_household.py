"""Sessions, devices and names of an open household; over a real hub."""

from keepsight.core.secret import Secret
from keepsight.hub.keyring import KeyringFile
from keepsight.hub.member import Device
from tests.home import PASSPHRASE


async def test_sessions_survive_a_reload_and_expire(home, monkeypatch):
    household = home.household
    member = await household.sql(household.store.member_by_name, household.household_id, "Ann")
    device = Device(b"d" * 16, member.member_id, "Phone", b"k" * 32, 1, 1)
    await household.enrol_device(device)
    token, session = await household.start_session(member, device)
    assert household.find_session(token)[1].member == member
    assert household.find_session("") is None
    assert household.find_session(token + "x") is None
    household._sessions.clear()
    await household.load()
    assert household.find_session(token) is not None
    monkeypatch.setattr(household.clock, "wall_us", lambda: session.expires_us, raising=False)
    assert household.find_session(token) is None


async def test_removing_a_device_ends_its_sessions_and_rolls_the_windows(home, monkeypatch):
    household = home.household
    rolled, ended = [], []
    monkeypatch.setattr(household.roster, "roll_windows", lambda: rolled.append(True))
    household.on_session_end = ended.append
    member = await household.sql(household.store.member_by_name, household.household_id, "Ann")
    device = Device(b"d" * 16, member.member_id, "Phone", b"k" * 32, 1, 1)
    await household.enrol_device(device)
    token, session = await household.start_session(member, device)
    await household.remove_device(device.device_id, by="test")
    assert household.find_session(token) is None
    assert ended == [session.token_hash]
    assert rolled == [True]


async def test_renaming_keeps_the_keys(home):
    await home.household.rename("Zuhause", by="test")
    file = KeyringFile(home.directory / "keys" / "keyring.json", home.directory / "none")
    opened = file.open_with_passphrase(Secret(PASSPHRASE))
    assert (opened.name, opened.root) == ("Zuhause", home.household.keyring.root)
    assert file.public()[1] == "Zuhause"
