"""`member list|invite|grant|role|remove` as a person types them, against a running hub."""

import pytest

from keepsight.cli.members import describe, read_hours
from keepsight.cli.terminal import CommandError
from tests.cli.command import keepsight


@pytest.mark.parametrize(
    ("text", "weekdays", "start", "end"),
    [
        ("mon-fri 08:00-17:00", [0, 1, 2, 3, 4], 480, 1020),
        ("sat-mon 22:00-06:30", [0, 5, 6], 1320, 390),
        ("SUN 00:00-24:00", [6], 0, 1440),
        ("9-12:30", [0, 1, 2, 3, 4, 5, 6], 540, 750),
    ],
)
def test_hours_as_people_write_them(text, weekdays, start, end):
    expected = {"weekdays": weekdays, "start_minute": start, "end_minute": end}
    assert read_hours(text) == expected


@pytest.mark.parametrize(
    "text", ["", "today", "mon-fri", "mon 8:75-9", "mon 8-25", "moon 8-9", "8"]
)
def test_what_is_no_hours_is_refused(text):
    with pytest.raises(CommandError, match="write it like"):
        read_hours(text)


def test_grants_in_words():
    grant = {"camera": "ab", "capabilities": ["live"], "until_us": None, "hours": []}
    assert describe([grant], {"ab": "Hall"}) == "Hall: live"
    assert describe([{**grant, "camera": None, "hours": [1]}], {}) == (
        "all cameras: live, at certain hours"
    )
    assert describe([], {}) == "nothing"


async def test_invite_join_grant_role_remove(installed):
    data, home = installed
    made = await keepsight(
        *("member", "invite", "Gwen", "--camera", "all", "--until", "+2d"),
        *("--hours", "mon-fri 08:00-17:00", "--page", "https://home.test/", "--data", data),
    )
    link = made.out.strip()
    assert link.startswith("https://home.test/join#secret=")
    secret = link.split("secret=")[1].split("&")[0]
    async with home.browser(is_signed_in=False) as gwen:
        assert (await gwen.join(secret)).status == 200
        listed = await keepsight("member", "list", "--data", data)
        assert "all cameras: live, still, until" in listed.out
        given = await keepsight(
            *("member", "grant", "gwen", "--camera", "all", "--capability", "still"),
            *("--data", data, "--json"),
        )
        assert given.json["grants"][0]["capabilities"] == ["still"]
        role = await keepsight("member", "role", "Gwen", "member", "--data", data)
        assert role.out.strip() == "Gwen is now: member"
        gone = await keepsight("member", "remove", "Gwen", "--yes", "--data", data)
        assert (gone.status, "new epoch" in gone.out) == (0, True)
        assert (await gwen.ask("GET", "/api/session")).status == 401


async def test_what_cannot_be_done_says_why(installed):
    data, _home = installed
    nobody = await keepsight("member", "remove", "Zoe", "--yes", "--data", data)
    assert (nobody.status, "no member of this household" in nobody.err) == (1, True)
    last = await keepsight("member", "role", "Ann", "guest", "--data", data)
    assert (last.status, "make somebody else one first" in last.err) == (1, True)
    which = await keepsight("member", "invite", "Gwen", "--data", data)
    assert (which.status, "say which cameras" in which.err) == (1, True)
    camera = await keepsight("member", "invite", "Gwen", "--camera", "Attic", "--data", data)
    assert (camera.status, "no camera of this household" in camera.err) == (1, True)


async def test_a_removed_member_can_be_erased_from_the_ledger(installed):
    data, home = installed
    async with home.member("Gwendolyn"):
        pass
    reader = home.household.journal.reader
    assert "Gwendolyn" in str(reader.page(1 << 40, 200).lines)
    gone = await keepsight("member", "remove", "Gwendolyn", "--yes", "--erase", "--data", data)
    assert (gone.status, "was removed" in gone.out) == (0, True), gone.err
    assert "Gwendolyn" not in str(reader.page(1 << 40, 200).lines)
