"""The status says what is, in the shape of design/wire.md; over a real hub and camera."""

from keepsight.hub.api.status import alarms
from tests.home import simulated_camera


async def test_an_empty_household(home):
    status = (await home.control.ask("GET", "/api/status")).json()
    assert status["cameras"] == []
    assert status["disk"]["state"] == "ok"
    assert status["disk"]["free_bytes"] > 0
    assert (status["alarms"], status["viewers"]) == ([], 0)
    assert status["refusals"] == {"total": 0, "by_reason": {}, "last_us": None}


async def test_a_running_camera_and_one_that_went_away(home, clip):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)

        async def measured():
            found = await home.status_of(added["id"])
            stream = found["streams"][0]
            return found if stream["state"] == "running" and stream["bits_per_second"] else None

        found = await home.wait_for(measured)
        stream = found["streams"][0]
        assert (stream["width"], stream["height"]) == (320, 240)
        assert stream["codec"].startswith("avc1")
        assert stream["transport"] == "tcp"
        assert 0 <= stream["last_fragment_age_seconds"] < 5

    async def gone():
        found = await home.status_of(added["id"])
        return found if found["state"] == "unreachable" else None

    found = await home.wait_for(gone)
    assert found["streams"][0]["detail"]

    async def counted():
        return (await home.status_of(added["id"]))["gaps_today"] == 1

    await home.wait_for(counted)


async def test_troubles_of_the_disk_are_alarms_in_words(home):
    for state in ("disk_full", "disk_error", "behind", "index_error"):
        (alarm,) = alarms(home.household, {"state": state, "kept_deleted_us": None})
        assert alarm["code"] == state
        assert len(alarm["text"]) > 20
    home.household.archive.recordings.recovered.set_aside.append("x.ksg: torn")
    (alarm,) = alarms(home.household, {"state": "ok", "kept_deleted_us": None})
    assert (alarm["code"], "x.ksg" in alarm["text"]) == ("recording_set_aside", True)


async def test_it_is_said_when_recordings_of_kept_events_had_to_go(home):
    (alarm,) = alarms(home.household, {"state": "ok", "kept_deleted_us": 7})
    assert (alarm["code"], alarm["since_us"]) == ("kept_deleted", 7)
