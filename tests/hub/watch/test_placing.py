"""What an owner drew decides what is told. Method: two cameras see the same scene, one with a zone
around the door and one with a zone where nobody comes; a model that is none is put among the own.
"""

import pytest

from keepsight.detect.model import MODELS
from keepsight.hub.walls.confine import missing_protection
from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.watchstate import WatchPhase
from tests.detect.installed import need_model
from tests.hub.watch.test_watch import camera, set_watching, until, watching_home

pytestmark = pytest.mark.skipif(
    bool(missing_protection()), reason=f"NOT TESTED: no {missing_protection()} on this kernel"
)
EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]
SKY = [[0, 0], [0.1, 0], [0.1, 0.05], [0, 0.05]]


async def test_only_who_stands_in_a_zone_is_told(tmp_path, cheap_argon2):
    need_model(MODELS[0].name)
    async with watching_home(tmp_path) as (home, told), camera("--scene", "front-door") as source:
        ids = []
        for name, points in (("Door", EVERYWHERE), ("Sky", SKY)):
            added = (await home.add_camera(source.url, name))["id"]
            zone = {"name": name, "points": points, "kinds": ["person"]}
            await set_watching(home, added, zones=[zone])
            ids.append(bytes.fromhex(added))
        door, sky = ids

        async def seen_by_both():
            starts = [event.camera_id for event in told.phases("start")]
            return starts.count(door) >= 1 and home.household.watch.state(sky).looks >= 3

        await home.wait_for(seen_by_both, 90)
        updates = told.phases("update") + told.phases("start")
        assert {event.camera_id for event in updates} == {door}
        assert all(event.zones == ("Door",) for event in updates)


async def test_why_a_file_of_ones_own_is_refused_is_said(tmp_path, clip, cheap_argon2):
    models = tmp_path / "models"
    (models / "own").mkdir(parents=True)
    (models / "own" / "yard.tflite").write_bytes(b"no model at all")
    (models / "own" / "yard.txt").write_text("person\n")
    async with (
        watching_home(tmp_path, models=models) as (home, _told),
        camera("--clip", str(clip)) as source,
    ):
        added = (await home.add_camera(source.url))["id"]
        listed = (await home.control.ask("GET", "/api/models")).json()
        assert [each["name"] for each in listed["own"]] == ["own:yard.tflite"]
        await set_watching(home, added, model="own:yard.tflite", kinds=["person"])

        async def said():
            state = home.household.watch.state(bytes.fromhex(added))
            return state.state is WatchPhase.OFF and state.reason

        reason = await home.wait_for(said, 40)
        assert reason == Reason(ReasonCode.OWN_REFUSED, {"file": "yard.tflite"})
        document = (await home.control.ask("GET", f"/api/cameras/{added}")).json()
        assert "yard" in document["watching_state"]["said"], "the command line is told more"
        await set_watching(home, added, model="none")
        await until(home, added, WatchPhase.WATCHING)
