"""What goes when: by age, by a stretch of time, by number; and what stays."""

import asyncio
from dataclasses import replace

from keepsight.hub.camera import RecordingRule
from keepsight.hub.events import deletion as module
from tests.hub.events.hall import ATTIC, HALL, SECOND, hang, noticed, until, visit

DAY = 86_400 * SECOND


def old(home, number, days, camera=HALL, **more):
    """An event of some days ago that the store knows already."""
    event = visit(home, number, camera)
    start_us = event.start_us - days * DAY
    event = replace(event, start_us=start_us, last_us=start_us, end_us=start_us, **more)
    home.household.events.store.write(home.household.household_id, [event], [])
    return event


async def left(home, *events):
    return [await home.household.events.find(event.event_id) is not None for event in events]


async def test_events_go_with_their_recordings_unless_kept(home):
    await hang(home)
    now_us = home.household.clock.wall_us()
    one, kept, new = old(home, 1, 5), old(home, 2, 5, is_kept=True), old(home, 3, 1)
    events, household = home.household.events, home.household.household_id
    events.movement.add(household, HALL, [(one.start_us, one.start_us + 1), (now_us - 2, now_us)])
    assert await events.forget_before(HALL, now_us - 2 * DAY) == 1
    assert await left(home, one, kept, new) == [False, True, True]
    assert await events.activity(HALL, 0, now_us) == [(now_us - 2, now_us)]


async def test_age_goes_by_each_cameras_rule(home):
    rule = RecordingRule(mode="both", retention_days=2, event_retention_days=6)
    await hang(home, rule=rule)
    await hang(home, ATTIC, "Attic")
    mine, older = old(home, 1, 5), old(home, 2, 7)
    attic = old(home, 3, 29, ATTIC)
    gone, recent = old(home, 4, 31, b"g" * 16), old(home, 5, 29, b"g" * 16)
    await home.household.events.deletion.old()
    assert await left(home, mine, older, attic, gone, recent) == [True, False, True, False, True]


async def test_it_is_looked_after_by_itself(home, monkeypatch):
    monkeypatch.setattr("keepsight.hub.events.events.FIRST_LOOK_SECONDS", 0.0)
    await hang(home)
    event = old(home, 1, 31)
    keeping = asyncio.ensure_future(home.household.events.keep_rules())
    try:

        async def is_gone():
            return await left(home, event) == [False]

        await until(is_gone)
    finally:
        keeping.cancel()


async def test_a_clock_that_jumped_ahead_deletes_nothing(home, monkeypatch):
    await hang(home)
    event = old(home, 1, 1)
    clock = home.household.clock
    wall_us = clock.wall_us
    monkeypatch.setattr(type(clock), "wall_us", lambda _self: wall_us() + 900 * DAY)
    deletion = home.household.events.deletion
    await deletion.old()
    assert await left(home, event) == [True]
    await deletion.old()
    assert await left(home, event) == [True], "as long as recordings stay"
    monotonic_us = clock.monotonic_us
    monkeypatch.setattr(
        type(clock), "monotonic_us", lambda _self: monotonic_us() + 7 * 3600 * SECOND
    )
    await deletion.old()
    assert await left(home, event) == [False], "in the end it is believed"


async def test_too_many_go_oldest_first(home, monkeypatch):
    monkeypatch.setattr(module, "EVENTS_MAX", 3)
    await hang(home)
    many = [old(home, n + 1, 10 - n, is_kept=n == 0) for n in range(6)]
    await home.household.events.deletion.old()
    assert await left(home, *many) == [True, False, False, False, True, True]


async def test_a_stretch_that_an_owner_deletes_takes_its_events(home):
    await hang(home)
    await hang(home, ATTIC, "Attic")
    kept, other = old(home, 1, 3, is_kept=True), old(home, 2, 3, ATTIC)
    after = await noticed(home, visit(home, 3))
    body = {
        "camera": HALL.hex(), "from_us": kept.start_us - 10 * SECOND,
        "to_us": kept.start_us + 10 * SECOND,
    }  # fmt: skip
    answer = await home.control.ask("DELETE", "/api/recordings", body)
    assert answer.json() == {"deleted": 0, "bytes": 0, "events": 1}
    assert await left(home, kept, other, after) == [False, True, True]


async def test_many_are_deleted_in_portions(home):
    await hang(home)
    events, household = home.household.events, home.household.household_id
    template = old(home, 1, 5)
    many = [replace(template, event_id=n.to_bytes(16)) for n in range(9000, 10_200)]
    events.store.write(household, many, [])
    assert await events.drop_camera(HALL) == 1201
    assert events.store.count(household) == 0
