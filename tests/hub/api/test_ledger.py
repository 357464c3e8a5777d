"""The ledger over HTTP: pages, proofs a device can check, a restored backup, who could see what;
over a real hub."""

import base64
import shutil

import pytest

from keepsight.seal import merkle
from keepsight.seal.checkpoint import read_checkpoint
from keepsight.seal.ledger import read_leaf
from tests.home import HOUSEHOLD, running_hub, set_up, simulated_camera
from tests.hub.journals import flip, verify

CAMERA = "c1" * 16


def raw(text):
    return base64.b64decode(text)


async def checkpoint(browser):
    found = await browser.get("/api/ledger/checkpoint")
    note = found["checkpoint"]
    return note, read_checkpoint(bytes.fromhex(HOUSEHOLD), note, raw(found["public_key"]))


async def fill(home, count, **more):
    await home.household.journal.record(
        [{"type": "test", "value": n, **more} for n in range(count)]
    )


async def test_pages_and_how_it_stands(home):
    await fill(home, 30)
    async with home.browser() as ann:
        first = await ann.get("/api/ledger", limit=10)
        assert (first["intact"], len(first["lines"])) == (True, 10)
        numbers = [line["n"] for line in first["lines"]]
        assert numbers == sorted(numbers, reverse=True)
        assert numbers[0] == first["count"] == verify(home.directory / "ledger.db").lines
        second = await ann.get("/api/ledger", limit=10, before=first["next_before"])
        assert second["lines"][0]["n"] == numbers[-1] - 1
        assert (await ann.get("/api/ledger", before=1))["lines"] == []
        assert (await ann.ask("GET", "/api/ledger", limit=1000)).status == 422


async def test_only_some_lines(home):
    await fill(home, 5, camera=CAMERA)
    await home.household.journal.record([{"type": "refused", "camera": CAMERA, "by": "local"}])
    async with home.browser() as ann:
        refused = await ann.get("/api/ledger", type="refused")
        assert [line["type"] for line in refused["lines"]] == ["refused"]
        assert len((await ann.get("/api/ledger", camera=CAMERA))["lines"]) == 6
        people = await ann.get("/api/ledger/people")
        assert [(person["name"], person["role"]) for person in people] == [("Ann", "owner")]
        mine = await ann.get("/api/ledger", member=people[0]["member_id"])
        assert {line["type"] for line in mine["lines"]} >= {"member_added", "sign_in"}
        assert mine["names"][people[0]["member_id"]] == "Ann"


async def test_a_device_can_check_growth_and_every_line(home):
    async with home.browser() as ann:
        _note, old = await checkpoint(ann)
        await fill(home, 20)
        _note, new = await checkpoint(ann)
        assert new.size >= old.size + 20
        found = await ann.get("/api/ledger/proof", **{"from": old.size, "to": new.size})
        proof = [raw(text) for text in found["proof"]]
        assert merkle.is_consistent(old.size, new.size, old.root, new.root, proof)
        for n in (1, old.size, new.size):
            found = await ann.get("/api/ledger/inclusion", n=n, size=new.size)
            leaf = raw(found["leaf"])
            proof = [raw(text) for text in found["proof"]]
            assert merkle.is_included(merkle.leaf_hash(leaf), n - 1, new.size, proof, new.root)
            assert read_leaf(leaf)["n"] == n
        for query in ({"n": 9999}, {"n": 3, "size": 2}, {"n": 3, "size": 9999}):
            answer = await ann.ask("GET", "/api/ledger/inclusion", **query)
            assert (answer.status, answer.json()["error"]) == (422, "no_such_line")
        answer = await ann.ask("GET", "/api/ledger/proof", **{"from": 5, "to": 9999})
        assert (answer.status, answer.json()["error"]) == (422, "no_such_size")


async def test_a_changed_line_is_found_when_somebody_asks(home):
    await fill(home, 5)
    async with home.browser() as ann:
        assert (await ann.ask("POST", "/api/ledger/verify")).json()["intact"]
        flip(home.directory / "ledger.db", 3)
        answer = (await ann.ask("POST", "/api/ledger/verify")).json()
        assert (answer["intact"], answer["broken_at"]) == (False, 3)
        assert "line 3" in answer["problem"]
        codes = [alarm["code"] for alarm in (await ann.get("/api/status"))["alarms"]]
        assert codes == ["ledger_changed"]


