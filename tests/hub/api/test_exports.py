"""Exports reach a browser sealed and a file of this machine readable; with real recordings."""

import asyncio
import json

import av
import pytest

from keepsight.hub.watching import Watching
from keepsight.seal.header import Kind
from tests.home import HOUSEHOLD, open_all, simulated_camera


@pytest.fixture
async def recorded(home, clip):
    """A camera with at least four recorded seconds, still recording."""
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)

        async def enough():
            return await home.recorded_seconds(added["id"]) > 4

        await home.wait_for(enough)
        yield added


async def finished(browser, job):
    while job["state"] == "running":
        await asyncio.sleep(0.05)
        job = await browser.get(f"/api/exports/{job['writer']}")
    return job


def minute(hello):
    return {"from_us": hello["time_us"] - 60_000_000, "to_us": hello["time_us"]}


async def test_a_browser_gets_sealed_pieces_that_make_a_playable_file(home, recorded, tmp_path):
    async with home.browser() as ann:
        body = {"camera": recorded["id"], **minute(await ann.get("/api/hello"))}
        job = await finished(ann, (await ann.ask("POST", "/api/exports", body)).json())
        assert (job["state"], job["progress"]) == ("done", 1.0), job
        assert job["file_name"].startswith("Hall ")
        answer = await ann.ask("POST", "/api/keys", {"exports": [job["writer"]]})
        key = await ann.window(HOUSEHOLD, answer.json()["keys"][0])
        path = f"/s/export/{job['writer']}/0-{job['pieces'] - 1}"
        sealed = (await ann.ask("GET", path)).body
        assert b"ftyp" not in sealed
        film = tmp_path / "film.mp4"
        film.write_bytes(b"".join(o.payload for o in open_all(key, sealed, (Kind.EXPORT,))))
        with av.open(str(film)) as opened:
            assert sum(1 for _ in opened.decode(video=0)) >= 30
        assert film.stat().st_size == job["bytes"]
        assert (await ann.ask("DELETE", f"/api/exports/{job['writer']}")).status == 204
        assert (await ann.ask("GET", path)).status == 404


async def test_the_command_line_gets_a_file_and_a_browser_may_not(home, recorded, tmp_path):
    out = tmp_path / "out.mp4"
    async with home.browser() as ann:
        body = {"camera": recorded["id"], **minute(await ann.get("/api/hello"))}
        stolen = {**body, "path": str(tmp_path / "stolen.mp4")}
        assert (await ann.ask("POST", "/api/exports/file", stolen)).status == 404
    job = (await home.control.ask("POST", "/api/exports/file", {**body, "path": str(out)})).json()
    while job["state"] == "running":
        await asyncio.sleep(0.05)
        job = (await home.control.ask("GET", f"/api/exports/{job['writer']}")).json()
    assert job["state"] == "done", job
    with av.open(str(out)) as film:
        names = {stream.codec_context.name for stream in film.streams}
        assert names == {"h264", "aac"}
    again = (await home.control.ask("POST", "/api/exports/file", {**body, "path": str(out)})).json()
    while again["state"] == "running":
        await asyncio.sleep(0.05)
        again = (await home.control.ask("GET", f"/api/exports/{again['writer']}")).json()
    assert (again["state"], "exists already" in again["message"]) == ("failed", True)


async def test_a_changed_export_has_its_masks_and_no_sound(home, recorded, tmp_path):
    # tests.home draws its bright square into lines 40 to 80 of 240.
    mask = [[0, 0.12], [1, 0.12], [1, 0.38], [0, 0.38]]
    fields = {**json.loads(json.dumps(Watching().as_fields())), "privacy_masks": [mask]}
    path = f"/api/cameras/{recorded['id']}/watching"
    assert (await home.control.ask("PUT", path, fields)).status == 200
    out = tmp_path / "out.mp4"
    body = {
        "camera": recorded["id"], **minute((await home.control.ask("GET", "/api/hello")).json()),
        "apply_masks": True, "without_sound": True, "path": str(out),
    }  # fmt: skip
    async with home.browser() as control:
        answer = await home.control.ask("POST", "/api/exports/file", body)
        job = answer.json()
        assert (job["masked"], job["blurred"]) == (True, False)
        job = await finished(control, job)
        lines = (await control.get("/api/ledger?type=export"))["lines"]
        assert [line["changes"] for line in lines] == [["masks", "sound"]]
    assert job["state"] == "done", job
    with av.open(str(out)) as film:
        assert not film.streams.audio
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(pictures) >= 30
    assert all(picture[32:90].max() < 40 < picture[120:200].mean() for picture in pictures)
    assert [each.name for each in tmp_path.glob("*.part")] == []


async def test_what_cannot_be_changed_is_said_at_once(home, recorded, tmp_path):
    home.household.watch.models = tmp_path / "no models"
    async with home.browser() as ann:
        body = {"camera": recorded["id"], **minute(await ann.get("/api/hello")), "blur_faces": True}
        answer = await ann.ask("POST", "/api/exports", body)
        assert (answer.status, answer.json()["error"]) == (422, "no_face_model")
        long = {**body, "from_us": body["to_us"] - 3_600_000_000}
        assert (await ann.ask("POST", "/api/exports", long)).json()["error"] == "too_long"
        assert await ann.get("/api/exports") == []


async def test_nothing_in_the_range_is_said(home, recorded):
    async with home.browser() as ann:
        body = {"camera": recorded["id"], "from_us": 1, "to_us": 1_000_000}
        job = await finished(ann, (await ann.ask("POST", "/api/exports", body)).json())
        assert job["state"] == "failed"
        assert job["message"]
        backwards = {**body, "to_us": 0}
        answer = await ann.ask("POST", "/api/exports", backwards)
        assert answer.json()["error"] == "bad_range"


async def test_every_export_is_on_the_ledger(home, recorded):
    async with home.browser() as ann:
        body = {"camera": recorded["id"], **minute(await ann.get("/api/hello"))}
        job = await finished(ann, (await ann.ask("POST", "/api/exports", body)).json())
        lines = (await ann.get("/api/ledger"))["lines"]
        (line,) = [line for line in lines if line["type"] == "export"]
        assert (line["writer"], line["by"]) == (job["writer"], line["by"])
        assert line["from_us"] == body["from_us"]
        assert line["changes"] == []
