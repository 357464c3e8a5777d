"""Events over the API: filtered by what is granted, seen by each alone, opened by released keys."""

from dataclasses import replace

import pytest

from keepsight.seal.frame import Expectation
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind
from tests.home import HOUSEHOLD
from tests.hub.events.hall import ATTIC, HALL, SECOND, hang, jpeg, noticed, visit

HALL_ID, ATTIC_ID = HALL.hex(), ATTIC.hex()
ID = "ab" * 16


@pytest.fixture
async def busy(home):
    """Two events in the hall, one in the attic; Ann has been there for long."""
    members = home.household.people.members
    for member_id, ann in members.items():
        members[member_id] = replace(ann, created_us=1)
    await hang(home)
    await hang(home, ATTIC, "Attic")
    home.one = await noticed(home, visit(home, 1), preview=True)
    home.two = await noticed(home, visit(home, 2, kind="cat", zones=("Gate",)), picture=False)
    home.three = await noticed(home, visit(home, 3, ATTIC))
    return home


def grants(camera, *capabilities):
    return [{"camera": camera, "capabilities": list(capabilities)}]


def ids(answer):
    return [event["id"] for event in answer["events"]]


def hexes(*events):
    return [event.event_id.hex() for event in events]


async def test_a_list_shows_all_that_is_known_of_an_event(busy):
    one, two, three = busy.one, busy.two, busy.three
    async with busy.browser() as ann:
        found = await ann.get("/api/events")
        assert ids(found) == hexes(three, two, one)
        assert found["next_before"] is None
        document = found["events"][2]
        preview = one.picture("preview")
        assert document == await ann.get(f"/api/events/{one.event_id.hex()}")
        assert document == {
            "id": one.event_id.hex(), "camera": HALL_ID, "kind": "person",
            "start_us": one.start_us, "last_us": one.last_us, "end_us": one.end_us,
            "confidence": 0.8, "best_us": one.best_us, "best_box": [0.1, 0.2, 0.3, 0.4],
            "zones": [], "path": [], "seen": False, "kept": False,
            "picture": {
                "id": one.picture("picture").picture_id.hex(),
                "bytes": one.picture("picture").size_bytes,
            },
            "preview": {
                "id": preview.picture_id.hex(), "bytes": preview.size_bytes,
                "columns": 2, "rows": 2, "count": 3,
            },
        }  # fmt: skip


async def test_filters_and_pages(busy):
    one, two, three = busy.one, busy.two, busy.three
    async with busy.browser() as ann:
        for query, expected in (
            ({"camera": HALL_ID}, [two, one]),
            ({"camera": [HALL_ID, ATTIC_ID], "kind": "cat"}, [two]),
            ({"zone": "Gate"}, [two]),
            ({"room": "Somewhere"}, []),
            ({"room": ""}, [three, two, one]),
            ({"seen": "true"}, []),
            ({"kept": "false"}, [three, two, one]),
            ({"from": two.start_us, "to": three.start_us}, [two]),
        ):
            assert ids(await ann.get("/api/events", **query)) == hexes(*expected), query
        first = await ann.get("/api/events", limit=2)
        assert first["next_before"] == f"{two.start_us}:{two.event_id.hex()}"
        rest = await ann.get("/api/events", limit=2, before=first["next_before"])
        assert (ids(rest), rest["next_before"]) == (hexes(one), None)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/events?limit=0", 422, "bad_request"),
        ("/api/events?limit=201", 422, "bad_request"),
        ("/api/events?before=x", 422, "bad_cursor"),
        ("/api/events?before=1:zz", 404, "no_such_event"),
        ("/api/events?before=%C2%B2:" + ID, 422, "bad_cursor"),
        ("/api/events?camera=zz", 404, "no_such_camera"),
        ("/api/events?" + "&".join(["kind=x"] * 33), 422, "bad_request"),
        (f"/api/events/{ID}", 404, "no_such_event"),
        ("/api/events/days?edge=1", 422, "bad_request"),
        ("/api/events/days?edge=2&edge=1", 422, "bad_range"),
        ("/api/activity?from=2&to=1", 422, "bad_range"),
        (f"/api/activity?from=0&to={63 * 86400 * SECOND}", 422, "bad_range"),
    ],
)
async def test_nonsense_is_refused(busy, path, status, code):
    answer = await busy.control.ask("GET", path)
    assert (answer.status, answer.json()["error"]) == (status, code)


