"""Timeline, segments and range deletion answer from real recordings; over a real hub."""

import pytest

from tests.home import simulated_camera

ID = "ab" * 16


async def test_timeline_segments_and_deletion(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = await home.add_camera(camera.url)

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 3

        await home.wait_for(recorded)
        rule = {"rule": {"is_recording": False}}
        await ann.ask("PATCH", f"/api/cameras/{added['id']}", rule)
        now = (await ann.get("/api/hello"))["time_us"]
        query = {"camera": added["id"], "from": now - 60_000_000, "to": now + 1_000_000}
        segments = (await ann.get("/api/recordings", **query))["segments"]
        fragments = segments[0]["fragments"]
        assert fragments[0][:2] == [0, 3]
        assert fragments[1][:2] == [1, 1]
        assert [f[0] for f in fragments] == list(range(len(fragments)))
        starts = [f[2] for f in fragments[1:]]
        assert starts == sorted(starts)
        assert segments[0]["codec"].startswith("avc1")
        body = {"camera": added["id"], "from_us": now - 60_000_000, "to_us": now + 60_000_000}
        deleted = (await ann.ask("DELETE", "/api/recordings", body)).json()
        assert deleted["deleted"] >= 1
        assert (await ann.get("/api/recordings", **query))["segments"] == []
        lines = (await ann.get("/api/ledger"))["lines"]
        assert any(line["type"] == "recordings_deleted" for line in lines)


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/api/recordings", {"camera": ID, "from": 2, "to": 1}, "bad_range"),
        ("/api/recordings", {"camera": ID, "from": 1, "to": 10**15}, "range_too_long"),
        ("/api/recordings", {"camera": ID, "from": 1, "to": 2, "stream": "x"}, "no_such_stream"),
        ("/api/recordings", {"camera": "x", "from": 1, "to": 2}, "no_such_camera"),
        ("/api/timeline", {"camera": ID, "from": -1, "to": 2}, "bad_request"),
        ("/api/timeline", {"from": 1, "to": 2}, "bad_request"),
    ],
)
async def test_bad_questions_are_refused_with_a_code(home, path, query, code):
    answer = await home.control.ask("GET", path, None, **query)
    assert answer.json()["error"] == code


async def test_a_camera_without_recordings_has_an_empty_timeline(home):
    query = {"camera": ID, "from": 1, "to": 2}
    answer = await home.control.ask("GET", "/api/timeline", None, **query)
    assert answer.json()["cameras"] == [{"camera": ID, "stream": "main", "spans": [], "gaps": []}]
