"""How a camera is watched, over the real sockets: read, set, refused with its field, kept.

Method: a hub with an idle camera; what was set is read again after a restart of its own making.
"""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepsight.hub.api.watching import WatchingBody, read_wish
from keepsight.hub.watching import Watching, read_watching
from tests.home import simulated_camera
from tests.hub.watch.wishes import wishes

DOOR = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.9]]


def fields(**more):
    return {**json.loads(json.dumps(Watching().as_fields())), **more}


@given(wishes)
def test_every_wish_comes_back(wish):
    body = WatchingBody.model_validate(json.loads(json.dumps(wish.as_fields())))
    read = read_wish(body)
    names = [zone.name.strip() for zone in wish.zones]
    assert [zone.name for zone in read.zones] == names
    document = json.loads(json.dumps(read.as_fields()))
    assert read_watching(document) == read
    assert [zone.points for zone in read.zones] == [zone.points for zone in wish.zones]
    kept = ("is_on", "model", "kinds", "masks", "privacy_masks", "hours", "sounds", "min_area")
    assert all(getattr(read, name) == getattr(wish, name) for name in kept)


async def test_what_is_set_is_kept_and_noted(home, clip):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url, "Hall")
        path = f"/api/cameras/{added['id']}/watching"
        assert (await home.control.ask("GET", path)).json() == fields()
        wish = fields(
            zones=[{"name": " Door ", "points": DOOR, "kinds": ["person"]}],
            masks=[DOOR],
            privacy_masks=[DOOR],
            hours=[{"weekdays": [0, 4], "start_minute": 1320, "end_minute": 360}],
            sounds=["alarm"],
            person_confidence=0.6,
            cooldown_seconds=30,
            min_area=0.01,
        )
        answer = await home.control.ask("PUT", path, wish)
        assert answer.status == 200, answer.body
        wish["zones"][0]["name"] = "Door"
        assert answer.json() == wish
        assert (await home.control.ask("GET", path)).json() == wish
        household = home.household
        stored = await household.sql(household.store.list_cameras, household.household_id)
        assert json.loads(json.dumps(stored[0].camera.watching.as_fields())) == wish
        lines = (await home.control.ask("GET", "/api/ledger")).json()["lines"]
        changed = next(line for line in lines if line["type"] == "camera_changed")
        names = ("cooldown_seconds", "hours", "masks", "min_area", "person_confidence")
        names += ("privacy_masks", "sounds", "zones")
        assert changed["fields"] == [f"watching.{name}" for name in names]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"zones": [{"name": "x", "points": DOOR[:2], "kinds": []}]}, "zones.0.points"),
        ({"zones": [{"name": "x", "points": DOOR * 22, "kinds": []}]}, "zones.0.points"),
        ({"zones": [{"name": "x" * 65, "points": DOOR, "kinds": []}]}, "zones.0.name"),
        ({"zones": [{"name": "x", "points": [[0, 0], [1, 1], [1.01, 0]], "kinds": []}]},
         "zones.0.points.2.0"),
        ({"zones": [{"name": str(n), "points": DOOR, "kinds": []} for n in range(33)]}, "zones"),
        ({"masks": [[[0, 0], [1, 1], [1, True]]]}, "masks.0.2.1"),
        ({"min_area": "0.1"}, "min_area"),
        ({"min_area": -0.1}, "min_area"),
        ({"person_confidence": 0.1}, "person_confidence"),
        ({"cooldown_seconds": 86_401}, "cooldown_seconds"),
        ({"sounds": ["thunder"]}, "sounds.0"),
        ({"hours": [{"weekdays": [7], "start_minute": 0, "end_minute": 60}]},
         "hours.0.weekdays.0"),
        ({"hours": [{"weekdays": [1, 1], "start_minute": 0, "end_minute": 60}]}, "hours.0"),
        ({"is_on": 1}, "is_on"),
        ({"colour": "red"}, "colour"),
        ({"model": "own:../../etc/passwd.onnx"}, "model"),
        ({"kinds": ["forklift"]}, "kinds"),
        ({"zones": [{"name": "a", "points": DOOR, "kinds": []}] * 2}, "zones.1.name"),
        ({"masks": [[[0, 0], [0.5, 0.5], [1, 1]]]}, "masks.0"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_with_its_field(home, more, where):
    camera = await idle_camera(home)
    path = f"/api/cameras/{camera}/watching"
    answer = await home.control.ask("PUT", path, fields(**more))
    assert answer.status == 422, answer.body
    assert answer.json()["fields"]["where"] == where
    assert (await home.control.ask("GET", path)).json() == fields()


async def idle_camera(home):
    """A camera in the household that nobody connects to."""
    from keepsight.core.destination import Destination
    from keepsight.core.device import DeviceFacts
    from keepsight.hub.camera import Camera, RecordingRule, StreamSource
    from keepsight.seal.header import Stream

    source = StreamSource(Stream.MAIN, Destination("rtsp", "127.0.0.1", 1, "/"), "tcp")
    camera = Camera(b"c" * 16, "Hall", "", (source,), DeviceFacts(), RecordingRule(), 1)
    household = home.household
    await household.sql(household.store.put_camera, household.household_id, camera, None)
    household.roster._launch(camera, None)
    return camera.camera_id.hex()


async def test_nothing_is_left_out_of_a_wish_and_nobody_else_is_asked(home):
    camera = await idle_camera(home)
    path = f"/api/cameras/{camera}/watching"
    for name in fields():
        less = {key: value for key, value in fields().items() if key != name}
        answer = await home.control.ask("PUT", path, less)
        assert (answer.status, answer.json()["fields"]["where"]) == (422, name)
    missing = f"/api/cameras/{'ab' * 16}/watching"
    assert (await home.control.ask("GET", missing)).status == 404
    assert (await home.control.ask("PUT", missing, fields())).status == 404


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 70) | st.floats(0, 2) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "points", "kinds"]), inner)
    ),
    max_leaves=12,
)


