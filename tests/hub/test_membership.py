"""Goal: the log is durable before a change counts, what the database knows beyond it is barred, and
an older directory that was put back is noticed. Method: real files, copied and restored."""

import asyncio
import os
import shutil

import pytest

from keepsight.hub.keyring import new_keyring
from keepsight.hub.member import Device, Member, Role
from keepsight.hub.membership import FILE_NAME, Membership, MembershipError
from keepsight.seal.membership import GENESIS, read_chain
from tests.hub.clocks import HandClock

HOME = b"h" * 16
ANN = Member(b"a" * 16, "Ann", Role.OWNER, "", 1)
BOB = Member(b"b" * 16, "Bob", Role.MEMBER, "", 1)
PHONE = Device(b"p" * 16, ANN.member_id, "Phone", b"k" * 32, 1, 1)
TABLET = Device(b"t" * 16, BOB.member_id, "Tablet", b"l" * 1216, 1, 1)


@pytest.fixture
def keyring():
    return new_keyring(HOME, "Home", 1)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "keys").mkdir()
    return tmp_path


def opened(place, keyring, members=(ANN,), devices=(PHONE,), *, anchor=True):
    outside = place / "outside.anchor" if anchor else None
    found = Membership(place / "keys", outside, keyring, HandClock())
    found.open(members, devices)
    return found


def as_shown(membership):
    """What a device of ours keeps and shows."""
    known = membership.newest
    return __import__("json").loads(known.line())


async def test_a_new_log_names_who_is_there_and_goes_on(place, keyring):
    found = opened(place, keyring)
    assert found.newest.entry.version == 1
    assert found.newest.state.members == {ANN.member_id: "owner"}
    await found.changed("member_added", members={BOB.member_id: "member"})
    await found.changed("device_enrolled", devices=[TABLET])
    again = opened(place, keyring, (ANN, BOB), (PHONE, TABLET))
    assert again.newest.entry.version == 3
    assert not again.is_rolled_back
    assert again.barred == frozenset()
    entries = read_chain(keyring.identity_public, HOME, again.after(0), previous=GENESIS)
    assert [entry.reason for entry in entries] == ["begun", "member_added", "device_enrolled"]
    assert [one.text for one in again.after(2)] == [again.newest.signed.text]


async def test_a_removed_member_takes_their_devices_along(place, keyring):
    found = opened(place, keyring, (ANN, BOB), (PHONE, TABLET))
    await found.changed("member_removed", gone=[BOB.member_id])
    assert set(found.newest.state.devices) == {PHONE.device_id}


async def test_what_the_database_has_beyond_the_log_is_barred(place, keyring):
    opened(place, keyring)
    promoted = Member(BOB.member_id, "Bob", Role.OWNER, "", 1)
    again = opened(place, keyring, (ANN, promoted), (PHONE, TABLET))
    assert again.barred == {BOB.member_id, TABLET.device_id}
    assert again.newest.entry.version == 1


async def test_a_role_that_was_changed_in_the_database_alone_does_not_count(place, keyring):
    opened(place, keyring, (ANN, BOB), (PHONE, TABLET))
    promoted = Member(BOB.member_id, "Bob", Role.OWNER, "", 1)
    again = opened(place, keyring, (ANN, promoted), (PHONE, TABLET))
    assert again.barred == frozenset()
    assert again.roles == {ANN.member_id: "owner", BOB.member_id: "member"}


async def test_what_the_database_lost_is_taken_off_the_log(place, keyring):
    opened(place, keyring, (ANN, BOB), (PHONE, TABLET))
    again = opened(place, keyring, (ANN,), (PHONE,))
    assert again.newest.entry.reason == "reconciled"
    assert again.newest.state.members == {ANN.member_id: "owner"}


async def test_a_torn_line_was_never_believed(place, keyring):
    opened(place, keyring)
    path = place / "keys" / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert opened(place, keyring).newest.entry.version == 1
    assert path.read_bytes() == whole


@pytest.mark.parametrize("how", ["changed", "swapped", "foreign"])
async def test_a_changed_log_is_held_back(place, keyring, how):
    found = opened(place, keyring)
    await found.changed("member_added", members={BOB.member_id: "member"})
    path = place / "keys" / FILE_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    if how == "changed":
        lines[0] = lines[0].replace(b"owner", b"guest", 1)
    elif how == "swapped":
        lines.reverse()
    else:
        (place / "other").mkdir()
        other = Membership(place / "other", None, new_keyring(HOME, "Home", 1), HandClock())
        other.open((ANN,), ())
        lines.append(other.newest.line())
    path.write_bytes(b"".join(lines))
    again = opened(place, keyring, anchor=False)
    assert again.is_rolled_back
    assert opened(place, keyring, anchor=False).is_rolled_back, "until somebody accepts it"
    assert await again.accept() == 1
    assert not opened(place, keyring, anchor=False).is_rolled_back