async def test_seen_is_each_members_own(busy):
    one, two, three = busy.one, busy.two, busy.three
    async with busy.browser() as ann, busy.member("Ben", "member", grants(None, "events")) as ben:
        assert await ann.get("/api/events/unseen") == {"count": 3}
        # What was before Ben came is not new to him.
        assert await ben.get("/api/events/unseen") == {"count": 0}
        path = f"/api/events/{one.event_id.hex()}"
        assert (await ann.ask("PATCH", path, {"seen": True})).json()["seen"] is True
        body = {"events": [two.event_id.hex(), ID]}
        assert (await ann.ask("POST", "/api/events/seen", body)).status == 204
        assert await ann.get("/api/events/unseen") == {"count": 1}
        assert ids(await ann.get("/api/events", seen="false")) == hexes(three)
        assert (await ben.ask("PATCH", path, {"seen": False})).json()["seen"] is False
        assert await ben.get("/api/events/unseen") == {"count": 1}
        assert (await ann.get(path))["seen"] is True
        body = {"until_us": three.start_us, "camera": ATTIC_ID}
        assert (await ann.ask("POST", "/api/events/seen", body)).status == 204
        assert await ann.get("/api/events/unseen") == {"count": 0}


async def test_what_comes_later_cannot_be_seen_before(busy):
    async with busy.browser() as ann:
        assert (await ann.ask("POST", "/api/events/seen", {"until_us": 1 << 60})).status == 204
        now_us = busy.household.clock.wall_us()
        await noticed(busy, visit(busy, 9, start_us=now_us + SECOND, last_us=now_us + SECOND))
        assert await ann.get("/api/events/unseen") == {"count": 1}


async def test_days_and_movement(busy):
    one, three = busy.one, busy.three
    events = busy.household.events
    household = busy.household.household_id
    events.movement.add(household, HALL, [(one.start_us, one.start_us + SECOND)])
    async with busy.browser() as ann:
        edges = [one.start_us, one.start_us + 1, three.start_us + 1]
        days = (await ann.get("/api/events/days", edge=edges))["days"]
        assert [day["kinds"] for day in days] == [{"person": 1}, {"cat": 1, "person": 1}]
        assert (days[0]["from_us"], days[1]["to_us"]) == (edges[0], edges[2])
        some = await ann.get("/api/events/days", edge=edges, camera=HALL_ID)
        assert [day["kinds"] for day in some["days"]] == [{"person": 1}, {"cat": 1}]
        times = {"from": one.start_us, "to": one.start_us + SECOND}
        found = await ann.get("/api/activity", **times)
        assert found["cameras"] == [
            {"camera": HALL_ID, "spans": [[one.start_us, one.start_us + SECOND]]},
            {"camera": ATTIC_ID, "spans": []},
        ]
        assert len((await ann.get("/api/activity", camera=ATTIC_ID, **times))["cameras"]) == 1