def nonsense():
    """Forty changes. Drawn at once: what draws wants no other thread beside it."""
    found = []

    @settings(max_examples=40, suppress_health_check=list(HealthCheck), database=None)
    @given(st.dictionaries(st.sampled_from(sorted(fields())), JSON_VALUES, min_size=1))
    def draw(more):
        found.append(more)

    draw()
    return found


async def test_nonsense_of_any_shape_is_refused_or_kept_whole(home):
    """Never a server error, whatever JSON comes."""
    camera = await idle_camera(home)
    path = f"/api/cameras/{camera}/watching"
    drawn = nonsense()
    assert len(drawn) >= 40
    for more in drawn:
        answer = await home.control.ask("PUT", path, fields(**more))
        assert answer.status in (200, 422), answer.body


def tag_of(answer):
    """The ETag of an answer; None where it has none."""
    return {name.lower(): value for name, value in answer.headers.items()}.get("etag")


async def put(home, path, wish, tag=None):
    """As a browser does it: with the tag of what was read."""
    headers = {} if tag is None else {"If-Match": tag}
    return await home.control.ask("PUT", path, wish, headers=headers)


async def test_who_saves_over_what_they_have_not_seen_is_told(home):
    camera = await idle_camera(home)
    path = f"/api/cameras/{camera}/watching"
    first = tag_of(await home.control.ask("GET", path))
    assert tag_of(await home.control.ask("GET", path)) == first
    assert not first.startswith("W/")
    saved = await put(home, path, fields(cooldown_seconds=30), first)
    assert saved.status == 200, saved.body
    second = tag_of(await home.control.ask("GET", path))
    assert tag_of(saved) == second != first
    late = await put(home, path, fields(cooldown_seconds=60), first)
    assert (late.status, late.json()["error"]) == (412, "changed_meanwhile")
    assert (await home.control.ask("GET", path)).json()["cooldown_seconds"] == 30
    # What is no wish at all is said first, as without the header (RFC 9110, 13.2.1).
    assert (await put(home, path, fields(kinds=["forklift"]), first)).status == 422
    assert (await put(home, path, fields(cooldown_seconds=60), second)).status == 200
    assert (await put(home, path, fields(), "*")).status == 200
    assert (await put(home, path, fields(min_area=0.5))).status == 200, "without it as ever"


async def test_of_two_who_save_at_once_one_is_told(home):
    camera = await idle_camera(home)
    path = f"/api/cameras/{camera}/watching"
    tag = tag_of(await home.control.ask("GET", path))
    answers = await asyncio.gather(
        *(put(home, path, fields(cooldown_seconds=seconds), tag) for seconds in range(1, 9))
    )
    assert sorted(answer.status for answer in answers) == [200, *[412] * 7]
    kept = (await home.control.ask("GET", path)).json()
    (winner,) = [answer.json() for answer in answers if answer.status == 200]
    assert kept == winner


async def test_what_was_not_kept_as_it_was_sent_has_no_tag(home):
    camera = await idle_camera(home)
    path = f"/api/cameras/{camera}/watching"
    zone = {"name": "Door", "points": DOOR, "kinds": []}
    kept = await put(home, path, fields(zones=[zone]))
    assert tag_of(kept) == tag_of(await home.control.ask("GET", path))
    trimmed = await put(home, path, fields(zones=[{**zone, "name": " Door "}]))
    assert (trimmed.status, tag_of(trimmed)) == (200, None)


async def test_a_day_that_is_named_twice_is_said_in_words(home):
    camera = await idle_camera(home)
    path = f"/api/cameras/{camera}/watching"
    hours = [{"weekdays": [day, 1], "start_minute": 0, "end_minute": 60} for day in (0, 1)]
    answer = await home.control.ask("PUT", path, fields(hours=hours))
    assert (answer.status, answer.json()) == (
        422,
        {
            "error": "bad_watching",
            "message": "a day is named twice",
            "fields": {"where": "hours.1", "problem": "twice"},
        },
    )


async def test_models_are_listed_with_what_is_missing(home, tmp_path):
    home.household.watch.models = tmp_path
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "yard.onnx").write_bytes(b"x")
    (tmp_path / "own" / "yard.txt").write_text("person\nforklift\n")
    found = (await home.control.ask("GET", "/api/models")).json()
    first = found["models"][0]
    assert (first["name"], first["state"], first["is_default"]) == (
        "efficientdet-lite1", "missing", True,
    )  # fmt: skip
    assert first["install"] == "keepsight models install efficientdet-lite1"
    assert found["own"] == [
        {"name": "own:yard.onnx", "has_labels": True, "kinds": ["person", "forklift"]}
    ]
    camera = await idle_camera(home)
    path = f"/api/cameras/{camera}/watching"
    wish = fields(model="own:yard.onnx", kinds=["forklift"])
    assert (await home.control.ask("PUT", path, wish)).status == 200
    refused = await home.control.ask("PUT", path, fields(model="own:other.onnx"))
    assert refused.json()["fields"] == {"where": "model", "problem": "no_such_file"}
