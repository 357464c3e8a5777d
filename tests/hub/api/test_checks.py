"""Checks over the API, with the real lab: from a dropped file to a report that stays."""

import asyncio

import pytest

from keepsight.hub.checks import checks as checks_module
from keepsight.hub.checks import intake
from keepsight.hub.walls.confine import missing_protection
from tests.home import HOUSEHOLD, running_hub, set_up, simulated_camera
from tests.lab.synthetic.article import article_app

needs_kernel = pytest.mark.skipif(
    bool(missing_protection()), reason=f"NOT TESTED: no {missing_protection()} on this kernel"
)
PIECE = 256 * 1024


async def send(ann, check, number, content):
    for at in range(0, len(content), PIECE):
        piece = content[at : at + PIECE]
        answer = await ann.ask("PUT", f"/api/checks/{check}/files/{number}", piece, offset=at)
        assert answer.status == 200, answer.body
        assert answer.json()["received"] == at + len(piece)


async def sent(ann, files, **more):
    body = {"files": [{"name": name, "bytes": len(text)} for name, text in files.items()], **more}
    answer = await ann.ask("POST", "/api/checks", body)
    assert answer.status == 200, answer.body
    check = answer.json()["id"]
    for number, text in enumerate(files.values()):
        await send(ann, check, number, text)
    return check


async def over(ann, check, seconds=60):
    async with asyncio.timeout(seconds):
        while True:
            found = await ann.get(f"/api/checks/{check}")
            if found["state"] not in ("queued", "running"):
                return found
            await asyncio.sleep(0.05)


async def checked(ann, files, **more):
    check = await sent(ann, files, **more)
    assert (await ann.ask("POST", f"/api/checks/{check}/start")).status == 200
    return await over(ann, check)


@needs_kernel
async def test_from_a_file_to_a_report_that_the_disk_does_not_tell(home, tmp_path):
    async with home.browser() as ann:
        one = await checked(ann, {"SecretVendorHome.apk": article_app()}, name="Kitchen cam")
        assert (one["state"], one["reason"]) == ("done", None), one
        assert one["summary"]["violated"] > 5
        assert one["confinement"]["seccomp"] is True
        check = one["id"]
        report = await ann.get(f"/api/checks/{check}/report")
        assert report["artefacts"][0]["path"] == "SecretVendorHome.apk"
        saved = await ann.ask("GET", f"/api/checks/{check}/report.html")
        assert saved.headers["Content-Disposition"].startswith("attachment")
        assert saved.body.startswith(b"<!doctype html>")
        ticket = (await ann.ask("POST", f"/api/checks/{check}/page")).json()["ticket"]
        page = await ann.ask("GET", f"/api/checks/{check}/page", ticket=ticket)
        assert page.headers["Content-Type"].startswith("text/html")
        assert page.body == saved.body
        assert (await ann.ask("GET", f"/api/checks/{check}/page")).status == 404
        other = f"/api/checks/{'ab' * 16}/page"
        assert (await ann.ask("GET", other, ticket=ticket)).status == 404
        async with home.browser(is_signed_in=False) as stranger:
            path = f"/api/checks/{check}/page"
            assert (await stranger.ask("GET", path, ticket=ticket)).status == 401
        sarif = await ann.get(f"/api/checks/{check}/report.sarif")
        assert sarif["version"] == "2.1.0"
        lines = (await ann.get("/api/ledger"))["lines"]
        types = [line["type"] for line in lines if line["type"].startswith("check_")]
        assert sorted(types) == ["check_finished", "check_started"]
    assert not list((home.directory / "checks").iterdir())
    for path in home.directory.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert b"SecretVendorHome" not in text, path
            assert b"Kitchen cam" not in text, path


