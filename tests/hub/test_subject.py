"""What a member is told about themselves; nobody can read an erased one on the ledger."""

import json

import pytest

from keepsight.hub.people import LastOwnerError
from keepsight.hub.subject import ABOUT, as_told, describe, erase, export_pieces

ME, OTHER = "aa" * 16, "bb" * 16


def find(home, name):
    return next(m for m in home.household.people.members.values() if m.name == name)


def all_lines(home):
    return home.household.journal.reader.page(1 << 40, 500).lines


def test_what_a_line_says_of_somebody_else_is_left_out():
    mine = {"n": 1, "type": "sign_in", "at_us": 5, "member": ME, "factor": "passphrase"}
    assert as_told(mine, ME) == mine
    done = {"n": 2, "type": "camera_added", "at_us": 5, "by": ME, "name": "Hall"}
    assert as_told(done, ME) == done
    theirs = {"n": 3, "type": "member_removed", "at_us": 5, "member": OTHER, "name": "B", "by": ME}
    assert as_told(theirs, ME) == {"n": 3, "type": "member_removed", "at_us": 5}


async def test_every_function_is_described_and_counted(home):
    async with home.member("Ben", "member") as browser:
        ben = find(home, "Ben")
        found = await describe(home.household, ben)
        functions = {function["name"]: function for function in found["functions"]}
        assert list(functions) == list(ABOUT)
        assert functions["devices"]["entries"][0]["id"] == browser.device_id
        assert functions["sessions"]["count"] == 1
        assert functions["factors"]["entries"] == [{"kind": "passphrase"}]
        extent = functions["ledger"]["entries"][0]
        assert functions["ledger"]["count"] == extent["count"] >= 4
        assert extent["first_us"] <= extent["last_us"]
        assert functions["pictures"]["count"] is None
        assert "argon2" not in json.dumps(found)


async def test_a_copy_has_every_line_about_the_member_and_no_other(home):
    async with home.member("Ben", "member"), home.member("Eve", "member"):
        ben = find(home, "Ben")
        described = await describe(home.household, ben)
        copy = json.loads("".join(export_pieces(home.household, ben, described)))
        about = [line for line in all_lines(home) if line.get("member") == ben.member_id.hex()]
        assert sorted(line["n"] for line in about) == [line["n"] for line in copy["ledger"]]
        assert {"member_added", "device_enrolled", "sign_in"} <= {
            line["type"] for line in copy["ledger"]
        }
        assert find(home, "Eve").member_id.hex() not in json.dumps(copy)


async def test_an_erased_member_is_named_nowhere_and_every_proof_holds(home):
    async with home.member("Benedikt", "member", []) as browser:
        ben = find(home, "Benedikt")
        wrong = await browser.sign_in("Benedikt", "wrong passphrase")
        assert wrong.status == 401
        before = home.household.journal.head
        assert "Benedikt" in json.dumps(all_lines(home))
        await erase(home.household, ben, by="local")
        after = all_lines(home)
        assert "Benedikt" not in json.dumps(after)
        assert ben.member_id.hex() not in json.dumps(after)
        assert browser.device_id not in json.dumps(after)
        assert "Benedikt" not in home.household.journal.reader.names().values()
        verdict = await home.household.journal.examine()
        assert verdict.is_intact
        root = home.household.journal.reader.root_at(before[0]).hex()
        assert root == before[1], "the lines of before are as they were"
        assert ben.member_id not in home.household.people.members


async def test_the_last_owner_cannot_go(home):
    with pytest.raises(LastOwnerError):
        await erase(home.household, find(home, "Ann"), by="local")
    assert find(home, "Ann")