async def test_who_is_granted_one_cameras_events_learns_of_no_other(busy):
    async with busy.member("Gwen", "guest", grants(HALL_ID, "events")) as gwen:
        assert ids(await gwen.get("/api/events")) == hexes(busy.two, busy.one)
        one, three = busy.one.event_id.hex(), busy.three.event_id.hex()
        assert (await gwen.ask("GET", f"/api/events/{three}")).status == 404
        assert (await gwen.ask("PATCH", f"/api/events/{three}", {"seen": True})).status == 404
        answer = await gwen.ask("GET", f"/api/events?camera={ATTIC_ID}")
        assert (answer.status, answer.json()["error"]) == (404, "no_such_camera")
        edges = [busy.one.start_us, busy.three.start_us + 1]
        (day,) = (await gwen.get("/api/events/days", edge=edges))["days"]
        assert sum(day["kinds"].values()) == 2
        times = {"from": 1, "to": 2}
        found = await gwen.get("/api/activity", **times)
        assert [camera["camera"] for camera in found["cameras"]] == [HALL_ID]
        assert (await gwen.ask("PATCH", f"/api/events/{one}", {"kept": True})).status == 403
        assert (await gwen.ask("DELETE", f"/api/events/{one}")).status == 403
        await gwen.ask("POST", "/api/events/seen", {"events": [one, three]})
        member = next(m for m in busy.household.people.members.values() if m.name == "Gwen")
        assert len(await busy.household.events.marks(member.member_id)) == 1


async def test_live_alone_shows_no_events(busy):
    wanted = grants(HALL_ID, "live", "still", "playback")
    async with busy.member("Wall", "display", wanted) as wall:
        assert ids(await wall.get("/api/events")) == []
        answer = await wall.ask("GET", f"/api/events?camera={HALL_ID}")
        assert (answer.status, answer.json()["error"]) == (403, "not_granted")
        (hall,) = await wall.get("/api/cameras")
        assert "event" not in {stream["stream"] for stream in hall["streams"]}
        picture = busy.one.picture("picture").picture_id.hex()
        body = {"events": [{"camera": HALL_ID, "pictures": [picture]}]}
        answer = (await wall.ask("POST", "/api/keys", body)).json()
        assert (answer["keys"], answer["refused"][0]["reason"]) == ([], "not_granted")
        async with busy.browser() as ann:
            opaque = await opaque_of(ann, HALL_ID)
            assert (await ann.ask("GET", f"/s/{opaque}/{picture}/0-0")).status == 200
        assert (await wall.ask("GET", f"/s/{opaque}/{picture}/0-0")).status == 404


async def opaque_of(browser, camera):
    found = next(c for c in await browser.get("/api/cameras") if c["id"] == camera)
    return next(s["opaque"] for s in found["streams"] if s["stream"] == "event")


async def test_a_picture_opens_with_its_released_key_after_its_ledger_line(busy):
    picture = busy.one.picture("picture").picture_id.hex()
    preview = busy.one.picture("preview").picture_id.hex()
    async with busy.browser() as ann:
        wanted = {"camera": HALL_ID, "pictures": [picture, preview, ID]}
        elsewhere = {"camera": ATTIC_ID, "pictures": [picture]}
        body = {"events": [wanted, elsewhere]}
        answer = (await ann.ask("POST", "/api/keys", body)).json()
        assert answer["refused"] == []
        keys = {key["writer"]: key for key in answer["keys"]}
        assert keys.keys() == {picture, preview}
        key = keys[picture]
        assert (key["purpose"], key["stream"], key["expires_us"]) == ("event", "event", None)
        opaque = await opaque_of(ann, HALL_ID)
        assert opaque in (await ann.get("/api/session/streams"))["streams"]
        sealed = await ann.ask("GET", f"/s/{opaque}/{picture}/0-0")
        assert "immutable" in sealed.headers["Cache-Control"]
        window = await ann.window(HOUSEHOLD, key)
        opened = open_sealed(window, Expectation((Kind.THUMB,), sequence_max=0), sealed.body)
        assert opened.payload == jpeg()
        for path in (f"{opaque}/{picture}/0-1", f"{opaque}/{picture}/1-1", f"{opaque}/{ID}/0-0"):
            assert (await ann.ask("GET", f"/s/{path}")).status == 404
        attic = await opaque_of(ann, ATTIC_ID)
        assert (await ann.ask("GET", f"/s/{attic}/{picture}/0-0")).status == 404
        times = {"from": busy.one.start_us, "to": busy.one.start_us + 1}
        exposed = await ann.get("/api/ledger/exposed", **times)
        mine = [one for one in exposed["exposures"] if one["purpose"] == "event"]
        assert len(mine) == 2
        assert {(one["stream"], one["camera_id"]) for one in mine} == {("event", HALL_ID)}


