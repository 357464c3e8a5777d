"""The membership log over the API: devices verify it, and one that remembers more is heard."""

import base64
import json
import shutil

import pytest

from keepsight.core.secret import Secret
from keepsight.hub.epochs import RollReason
from keepsight.hub.member import Member, Role
from keepsight.seal import keys
from keepsight.seal.membership import GENESIS, SignedEntry, key_hash, read_chain, read_state
from tests.home import HOUSEHOLD, PASSPHRASE, running_hub

OTHER = "meadow copper violin thunder"


def verified(answer, household=HOUSEHOLD):
    """Entries and newest state, as a device would believe them."""
    identity = base64.b64decode(answer["identity"])
    signed = [
        SignedEntry(one["entry"], base64.b64decode(one["signature"])) for one in answer["entries"]
    ]
    entries = read_chain(identity, bytes.fromhex(household), signed, previous=GENESIS)
    return entries, read_state(answer["state"], entries[-1])


def as_remembered(answer):
    return {**answer["entries"][-1], "state": answer["state"]}


async def test_every_change_is_signed(home):
    async with home.browser() as ann:
        entries, state = verified(await ann.get("/api/membership"))
        assert [e.reason for e in entries] == ["begun", "member_added", "device_enrolled"]
        (member,) = state.members
        device = bytes.fromhex(ann.device_id)
        public = base64.b64decode(ann.device["public_key"])
        assert state.devices[device] == (member, key_hash(public))
        async with home.browser() as phone:
            assert (await ann.ask("DELETE", f"/api/devices/{phone.device_id}")).status == 204
        answer = await ann.get("/api/membership", after=3)
        reasons = [json.loads(one["entry"])["reason"] for one in answer["entries"]]
        assert reasons == ["device_enrolled", "device_removed", "epoch"]
        assert json.loads(answer["entries"][-1]["entry"])["epoch"] == 2
        assert not answer["held_back"]


async def add_bob(home):
    hashed = home.household.access.hash_passphrase(Secret(OTHER))
    bob = Member(keys.new_id(), "Bob", Role.OWNER, hashed, home.hub.clock.wall_us())
    await home.household.people.add_member(bob, by="local")
    return bob


@pytest.fixture
async def restored(tmp_path, cheap_argon2):
    """A backup with Bob in it was put back after he had been removed; what Ann's browser knows."""
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory) as home:
        await home.hub.set_up("Home", "Ann", Secret(PASSPHRASE), starts_unattended=True)
        bob = await add_bob(home)
    shutil.copytree(directory, tmp_path / "backup")
    async with running_hub(directory) as home, home.browser() as ann:
        await home.household.membership.changed("member_removed", gone=[bob.member_id])
        await home.household.epochs.roll(RollReason.MEMBER_REMOVED, by="local")
        remembered = as_remembered(await ann.get("/api/membership"))
    shutil.rmtree(directory)
    shutil.copytree(tmp_path / "backup", directory)
    return directory, remembered


async def test_the_hub_notices_a_restored_backup_by_itself(restored):
    directory, _ = restored
    async with running_hub(directory) as home, home.browser(is_signed_in=False) as bob:
        assert home.household.journal.is_rolled_back
        answer = await bob.sign_in("Bob", OTHER)
        assert (answer.status, answer.json()["error"]) == (403, "removed_member")
        async with home.browser() as ann:
            keys_answer = await ann.ask("POST", "/api/keys", {"exports": []})
            assert keys_answer.status == 200, "nothing asked for, nothing released"
            assert (await ann.get("/api/membership"))["held_back"]
            accepted = await ann.ask("POST", "/api/ledger/accept", {})
            assert accepted.json()["accepted_restore"]
            assert (await ann.ask("GET", "/api/session")).status == 401
        async with home.browser() as ann:
            entries, state = verified(await ann.get("/api/membership"))
            assert "restored" in [e.reason for e in entries]
            assert len(state.members) == 1
            assert home.household.keyring.epoch == 3, "above the one that was lost"
        assert (await bob.sign_in("Bob", OTHER)).status == 403


async def test_without_anything_outside_the_first_browser_that_remembers_tells(restored):
    directory, remembered = restored
    for path in (directory.parent.parent / "config").rglob("*"):
        if path.suffix in {".members", ".checkpoint"}:
            path.unlink()
    async with running_hub(directory) as home, home.browser(is_signed_in=False) as bob:
        assert (await bob.sign_in("Bob", OTHER)).status == 200, "nobody can know yet"
        async with home.browser() as ann:
            answer = await ann.ask("POST", "/api/membership/witness", remembered)
            assert answer.json() == {"held_back": True}
            assert (await ann.ask("GET", "/api/session")).status == 401
        assert (await bob.ask("GET", "/api/session")).status == 401
        assert (await bob.sign_in("Bob", OTHER)).status == 403
        assert (await home.control.ask("POST", "/api/ledger/accept", {})).status == 200
        async with home.browser() as ann:
            assert not (await ann.get("/api/membership"))["held_back"]


async def test_made_up_memories_stop_nobody(home):
    async with home.browser() as ann:
        known = as_remembered(await ann.get("/api/membership"))
        assert (await ann.ask("POST", "/api/membership/witness", known)).json() == {
            "held_back": False
        }
        newer = json.dumps({**json.loads(known["entry"]), "version": 99})
        for made_up in (
            {**known, "entry": newer},
            {**known, "signature": base64.b64encode(bytes(64)).decode()},
            {**known, "state": '{"members":[],"devices":[]}'},
        ):
            answer = await ann.ask("POST", "/api/membership/witness", made_up)
            assert (answer.status, answer.json()["error"]) == (422, "bad_entry")
        assert (await ann.get("/api/session"))["member"] == "Ann"


async def test_strangers_see_no_log(home):
    async with home.browser(is_signed_in=False) as stranger:
        assert (await stranger.ask("GET", "/api/membership")).status == 401
        body = {"entry": "", "signature": "", "state": ""}
        assert (await stranger.ask("POST", "/api/membership/witness", body)).status == 401
