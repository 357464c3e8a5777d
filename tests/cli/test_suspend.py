"""`suspend`, `resume`, `suspensions` as a person types them, against a running hub."""

from keepsight.cli.suspend import describe
from tests.cli.command import keepsight

WHY = ("--reason", "recalled by its maker")


def test_a_suspension_in_words():
    entry = {"vendor": "Acme", "camera": "ab" * 16, "capabilities": ["live", "still"]}
    assert describe(entry, {"ab" * 16: "Hall"}) == "vendor Acme and camera Hall: live, still"
    assert describe({"integration": "*", "capabilities": []}, {}) == "every integration"
    assert describe({"capabilities": ["export"]}, {}) == "everything: export"


async def test_everything_off_then_all_but_streaming(installed):
    data, home = installed
    off = await keepsight("suspend", "--integration", "all", *WHY, "--data", data)
    assert (off.status, "every integration" in off.out) == (0, True)
    narrow = await keepsight(
        "resume", "--integration", "all", "--except", "live", "--data", data, "--json"
    )
    assert narrow.json[0]["capabilities"] == ["live"]
    listed = await keepsight("suspensions", "--data", data)
    assert "every integration: live" in listed.out
    assert "lifted" in listed.out
    number = narrow.json[0]["suspension"][:8]
    back = await keepsight("resume", number, "--data", data)
    assert (back.status, "resumed" in back.out) == (0, True)
    assert home.household.suspensions.in_force == ()


async def test_what_cannot_be_done_says_why(installed):
    data, _home = installed
    nothing = await keepsight("suspend", *WHY, "--data", data)
    assert (nothing.status, "say what to suspend" in nothing.err) == (1, True)
    unknown = await keepsight("suspend", "--camera", "Attic", *WHY, "--data", data)
    assert (unknown.status, "no camera of this household" in unknown.err) == (1, True)
    which = await keepsight("resume", "--data", data)
    assert (which.status, "say which" in which.err) == (1, True)
    none = await keepsight("resume", "--vendor", "Acme", "--data", data)
    assert (none.status, "no such suspension" in none.err) == (1, True)
    empty = await keepsight("suspensions", "--data", data)
    assert "nothing is or was suspended" in empty.out


async def test_an_end_can_be_given(installed):
    data, home = installed
    made = await keepsight(
        *("suspend", "--vendor", "Acme", "--capability", "live", "--until", "+2h"),
        *(*WHY, "--data", data, "--json"),
    )
    assert made.json["until_us"] > home.household.clock.wall_us()
    assert made.json["capabilities"] == ["live"]
