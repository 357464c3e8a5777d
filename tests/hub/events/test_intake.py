"""Whatever the watcher says: it fills no memory, changes no other event, and raises nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.hub.event import Event
from keepsight.hub.events import intake as module
from keepsight.hub.events.intake import Intake, PendingPicture, judged
from tests.hub.clocks import HandClock

HALL, ATTIC = b"c" * 16, b"a" * 16
NOW = 1_700_000_000_000_000
SECOND = 1_000_000
PICTURE = b"\xff\xd8\xff\xe0 a picture"


def visit(number=1, camera=HALL, **more):
    fields = {"last_us": NOW, "end_us": None, "confidence": 0.8, "best_us": NOW, **more}
    return Event(
        fields.pop("event_id", number.to_bytes(16)), camera, fields.pop("kind", "person"),
        fields.pop("start_us", NOW - SECOND), **fields,
    )  # fmt: skip


def picture(event, role="picture", jpeg=PICTURE, **more):
    return PendingPicture(event.camera_id, event.event_id, role, jpeg, NOW, **more)


@pytest.fixture
def clock():
    return HandClock(wall=NOW)


@pytest.fixture
def intake(clock):
    return Intake(clock)


def test_an_event_begins_goes_on_and_ends(intake):
    event = visit()
    assert intake.event(HALL, "start", event)
    assert intake.event(HALL, "update", replace(event, last_us=NOW + SECOND, zones=("Door",)))
    (pending,) = intake.take()
    assert pending.phases == ["start", "update"]
    assert (pending.event.zones, pending.event.end_us) == (("Door",), None)
    assert intake.event(HALL, "end", replace(event, last_us=NOW + 2 * SECOND))
    (pending,) = intake.take()
    assert pending.phases == ["end"]
    assert pending.event.end_us == NOW + 2 * SECOND
    assert intake.open == {}
    assert not intake.event(HALL, "update", event), "it has ended"


def test_a_short_one_is_told_whole_at_once(intake):
    intake.event(HALL, "start", visit())
    intake.event(HALL, "end", visit())
    (pending,) = intake.take()
    assert pending.phases == ["start", "end"]


@pytest.mark.parametrize(
    "said",
    [
        visit(camera=ATTIC),
        visit(event_id=b"short"),
        visit(kind=""),
        visit(kind="x" * 41),
        visit(kind="a\nb"),
        visit(confidence=float("nan")),
        visit(start_us=NOW - 26 * 3600 * SECOND),
        visit(start_us=NOW + 61 * SECOND),
        visit(last_us=NOW + 61 * SECOND),
        visit(start_us=-(1 << 70)),
    ],
)
def test_nonsense_is_no_event(intake, said):
    assert not intake.event(HALL, "start", said)
    assert intake.take() == []
    assert intake.refused[HALL] == 1


def test_what_is_wrong_in_a_part_is_left_out():
    said = visit(
        best_us=5, confidence=7.0, best_box=(0.0, 0.0, float("inf"), 1.0), last_us=1,
        zones=("Door", "z" * 101) + ("more",) * 50, is_kept=True,
        path=((0.0, 0.5, 0.5), (1.0, -3.0, 0.5), (float("nan"), 0.1, 0.1)) * 100,
    )  # fmt: skip
    event = judged(said, HALL, NOW)
    assert (event.best_us, event.confidence, event.best_box) == (event.start_us, 1.0, None)
    assert event.last_us == event.start_us
    assert len(event.zones) <= module.ZONES_MAX
    assert set(event.path) == {(0.0, 0.5, 0.5)}
    assert not event.is_kept


def test_another_cameras_event_cannot_be_changed(intake):
    event = visit()
    intake.event(HALL, "start", event)
    assert not intake.event(ATTIC, "end", replace(event, camera_id=ATTIC))
    far = NOW + 30 * 3600 * SECOND
    assert not intake.event(ATTIC, "end", replace(event, camera_id=ATTIC, last_us=far))
    assert not intake.picture(replace(picture(event), camera=ATTIC))
    assert event.event_id in intake.open


def test_kind_and_beginning_stay(intake):
    event = visit()
    intake.event(HALL, "start", event)
    intake.event(HALL, "update", replace(event, kind="cat", start_us=NOW - 50 * SECOND))
    (pending,) = intake.take()
    assert (pending.event.kind, pending.event.start_us) == ("person", event.start_us)


def test_a_flood_is_bounded_by_hour_and_by_day(intake, clock):
    taken, number = 0, 0
    for _hour in range(26):
        for _ in range(module.EVENTS_PER_HOUR_MAX + 50):
            number += 1
            event = visit(number, start_us=clock.wall_us() - SECOND, last_us=clock.wall_us())
            taken += intake.event(HALL, "start", event)
            intake.event(HALL, "end", event)
        assert len(intake.take()) <= module.EVENTS_PER_HOUR_MAX
        clock.tick(3600)
    day = module.EVENTS_PER_DAY_MAX
    assert day <= taken <= day + 3 * module.EVENTS_PER_HOUR_MAX
    assert intake.refused[HALL] > 0
    assert HALL in intake.flooded_us
    now_us = clock.wall_us()
    assert intake.event(ATTIC, "start", visit(1, ATTIC, start_us=now_us, last_us=now_us))


def test_open_ones_and_waiting_ones_are_bounded(intake, clock, monkeypatch):
    for number in range(module.OPEN_MAX + 5):
        intake.event(HALL, "start", visit(number + 1))
    assert len(intake.open) == module.OPEN_MAX
    monkeypatch.setattr(module, "PENDING_MAX", module.OPEN_MAX)
    assert not intake.event(ATTIC, "start", visit(1, ATTIC, event_id=b"t" * 16))


def test_pictures_belong_to_an_event_and_are_bounded(intake):
    event = visit()
    assert not intake.picture(picture(event)), "there is no such event"
    intake.event(HALL, "start", event)
    assert intake.picture(picture(event))
    assert intake.picture(picture(event, jpeg=PICTURE + b" better"))
    assert intake.next_picture().jpeg == PICTURE + b" better"
    assert intake.next_picture() is None, "a better one replaces what still waits"
    intake.event(HALL, "end", event)
    intake.take()
    assert intake.picture(picture(event, "preview", columns=4, rows=4, count=16)), "late, not lost"
    intake.drop(event.event_id)
    assert not intake.picture(picture(event)), "it is deleted"


def test_only_so_many_that_are_over_are_remembered(intake, monkeypatch):
    monkeypatch.setattr(module, "ENDED_MAX", 2)
    for number in (1, 2, 3):
        intake.event(HALL, "start", visit(number))
        intake.picture(picture(visit(number)))
        intake.event(HALL, "end", visit(number))
    assert [intake.picture(picture(visit(number))) for number in (1, 2, 3)] == [False, True, True]
    assert len(intake._pictured) == 2


def test_an_event_that_never_ends_ends_after_a_day(intake, clock):
    event = visit()
    intake.event(HALL, "start", event)
    for _hour in range(26):
        clock.tick(3600)
        intake.event(HALL, "update", replace(event, last_us=clock.wall_us()))
    assert intake.open == {}
    (pending,) = intake.take()
    assert pending.phases[-1] == "end"
    assert pending.event.end_us - event.start_us <= module.EVENT_US_MAX


@pytest.mark.parametrize(
    "wrong",
    [
        {"jpeg": b"<html>"},
        {"jpeg": PICTURE + bytes(module.PICTURE_BYTES_MAX)},
        {"role": "preview", "columns": 9, "rows": 8, "count": 1},
        {"role": "preview", "columns": 2, "rows": 2, "count": 5},
        {"role": "preview", "columns": 0, "rows": 2, "count": 0},
    ],
)
def test_what_is_no_picture_is_refused(intake, wrong):
    intake.event(HALL, "start", visit())
    assert not intake.picture(picture(visit(), **wrong))
    assert intake.next_picture() is None


def test_pictures_cannot_pile_up(intake):
    for number in range(module.OPEN_MAX):
        intake.event(HALL, "start", visit(number + 1))
        for role in ("picture", "preview"):
            intake.picture(picture(visit(number + 1), role))
    taken = 0
    while intake.next_picture():
        taken += 1
    assert taken == module.PICTURES_QUEUED_MAX


def test_one_event_cannot_write_for_ever(intake):
    intake.event(HALL, "start", visit())
    taken = sum(
        intake.picture(picture(visit())) and intake.next_picture() is not None for _ in range(100)
    )
    assert taken == module.PICTURES_PER_EVENT_MAX


def test_movement_is_bounded_and_of_now(intake):
    intake.activity(HALL, [(NOW - SECOND, NOW), (NOW, NOW - SECOND), (1, 2), (NOW, NOW + 10**15)])
    assert intake.take_activity() == {HALL: [(NOW - SECOND, NOW)]}
    for _ in range(5):
        intake.activity(HALL, [(NOW - SECOND, NOW)] * 1000)
    assert len(intake.take_activity()[HALL]) == module.SPANS_MAX


def test_what_could_not_be_stored_waits_with_what_came_since(intake):
    first, second = visit(1), visit(2)
    intake.event(HALL, "start", first)
    failed = intake.take()
    intake.event(HALL, "end", first)
    intake.event(HALL, "start", second)
    intake.put_back(failed)
    waiting = {one.event.event_id: one.phases for one in intake.take()}
    assert waiting == {first.event_id: ["start", "end"], second.event_id: ["start"]}


def test_a_camera_can_be_forgotten(intake):
    intake.event(HALL, "start", visit())
    intake.event(ATTIC, "start", visit(2, ATTIC))
    intake.picture(picture(visit()))
    intake.activity(HALL, [(NOW - SECOND, NOW)])
    intake.drop_camera(HALL)
    assert [one.event.camera_id for one in intake.take()] == [ATTIC]
    assert intake.next_picture() is None
    assert intake.take_activity() == {}


def test_at_the_end_everything_ended_when_it_was_noticed_last(intake):
    intake.event(HALL, "start", visit())
    intake.end_all()
    (pending,) = intake.take()
    assert (pending.phases, pending.event.end_us) == (["start", "end"], visit().last_us)


times = st.integers(-(1 << 63), 1 << 63)
numbers = st.floats()
events = st.builds(
    Event,
    event_id=st.binary(max_size=17),
    camera_id=st.sampled_from([HALL, ATTIC]),
    kind=st.text(max_size=50),
    start_us=times | st.just(NOW),
    last_us=times | st.just(NOW),
    end_us=st.none() | times,
    confidence=numbers,
    best_us=times,
    best_box=st.none() | st.tuples(numbers, numbers, numbers, numbers),
    zones=st.lists(st.text(max_size=120), max_size=40).map(tuple),
    path=st.lists(st.tuples(numbers, numbers, numbers), max_size=5).map(tuple),
)


@given(st.lists(st.tuples(st.sampled_from(["start", "update", "end"]), events), max_size=20))
def test_nothing_that_is_said_raises_and_what_is_believed_is_sound(said):
    intake = Intake(HandClock(wall=NOW))
    for phase, event in said:
        intake.event(HALL, phase, event)
    for pending in intake.take():
        event = pending.event
        assert event.start_us <= event.best_us <= event.last_us <= NOW + module.AHEAD_US_MAX
        assert event.end_us is None or event.start_us <= event.end_us <= event.last_us
        assert 0 <= event.confidence <= 1
        assert event.camera_id == HALL
