"""Sealed bytes are found by stream name, window and number, and by nothing less; a real hub."""

import pytest

from tests.home import simulated_camera

ID = "ab" * 16


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/s/{ID}/still", 404),
        (f"/s/{ID}/{ID}/0-1", 404),
        (f"/s/{ID}/{ID}/1-0", 422),
        (f"/s/{ID}/{ID}/0-256", 422),
        (f"/s/{ID}/{ID}/a-b", 404),
        (f"/s/{ID}/{ID}/0", 404),
        (f"/s/{ID}/{ID}/{'9' * 30}-{'9' * 30}", 404),
        (f"/s/export/{ID}/0-1", 404),
        ("/s/x/still", 404),
        ("/s/", 404),
    ],
)
async def test_unknown_paths_are_not_found_and_never_something_else(home, path, status):
    async with home.browser() as ann:
        answer = await ann.ask("GET", path)
        assert (answer.status, answer.body[:1]) == (status, b"{")


async def test_a_segment_is_not_served_under_another_streams_name(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        hall = await home.add_camera(camera.url, "Hall")
        attic = await home.add_camera(camera.url, "Attic")

        async def recorded():
            return await home.recorded_seconds(hall["id"]) > 1

        await home.wait_for(recorded)
        now = (await ann.get("/api/hello"))["time_us"]
        query = {"camera": hall["id"], "from": now - 60_000_000, "to": now}
        writer = (await ann.get("/api/recordings", **query))["segments"][0]["writer"]
        own, other = hall["streams"][0]["opaque"], attic["streams"][0]["opaque"]
        good = await ann.ask("GET", f"/s/{own}/{writer}/0-1")
        assert good.status == 200
        assert good.headers["Content-Type"] == "application/octet-stream"
        assert good.headers["X-Content-Type-Options"] == "nosniff"
        assert (await ann.ask("GET", f"/s/{other}/{writer}/0-1")).status == 404
        assert (await ann.ask("GET", f"/s/{own}/{writer}/0-255")).status == 404