async def test_after_a_restored_backup_no_key_is_released_until_it_is_accepted(
    tmp_path, cheap_argon2, clip
):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    backup = tmp_path / "backup"
    async with simulated_camera(clip) as camera:
        async with running_hub(directory) as home:
            await set_up(home, starts_unattended=False)
            await home.add_camera(camera.url)
        shutil.copytree(directory, backup)
        async with running_hub(directory) as home, home.browser(is_signed_in=False) as ann:
            await ann.sign_in()
            await fill(home, 9)
            note, known = await checkpoint(ann)
        shutil.rmtree(directory)
        shutil.copytree(backup, directory)
        async with running_hub(directory) as home, home.browser(is_signed_in=False) as ann:
            await ann.sign_in()
            camera_id = (await ann.get("/api/cameras"))[0]["id"]
            live = {"live": [{"camera": camera_id, "stream": "main"}]}

            async def released():
                return (await ann.ask("POST", "/api/keys", live)).json().get("keys")

            await home.wait_for(released)
            heard = await ann.ask("POST", "/api/ledger/witness", {"checkpoint": note})
            assert heard.json()["standing"] == "rolled_back"
            assert (await ann.ask("POST", "/api/keys", live)).status == 401, "sessions end"
            await ann.sign_in()
            answer = await ann.ask("POST", "/api/keys", live)
            assert (answer.status, answer.json()["error"]) == (503, "ledger_unavailable")
            assert "old backup" in answer.json()["message"]
            alarms = (await ann.get("/api/status"))["alarms"]
            assert [alarm["code"] for alarm in alarms] == ["rolled_back"]
            page = await ann.get("/api/ledger")
            assert (page["rolled_back"], page["intact"]) == (True, False)
            assert "rolled_back" in [line["type"] for line in page["lines"]]
            accepted = (await ann.ask("POST", "/api/ledger/accept")).json()
            assert (accepted["accepted_restore"], accepted["intact"]) == (True, True)
            await ann.sign_in()
            await home.wait_for(released)
            heard = await ann.ask("POST", "/api/ledger/witness", {"checkpoint": note})
            assert heard.json()["standing"] == "restored"
            line = (await ann.get("/api/ledger", type="restore_accepted"))["lines"][0]
            assert line["known_size"] == known.size
    assert verify(directory / "ledger.db").is_intact


async def test_what_a_device_cannot_prove_is_written_down_once(home):
    async with home.browser() as ann:
        note, _known = await checkpoint(ann)
        for _ in range(3):
            body = {"checkpoint": note, "problem": "bad_proof"}
            answer = await ann.ask("POST", "/api/ledger/witness", body)
            assert answer.json()["standing"] == "held"
        lines = (await ann.get("/api/ledger", type="ledger_alarm"))["lines"]
        assert [line["problem"] for line in lines] == ["bad_proof"]
        alarms = (await ann.get("/api/status"))["alarms"]
        assert [alarm["code"] for alarm in alarms] == ["ledger_alarm"]
        assert not (await ann.ask("POST", "/api/ledger/accept")).json()["accepted_restore"]
        assert (await ann.get("/api/status"))["alarms"] == []
        forged = note.replace("\n", "\n1", 1)
        answer = await ann.ask("POST", "/api/ledger/witness", {"checkpoint": forged})
        assert (answer.status, answer.json()["error"]) == (422, "bad_checkpoint")


async def test_who_could_see_what(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann, home.browser() as other:
        added = await home.add_camera(camera.url, "Hall")
        live = {"live": [{"camera": added["id"], "stream": "main"}]}

        async def released():
            return (await ann.ask("POST", "/api/keys", live)).json()["keys"]

        keys = await home.wait_for(released)
        hello = await ann.get("/api/hello")
        now = {"from": hello["time_us"] - 120_000_000, "to": hello["time_us"] + 120_000_000}
        found = await ann.get("/api/ledger/exposed", **now)
        assert found["counts"]["releases"] == len(found["exposures"]) == len(keys)
        first = found["exposures"][0]
        assert (first["member"], first["role"], first["camera"]) == ("Ann", "owner", "Hall")
        assert (first["device_id"], first["device"]) == (ann.device_id, "Test browser")
        _note, known = await checkpoint(other)
        assert found["checkpoint"]["size"] <= known.size
        assert await ann.get("/api/ledger/cameras") == [{"camera_id": added["id"], "name": "Hall"}]
        brief = await ann.get("/api/ledger/exposed", **now, brief="true")
        assert "exposures" not in brief
        assert brief["stretches"][0]["releases"] == len(keys)
        nobody = await ann.get("/api/ledger/exposed", **now, camera="99" * 16)
        assert (nobody["exposures"], nobody["members"]) == ([], [])


@pytest.mark.parametrize("path", ["/api/ledger/inclusion", "/api/ledger/exposed"])
async def test_what_is_missing_is_said(home, path):
    async with home.browser() as ann:
        assert (await ann.ask("GET", path)).status == 422
