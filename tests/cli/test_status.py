"""`status` says what is; as a process, and row by row."""

from keepsight.cli.status import camera_row, disk_sentence
from tests.cli.command import keepsight
from tests.home import simulated_camera

CAMERA = {
    "name": "Hall",
    "state": "wrong_password",
    "streams": [],
    "gaps_today": 2,
    "gap_seconds_today": 71.4,
    "recorded_bytes": 1_500_000,
}


def test_a_camera_without_streams_still_has_a_row():
    row = camera_row(CAMERA)
    assert row[:2] == ("Hall", "wrong password")
    assert "never" in row
    assert "2 (71 s)" in row


def test_the_forecast_is_left_out_while_unknown():
    disk = {"recorded_bytes": 0, "free_bytes": 1, "total_bytes": 2, "bytes_per_day": 0}
    assert "days" not in disk_sentence({**disk, "days_left": None})
    assert "about 3 days" in disk_sentence({**disk, "days_left": 3.2})


async def test_status_of_a_running_household(installed, clip):
    data, home = installed
    empty = await keepsight("status", "--data", data)
    assert (empty.status, "no cameras yet" in empty.out) == (0, True)
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)

        async def running():
            return (await home.status_of(added["id"]))["state"] == "running"

        await home.wait_for(running)
        shown = await keepsight("status", "--data", data)
        assert "Hall" in shown.out
        assert "running" in shown.out
        document = (await keepsight("status", "--data", data, "--json")).json
        assert document["cameras"][0]["camera"] == added["id"]