@needs_kernel
async def test_it_attaches_to_a_camera_that_is_there_and_can_be_renamed(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = await home.add_camera(camera.url)
        one = await checked(ann, {"a.md": b"We keep your pictures for ever. " * 40})
        path = f"/api/checks/{one['id']}"
        gone = await ann.ask("PATCH", path, {"camera": "ab" * 16})
        assert gone.json()["error"] == "no_such_camera"
        attached = (await ann.ask("PATCH", path, {"camera": added["id"], "name": "Hall"})).json()
        assert (attached["camera"], attached["name"]) == (added["id"], "Hall")
        kept = (await ann.ask("PATCH", path, {"name": "Hallway"})).json()
        assert (kept["camera"], kept["name"]) == (added["id"], "Hallway")
        loose = (await ann.ask("PATCH", path, {"camera": None})).json()
        assert loose["camera"] is None


@needs_kernel
@pytest.mark.timeout(300)
async def test_reports_survive_a_restart_and_an_interrupted_check_can_be_started_again(
    tmp_path, cheap_argon2
):
    folder = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(folder) as home:
        await set_up(home)
        async with home.browser() as ann:
            done = await checked(ann, {"home.apk": article_app()})
            cut = await sent(ann, {"home.apk": article_app()})
            await ann.ask("POST", f"/api/checks/{cut}/start")
            waiting = await sent(ann, {"other.apk": article_app()})
            await ann.ask("POST", f"/api/checks/{waiting}/start")

            async def is_running():
                return (await ann.get(f"/api/checks/{cut}"))["state"] == "running"

            await home.wait_for(is_running)
    async with running_hub(folder) as home, home.browser() as ann:
        report = await ann.get(f"/api/checks/{done['id']}/report")
        assert report["schema"] == "keepsight-report/1"
        found = await ann.get(f"/api/checks/{cut}")
        assert (found["state"], found["reason"]) == ("failed", "interrupted")
        assert found["can_start"] is True
        assert (await over(ann, waiting))["state"] == "done"
        assert (await ann.ask("POST", f"/api/checks/{cut}/start")).status == 200
        assert (await over(ann, cut))["state"] == "done"


@needs_kernel
async def test_a_running_check_can_be_deleted_and_leaves_nothing(home):
    async with home.browser() as ann:
        check = await sent(ann, {"home.apk": article_app()})
        await ann.ask("POST", f"/api/checks/{check}/start")
        assert (await ann.ask("DELETE", f"/api/checks/{check}")).status == 204
        assert (await ann.ask("GET", f"/api/checks/{check}")).json()["error"] == "no_such_check"
        next_one = await checked(ann, {"a.md": b"We keep your pictures for ever. " * 40})
        assert next_one["state"] == "done"
        assert [one["id"] for one in (await ann.get("/api/checks"))["checks"]] == [next_one["id"]]
    assert not list((home.directory / "checks").iterdir())


async def test_what_is_refused(home, monkeypatch):
    async with home.browser() as ann:

        async def refused(method, path, body=None):
            answer = await ann.ask(method, path, body)
            return answer.status, answer.json()["error"]

        def files(*sizes):
            return {"files": [{"name": "a.apk", "bytes": size} for size in sizes]}

        assert await refused("POST", "/api/checks", files()) == (422, "no_files")
        assert await refused("POST", "/api/checks", files(1 << 40)) == (422, "file_too_large")
        assert await refused("POST", "/api/checks", files(*[1] * 65)) == (422, "too_many_files")
        assert await refused("POST", "/api/checks", files(0)) == (422, "empty_file")
        free = intake.free_bytes(home.directory)
        with monkeypatch.context() as patch:
            patch.setattr(intake, "FREE_BYTES_MIN", free + (1 << 30))
            assert await refused("POST", "/api/checks", files(9)) == (507, "disk_full")
        assert (await ann.get("/api/checks"))["checks"] == []
        check = (await ann.ask("POST", "/api/checks", files(9))).json()["id"]
        path = f"/api/checks/{check}"
        assert await refused("POST", f"{path}/start") == (409, "not_complete")
        assert await refused("GET", f"{path}/report") == (404, "no_report")
        assert await refused("GET", f"/api/checks/{'ab' * 16}") == (404, "no_such_check")
        for number, offset, size, status, code in (
            (1, 0, 1, 404, "no_such_check"),
            (0, 4, 1, 409, "wrong_offset"),
            (0, 0, 10, 422, "larger_than_said"),
            (0, 0, intake.PIECE_BYTES_MAX + 1, 413, "piece_too_large"),
        ):
            piece = await ann.ask("PUT", f"{path}/files/{number}", bytes(size), offset=offset)
            assert (piece.status, piece.json()["error"]) == (status, code)
        for _ in range(3):
            assert (await ann.ask("POST", "/api/checks", files(9))).status == 200
        assert await refused("POST", "/api/checks", files(9)) == (429, "too_many_uploads")


async def test_uploads_that_nobody_starts_go_after_a_day(tmp_path, cheap_argon2, monkeypatch):
    folder = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(folder) as home:
        await set_up(home)
        async with home.browser() as ann:
            await sent(ann, {"a.md": b"text"})
    monkeypatch.setattr(checks_module, "FILES_KEPT_US", 0)
    async with running_hub(folder) as home, home.browser() as ann:
        assert (await ann.get("/api/checks"))["checks"] == []
    assert not list((folder / "checks").iterdir())