async def test_a_line_that_the_disk_takes_in_parts_is_whole(place, keyring, monkeypatch):
    found, write = opened(place, keyring), os.write
    with monkeypatch.context() as patch:
        patch.setattr("keepsight.hub.membership.os.write", lambda fd, data: write(fd, data[:100]))
        await found.changed("member_added", members={BOB.member_id: "member"})
    again = opened(place, keyring, (ANN, BOB))
    assert not again.is_rolled_back
    assert again.newest.entry.version == 2


async def test_a_full_disk_changes_nothing(place, keyring, monkeypatch):
    found = opened(place, keyring)
    before = (place / "keys" / FILE_NAME).read_bytes()

    def full(_descriptor):
        raise OSError(28, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr("keepsight.hub.membership.os.fsync", full)
        with pytest.raises(OSError, match="no space"):
            await found.changed("member_added", members={BOB.member_id: "member"})
    assert found.newest.entry.version == 1
    assert (place / "keys" / FILE_NAME).read_bytes() == before


@pytest.fixture
async def restored(place, keyring):
    """Bob was there when the backup was made, was removed, and the backup was put back."""
    found = opened(place, keyring, (ANN, BOB), (PHONE, TABLET))
    shutil.copytree(place / "keys", place / "backup")
    await found.changed("member_removed", gone=[BOB.member_id])
    shown = as_shown(found)
    shutil.rmtree(place / "keys")
    (place / "backup").rename(place / "keys")
    return shown


async def test_the_anchor_notices_a_restored_backup_and_bars_who_was_removed(
    place, keyring, restored
):
    found = opened(place, keyring, (ANN, BOB), (PHONE, TABLET))
    assert found.is_rolled_back
    assert found.barred == {BOB.member_id, TABLET.device_id}
    assert await found.accept() == 1
    assert not found.is_rolled_back
    assert (found.newest.entry.version, found.newest.entry.reason) == (3, "restored")
    assert found.newest.state.members == {ANN.member_id: "owner"}
    assert await found.accept() is None
    later = opened(place, keyring, (ANN, BOB), (PHONE, TABLET))
    assert not later.is_rolled_back
    assert later.barred == {BOB.member_id, TABLET.device_id}, "still in the database, still out"


async def test_a_device_that_remembers_more_is_believed_and_it_lasts(place, keyring, restored):
    found = opened(place, keyring, (ANN, BOB), (PHONE, TABLET), anchor=False)
    assert not found.is_rolled_back
    assert await found.witness(restored)
    assert found.is_rolled_back
    assert found.barred == {BOB.member_id, TABLET.device_id}
    assert not await found.witness(restored), "it is no news any more"
    new = Device(b"n" * 16, ANN.member_id, "", b"", 1, 1)
    await found.changed("device_enrolled", devices=[new])
    assert found.newest.entry.version == 2
    assert not await found.witness(restored), "an owner may sign in to look into it"
    again = opened(place, keyring, (ANN, BOB), (PHONE, TABLET), anchor=False)
    assert again.is_rolled_back, "over a restart too"


async def test_two_histories_of_one_version_are_noticed(place, keyring, restored):
    found = opened(place, keyring, (ANN, BOB), (PHONE, TABLET), anchor=False)
    await found.changed("device_enrolled", devices=[Device(b"n" * 16, b"b" * 16, "", b"", 1, 1)])
    assert found.newest.entry.version == 2
    assert await found.witness(restored)
    await found.accept()
    assert not await found.witness(restored), "accepted once, whoever still remembers it"
    again = opened(place, keyring, (ANN,), (), anchor=False)
    assert not await again.witness(restored), "over a restart too"


async def test_what_is_older_or_not_ours_is_no_news(place, keyring):
    found = opened(place, keyring)
    first = as_shown(found)
    await found.changed("member_added", members={BOB.member_id: "member"})
    assert not await found.witness(first)
    other = Membership(place, None, new_keyring(HOME, "Home", 1), HandClock())
    other.open((ANN,), ())
    for _ in range(5):
        await other.changed("member_added", members={BOB.member_id: "member"})
    for shown in (
        as_shown(other),
        {**first, "signature": "AAAA"},
        {**first, "state": "{}"},
        {"entry": first["entry"]},
        {},
    ):
        with pytest.raises(MembershipError):
            await found.witness(shown)
    assert not found.is_rolled_back


async def test_changes_at_the_same_time_make_one_chain(place, keyring):
    found = opened(place, keyring)
    added = [bytes([number]) * 16 for number in range(8)]
    await asyncio.gather(*(found.changed("member_added", members={m: "guest"}) for m in added))
    assert set(found.newest.state.members) == {ANN.member_id, *added}
    read_chain(keyring.identity_public, HOME, found.after(0), previous=GENESIS)
