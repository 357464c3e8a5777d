"""Keys go to enrolled devices only, after their ledger line; refusals are counted; a real hub."""

import base64

import pytest

from keepsight.seal.ledger import LedgerError
from tests.home import HOUSEHOLD, simulated_camera

ID = "ab" * 16


async def test_the_control_socket_is_the_local_owner_without_keys(home):
    assert (await home.control.ask("GET", "/api/cameras")).json() == []
    refused = await home.control.ask("POST", "/api/keys", {})
    assert refused.json()["error"] == "no_device"


async def test_no_ledger_line_no_key(home, clip, monkeypatch):
    async def refuse(_entries):
        raise LedgerError("the ledger cannot be written: No space left on device")

    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = await home.add_camera(camera.url)
        body = {"live": [{"camera": added["id"], "stream": "main"}]}

        async def window():
            return (await ann.ask("POST", "/api/keys", body)).json()["keys"]

        await home.wait_for(window)
        monkeypatch.setattr(home.household.journal, "record", refuse)
        answer = await ann.ask("POST", "/api/keys", body)
        assert (answer.status, answer.json()["error"]) == (503, "ledger_unavailable")
        assert "keys" not in answer.json()


async def test_every_release_is_on_the_ledger_with_its_device(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = await home.add_camera(camera.url)
        body = {"live": [{"camera": added["id"], "stream": s} for s in ("main", "audio")]}

        async def both():
            keys = (await ann.ask("POST", "/api/keys", body)).json()["keys"]
            return keys if len(keys) == 2 else None

        keys = await home.wait_for(both)
        lines = (await ann.get("/api/ledger", limit=200))["lines"]
        released = {line["writer"]: line for line in lines if line["type"] == "release"}
        for key in keys:
            assert released[key["writer"]]["device"] == ann.device_id == key["device"]
            await ann.window(HOUSEHOLD, key)


async def test_a_device_that_is_removed_while_it_asks_gets_no_key(home, clip, monkeypatch):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = await home.add_camera(camera.url)
        live = {"live": [{"camera": added["id"], "stream": "main"}]}

        async def window():
            return (await ann.ask("POST", "/api/keys", live)).json()["keys"]

        await home.wait_for(window)
        look_up = home.household.archive.windows

        async def remove_first(*wanted):
            await home.household.people.remove_device(bytes.fromhex(ann.device_id), by="local")
            return await look_up(*wanted)

        monkeypatch.setattr(home.household.archive, "windows", remove_first)
        recordings = [{"camera": added["id"], "stream": "main", "writers": [ID]}]
        answer = await ann.ask("POST", "/api/keys", {**live, "recordings": recordings})
        assert (answer.status, answer.json()["error"]) == (401, "not_signed_in")


async def test_unknown_windows_are_left_out(home):
    async with home.browser() as ann:
        body = {
            "live": [{"camera": ID, "stream": "main"}],
            "recordings": [{"camera": ID, "stream": "main", "writers": [ID]}],
            "exports": [ID],
        }
        assert (await ann.ask("POST", "/api/keys", body)).json() == {"keys": [], "refused": []}


async def test_a_segments_key_is_released_under_its_own_camera_only(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        hall = await home.add_camera(camera.url, "Hall")
        attic = await home.add_camera(camera.url, "Attic")

        async def recorded():
            return await home.recorded_seconds(hall["id"]) > 1

        await home.wait_for(recorded)
        query = {"camera": hall["id"], "from": 1_700_000_000_000_000, "to": 1_700_000_000_000_001}
        now = (await ann.get("/api/hello"))["time_us"]
        query |= {"from": now - 60_000_000, "to": now}
        writer = (await ann.get("/api/recordings", **query))["segments"][0]["writer"]
        for camera_id, count in ((hall["id"], 1), (attic["id"], 0)):
            wanted = {"camera": camera_id, "stream": "main", "writers": [writer]}
            answer = await ann.ask("POST", "/api/keys", {"recordings": [wanted]})
            assert len(answer.json()["keys"]) == count


@pytest.mark.parametrize(
    "body",
    [
        {"live": [{"camera": "zz", "stream": "main"}]},
        {"live": [{"camera": ID, "stream": "other"}]},
        {"live": [{"camera": ID, "stream": "main"}] * 65},
        {"exports": ["x"]},
        {"unknown": 1},
    ],
)
async def test_malformed_questions_are_refused(home, body):
    async with home.browser() as ann:
        assert (await ann.ask("POST", "/api/keys", body)).status == 422


async def test_reported_refusals_are_counted_and_written(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        hall = (await home.add_camera(camera.url))["id"]
        header = base64.b64encode(b"KSF1" + bytes(118)).decode()
        body = {"camera": hall, "stream": "main", "reason": "foreign_household", "header": header}
        assert (await ann.ask("POST", "/api/refusals", {**body, "camera": ID})).status == 404
        assert (await ann.ask("POST", "/api/refusals", body)).status == 204
        assert (await ann.ask("POST", "/api/refusals", {**body, "reason": "made up"})).status == 422
        status = await ann.get("/api/status")
        assert status["refusals"]["by_reason"] == {"foreign_household": 1}
        (line,) = [x for x in (await ann.get("/api/ledger"))["lines"] if x["type"] == "refused"]
        assert (line["by"], line["camera"]) == (ann.device_id, hall)