async def test_pictures_outlive_an_epoch(busy):
    picture = busy.one.picture("picture").picture_id.hex()
    async with busy.browser() as ann:
        before = await opaque_of(ann, HALL_ID)
        await busy.control.ask("POST", "/api/epochs", {"reason": "suspected_loss"})
        after = await opaque_of(ann, HALL_ID)
        assert before != after
        assert (await ann.ask("GET", f"/s/{before}/{picture}/0-0")).status == 404
        body = {"events": [{"camera": HALL_ID, "pictures": [picture]}]}
        (key,) = (await ann.ask("POST", "/api/keys", body)).json()["keys"]
        sealed = (await ann.ask("GET", f"/s/{after}/{picture}/0-0")).body
        window = await ann.window(HOUSEHOLD, key)
        assert open_sealed(window, Expectation((Kind.THUMB,)), sealed).payload == jpeg()


async def test_keeping_and_deleting(busy):
    one = f"/api/events/{busy.one.event_id.hex()}"
    async with busy.member("Ben", "member", grants(None, "events")) as ben:
        assert (await ben.ask("PATCH", one, {"kept": True})).json()["kept"] is True
        assert ids(await ben.get("/api/events", kept="true")) == hexes(busy.one)
        assert (await ben.ask("DELETE", one)).status == 403
    async with busy.browser() as ann:
        picture = busy.one.picture("picture").picture_id.hex()
        assert (await ann.ask("DELETE", one)).status == 204
        assert (await ann.ask("DELETE", one)).status == 404
        body = {"events": [{"camera": HALL_ID, "pictures": [picture]}]}
        answer = (await ann.ask("POST", "/api/keys", body)).json()
        assert answer == {"keys": [], "refused": []}
        opaque = await opaque_of(ann, HALL_ID)
        assert (await ann.ask("GET", f"/s/{opaque}/{picture}/0-0")).status == 404


async def test_events_that_are_switched_off_are_shown_to_nobody(busy):
    body = {"camera": HALL_ID, "capabilities": ["events"], "reason": "a test"}
    async with busy.browser() as ann:
        assert (await ann.ask("POST", "/api/suspensions", body)).status == 201
        assert ids(await ann.get("/api/events")) == hexes(busy.three)
        answer = await ann.ask("GET", f"/api/events?camera={HALL_ID}")
        assert (answer.status, answer.json()["error"]) == (403, "suspended")
        picture = busy.one.picture("picture").picture_id.hex()
        wanted = {"events": [{"camera": HALL_ID, "pictures": [picture]}]}
        (refused,) = (await ann.ask("POST", "/api/keys", wanted)).json()["refused"]
        assert (refused["reason"], refused["purpose"]) == ("suspended", "event")
        path = f"/api/events/{busy.one.event_id.hex()}"
        assert (await ann.ask("GET", path)).status == 404
        assert (await ann.ask("DELETE", path)).status == 204


async def test_a_removed_cameras_events_are_still_the_owners(busy):
    await busy.household.roster.remove(HALL, with_recordings=False, by="local")
    async with busy.browser() as ann:
        assert ids(await ann.get("/api/events")) == hexes(busy.three)
        assert ids(await ann.get("/api/events", camera=HALL_ID)) == hexes(busy.two, busy.one)


async def test_a_refused_picture_can_be_reported(busy):
    async with busy.browser() as ann:
        body = {"camera": HALL_ID, "stream": "event", "reason": "tampered"}
        assert (await ann.ask("POST", "/api/refusals", body)).status == 204
