"""From the watcher into the store, told once, opened by its key: in a real household."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from keepsight.hub.events.events import Events
from keepsight.hub.store.event_list import EventFilter, ListReader
from keepsight.seal.frame import Expectation, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind, Stream
from tests.home import HOUSEHOLD, open_all, running_hub, set_up, simulated_camera
from tests.hub.events.hall import ATTIC, HALL, SECOND, hang, jpeg, noticed, until, visit

HOUR = 3600 * SECOND
ANN = ListReader(b"n" * 16, 0)


def lines(home, *types):
    page = home.household.journal.reader.page(1 << 40, 50)
    return [line for line in page.lines if line["type"] in types]


async def test_an_event_is_stored_with_its_pictures_and_told(home):
    await hang(home)
    events, told = home.household.events, []
    events.listeners.append(lambda phase, event: told.append((phase, event)))
    event = visit(home)
    found = await noticed(home, event, preview=True)
    assert found.kind == "person"
    assert found.end_us == event.last_us
    assert {one.role for one in found.pictures} == {"picture", "preview"}
    preview = found.picture("preview")
    assert (preview.columns, preview.rows, preview.count) == (2, 2, 3)
    phases = [phase for phase, _event in told]
    assert phases[0] == "start"
    assert sorted(phases) == ["end", "picture", "picture", "start"]
    assert told[0][1].end_us is None
    (seen,) = await events.page(ANN, EventFilter((HALL,)), 10)
    assert (seen.event, seen.is_seen) == (found, False)


async def test_a_pictures_window_opens_its_file(home):
    await hang(home)
    events, keyring = home.household.events, home.household.keyring
    found = await noticed(home, visit(home))
    picture = found.picture("picture")
    (window,) = await events.windows(HALL, [picture.picture_id, b"?" * 16])
    assert (window.purpose, window.context.stream) == ("event", Stream.EVENT)
    assert await events.windows(ATTIC, [picture.picture_id]) == []
    opaque = keyring.opaque_stream(HALL, Stream.EVENT)
    stored = await events.find_picture(opaque, picture.picture_id)
    other = keyring.opaque_stream(ATTIC, Stream.EVENT)
    assert await events.find_picture(other, picture.picture_id) is None
    sealed = await events.sealed(stored)
    key = WindowKey(window.secret, window.context)
    assert open_sealed(key, Expectation((Kind.THUMB,)), sealed).payload == jpeg()


async def test_a_better_picture_replaces_the_one_before(home):
    await hang(home)
    events = home.household.events
    before = await noticed(home, visit(home), ends=False)
    events.on_picture(HALL, before.event_id, jpeg(shade=10))

    async def is_replaced():
        found = await events.find(before.event_id)
        return found.pictures != before.pictures and found

    after = await until(is_replaced)
    assert len(after.pictures) == 1
    files = list((home.directory / "events").rglob("*/*/*"))
    assert [path.name for path in files] == [after.pictures[0].picture_id.hex()]
    assert await events.windows(HALL, [before.pictures[0].picture_id]) == []


async def test_strange_and_trial_cameras_notice_nothing(home):
    await hang(home, ATTIC, "Trial", is_trial=True)
    events = home.household.events
    for camera in (HALL, ATTIC):
        events.on_event(camera, "start", visit(home, camera=camera))
        events.on_activity(camera, [(1, 2)])
    await events.stop()
    assert events.store.count(home.household.household_id) == 0


async def test_updates_are_stored_and_movement_too(home, monkeypatch):
    monkeypatch.setattr("keepsight.hub.events.events.UPDATE_SECONDS", 0.01)
    await hang(home)
    events, event = home.household.events, visit(home)
    events.on_event(HALL, "start", event)
    events.on_event(HALL, "update", replace(event, zones=("Gate",)))
    events.on_activity(HALL, [(event.start_us, event.start_us + SECOND)])

    async def is_stored():
        found = await events.find(event.event_id)
        moved = await events.activity(HALL, event.start_us, event.start_us + 1)
        return found and found.zones and moved

    assert await until(is_stored) == [(event.start_us, event.start_us + SECOND)]
    assert await events.spans(HALL, event.start_us, event.start_us + 1) == [
        (event.start_us, None, False)
    ]


async def test_a_listener_that_fails_keeps_nobody_else_from_hearing(home):
    await hang(home)
    events, told = home.household.events, []

    def fail(_phase, _event):
        raise ZeroDivisionError

    events.listeners += [fail, lambda phase, _event: told.append(phase)]
    await noticed(home, visit(home), picture=False)
    assert told == ["start", "end"]


async def test_a_disk_that_refuses_loses_nothing(home, monkeypatch):
    monkeypatch.setattr("keepsight.hub.events.events.RETRY_SECONDS", 0.01)
    await hang(home)
    events = home.household.events
    write, failures = events.store.write, [1, 2, 3]

    def refuse(*what):
        if failures:
            failures.pop()
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        return write(*what)

    monkeypatch.setattr(events.store, "write", refuse)
    found = await noticed(home, visit(home), picture=False)
    assert found.end_us is not None
    assert failures == []


async def test_a_defect_in_storing_stops_nothing(home, monkeypatch):
    await hang(home)
    events = home.household.events
    write = events.store.write
    monkeypatch.setattr(events.store, "write", lambda *_what: 1 / 0)
    events.on_event(HALL, "start", visit(home, 1))
    await asyncio.sleep(0.1)
    monkeypatch.setattr(events.store, "write", write)
    assert await noticed(home, visit(home, 2), picture=False)


async def test_too_much_is_said_on_the_status_page(home, monkeypatch):
    monkeypatch.setattr("keepsight.hub.events.intake.EVENTS_PER_HOUR_MAX", 1)
    await hang(home)

    async def codes():
        status = (await home.control.ask("GET", "/api/status")).json()
        return [alarm["code"] for alarm in status["alarms"]]

    await noticed(home, visit(home, 1), picture=False)
    assert "events_dropped" not in await codes()
    home.household.events.on_event(HALL, "start", visit(home, 2))
    assert "events_dropped" in await codes()
    monkeypatch.setattr("keepsight.hub.events.events.FLOOD_ALARM_US", 0)
    assert "events_dropped" not in await codes()


async def test_an_id_that_is_anothers_changes_nothing(home):
    await hang(home)
    await hang(home, ATTIC, "Attic")
    events = home.household.events
    found = await noticed(home, visit(home))
    events.on_event(ATTIC, "start", replace(visit(home, 2, ATTIC), event_id=found.event_id))
    await until(lambda: asyncio.sleep(0, not events.intake.open))
    assert await events.find(found.event_id) == found


async def test_what_was_open_ends_with_the_hub_and_after_a_crash(tmp_path, cheap_argon2):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory) as first:
        await set_up(first)
        await hang(first)
        orderly = await noticed(first, visit(first, 1), ends=False)
        crashed = visit(first, 2)
        store, household = first.household.events.store, first.household.household_id
        orphan = directory / "events" / HALL.hex() / "2020-01-01" / ("ab" * 16)
        orphan.parent.mkdir(parents=True)
        orphan.write_bytes(b"sealed before a crash, and without a row")
        await first.household.events.stop()
        store.write(household, [crashed], [])
        first.household.events.stop = asyncio.sleep.__get__(0)  # it crashes: nothing is tidied up
    async with running_hub(directory) as second:
        events = second.household.events
        for event in (orderly, crashed):
            assert (await events.find(event.event_id)).end_us == event.last_us
        await until(lambda: asyncio.sleep(0, not orphan.exists()))
        picture = (await events.find(orderly.event_id)).pictures[0]
        assert await events.windows(HALL, [picture.picture_id])


async def test_a_deleted_event_leaves_neither_file_nor_key(home):
    await hang(home)
    events = home.household.events
    found = await noticed(home, visit(home), preview=True)
    wrapped = [one.wrapped_secret for one in found.pictures]
    await events.delete(found, by="local")
    assert await events.find(found.event_id) is None
    assert list((home.directory / "events").iterdir()) == []
    for path in home.directory.glob("household.db*"):
        assert not any(secret in path.read_bytes() for secret in wrapped)
    (line,) = lines(home, "event_deleted")
    assert (line["camera"], line["from_us"]) == (HALL.hex(), found.start_us)


async def test_keeping_is_on_the_ledger(home):
    await hang(home)
    events = home.household.events
    found = await noticed(home, visit(home), picture=False)
    await events.keep(found, is_kept=True, by="local")
    assert (await events.find(found.event_id)).is_kept
    await events.keep(found, is_kept=False, by="local")
    assert not (await events.find(found.event_id)).is_kept
    kinds = [line["type"] for line in lines(home, "event_kept", "event_not_kept")]
    assert kinds == ["event_not_kept", "event_kept"]


async def test_who_leaves_takes_their_marks_along(home):
    await hang(home)
    events = home.household.events
    found = await noticed(home, visit(home), picture=False)
    people = home.household.people
    async with home.member("Ben", "member"):
        ben = next(m for m in people.members.values() if m.name == "Ben")
        reader = ListReader(ben.member_id, 0)
        await events.mark(reader, [found.event_id], is_seen=True)
        assert len(await events.marks(ben.member_id)) == 1
        await people.remove_member(ben, by="local")
    assert await events.marks(ben.member_id) == []


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_removed_camera_takes_its_events_with_its_recordings(home, keeps):
    await hang(home)
    events = home.household.events
    found = await noticed(home, visit(home))
    await home.household.roster.remove(HALL, with_recordings=not keeps, by="local")
    assert (await events.find(found.event_id) is not None) is keeps
    assert (home.directory / "events" / HALL.hex()).exists() is keeps


async def test_pictures_of_a_removed_camera_are_as_open_as_its_kept_recordings(home, clip):
    """Their keys go to who is granted them, ledger first; the door knows neither of the streams."""
    async with simulated_camera(clip) as device:
        camera = await home.add_camera(device.url)
        camera_id = bytes.fromhex(camera["id"])
        found = await noticed(home, visit(home, camera=camera_id), preview=True)
        hour = {"camera": camera["id"], "from": found.start_us, "to": found.start_us + HOUR}

        async def recorded():
            return await home.recorded_seconds(camera["id"]) > 1

        await home.wait_for(recorded)
        await home.household.roster.remove(camera_id, with_recordings=False, by="local")
    pictures = [one.picture_id.hex() for one in found.pictures]
    async with home.browser() as ann, home.member("Ben", "guest") as ben:
        segments = (await ann.get("/api/recordings", **hour))["segments"]
        writers = [segment["writer"] for segment in segments]
        body = {
            "recordings": [{"camera": camera["id"], "stream": "main", "writers": writers}],
            "events": [{"camera": camera["id"], "pictures": pictures}],
        }
        keys = (await ann.ask("POST", "/api/keys", body)).json()["keys"]
        assert {key["writer"] for key in keys} == {*writers, *pictures}
        assert len(writers) > 0
        names = {
            stream: home.household.keyring.opaque_stream(camera_id, stream).hex()
            for stream in (Stream.MAIN, Stream.EVENT)
        }
        for key in keys:
            window = await ann.window(HOUSEHOLD, key)
            sealed = await ann.ask("GET", f"/s/{names[window.context.stream]}/{key['writer']}/0-0")
            (opened,) = open_all(window, sealed.body, (Kind.INIT, Kind.THUMB))
            assert opened.kind is (Kind.THUMB if key["purpose"] == "event" else Kind.INIT)
        released = (await ann.get("/api/ledger", limit=200, type="release"))["lines"]
        told = {(one["writer"], one["purpose"], one["device"]) for one in released}
        assert told >= {(key["writer"], key["purpose"], ann.device_id) for key in keys}
        allowed = (await ann.get("/api/session/streams"))["streams"]
        assert not {*names.values()} & {*allowed}
        refused = (await ben.ask("POST", "/api/keys", body)).json()
        assert refused["keys"] == []
        assert {one["reason"] for one in refused["refused"]} == {"no_such_camera"}


def test_the_service_is_a_sink():
    names = ("on_event", "on_picture", "on_preview", "on_activity")
    assert all(callable(getattr(Events, name)) for name in names)
