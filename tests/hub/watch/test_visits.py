"""Visits: goal: an event begins once and ends once, whatever is claimed; method: claims by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.hub.watch.claims import ClaimError, EventClaim
from keepsight.hub.watch.visits import OPEN_MAX, STARTS_AT_ONCE, Visits
from keepsight.hub.watching import Watching, Zone

CAMERA = b"c" * 16
NOW_US = 1_790_000_000_000_000
CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
WATCHING = Watching(kinds=("person",), zones=(Zone("Door", CORNERS),))
CLAIM = EventClaim(
    b"1" * 16, "start", "person", NOW_US - 500_000, NOW_US, 0.5, NOW_US, (0.0, 0.0, 0.5, 0.5),
    (), ((0.0, 0.5, 0.5),),
)  # fmt: skip


def take(visits, watching=WATCHING, now_us=NOW_US, **changes):
    return visits.take(
        replace(CLAIM, **changes), watching, wall_us=now_us, monotonic_us=now_us - NOW_US
    )


def test_a_visit_from_its_beginning_to_its_end():
    visits = Visits(CAMERA)
    phase, event = take(visits)
    assert (phase, event.event_id, event.camera_id) == ("start", CLAIM.event_id, CAMERA)
    assert (event.end_us, event.kind) == (None, "person")
    later_us = NOW_US + 2_000_000
    phase, event = take(
        visits, now_us=later_us, phase="update", last_us=later_us, confidence=0.9,
        best_us=later_us, best_box=(0.1, 0.1, 0.2, 0.2), zones=("Door", "Moon"),
    )  # fmt: skip
    assert (phase, event.zones, event.confidence) == ("update", ("Door",), 0.9)
    assert event.best_box == (0.1, 0.1, 0.2, 0.2)
    phase, event = take(visits, now_us=later_us, phase="end", last_us=later_us, confidence=0.4)
    assert (phase, event.end_us, event.confidence) == ("end", later_us, 0.9)
    assert event.start_us == CLAIM.start_us
    assert event.best_box == (0.1, 0.1, 0.2, 0.2)
    assert event.zones == ("Door",)
    assert visits.open_count == 0


def test_an_event_begins_once_and_ends_once():
    visits = Visits(CAMERA)
    assert take(visits, phase="update") is None
    assert take(visits, phase="end") is None
    assert take(visits)[0] == "start"
    assert take(visits)[0] == "update"
    assert take(visits, phase="end")[0] == "end"
    for phase in ("start", "update", "end"):
        assert take(visits, phase=phase) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "dragon"},
        {"start_us": NOW_US - 3_600_000_000},
        {"last_us": NOW_US + 3_600_000_000},
    ],
)
def test_what_cannot_be_begins_no_event(changes):
    with pytest.raises(ClaimError):
        take(Visits(CAMERA), **changes)


def test_nothing_goes_back():
    visits = Visits(CAMERA)
    take(visits)
    with pytest.raises(ClaimError):
        take(visits, phase="update", kind="dog")
    with pytest.raises(ClaimError):
        take(visits, phase="end", last_us=NOW_US + 3_600_000_000)
    _, event = take(visits, phase="update", start_us=NOW_US - 90_000_000, last_us=NOW_US - 5)
    assert (event.start_us, event.last_us) == (CLAIM.start_us, NOW_US)


def test_a_long_visit_may_go_on_for_hours():
    visits = Visits(CAMERA)
    take(visits)
    end_us = NOW_US + 5 * 3_600_000_000
    phase, event = take(visits, now_us=end_us, phase="end", last_us=end_us)
    assert (phase, event.end_us) == ("end", end_us)


def test_zones_of_before_a_change_stay_and_kinds_of_before_end():
    visits = Visits(CAMERA)
    take(visits, zones=("Door",))
    other = Watching(kinds=("dog",), zones=(Zone("Garden", CORNERS),))
    _, event = take(visits, other, phase="end", zones=("Door", "Garden"))
    assert event.zones == ("Door", "Garden")


def test_heard_kinds_count_where_they_are_listened_for():
    watching = replace(WATCHING, sounds=("alarm",))
    _, event = take(Visits(CAMERA), watching, kind="alarm", best_box=None)
    assert (event.kind, event.best_box) == ("alarm", None)


def test_a_flood_of_events_is_cut_and_ends_are_not():
    visits = Visits(CAMERA)
    ids = [bytes([1, number]) + bytes(14) for number in range(200)]
    begun = [each for each in ids if take(visits, event_id=each) is not None]
    assert len(begun) == min(STARTS_AT_ONCE, OPEN_MAX)
    updates = [take(visits, event_id=begun[0], phase="update") for _ in range(1000)]
    assert any(update is None for update in updates)
    assert visits.refused > 0
    assert all(take(visits, event_id=each, phase="end")[0] == "end" for each in begun)


def test_pictures_belong_to_what_was_told_and_are_bounded():
    visits = Visits(CAMERA)
    assert not visits.may_have_picture(CLAIM.event_id, 0)
    take(visits)
    assert visits.may_have_picture(CLAIM.event_id, 0)
    assert not all(visits.may_have_picture(CLAIM.event_id, 0) for _ in range(1000))
    take(visits, phase="end")
    assert visits.may_have_picture(CLAIM.event_id, 3_600_000_000), "of a sound it follows its end"
    assert not visits.may_have_picture(b"2" * 16, 3_600_000_000)


def test_all_end_when_the_watcher_dies():
    visits = Visits(CAMERA)
    take(visits)
    take(visits, event_id=b"2" * 16)
    ended = visits.end_all()
    assert {event.end_us for event in ended} == {NOW_US}
    assert len(ended) == 2
    assert visits.end_all() == []
    assert take(visits, phase="end") is None


PHASES = st.sampled_from(["start", "update", "end"])


@given(st.lists(st.tuples(PHASES, st.integers(0, 3), st.integers(-5, 5)), max_size=40))
def test_whatever_is_claimed_each_event_begins_and_ends_once(told):
    visits, begun, ended = Visits(CAMERA), [], []
    for phase, number, seconds in told:
        found = take(
            visits, event_id=bytes([number]) * 16, phase=phase, last_us=NOW_US + seconds * 100_000
        )
        if found is not None:
            assert found[1].start_us <= found[1].last_us
            {"start": begun, "end": ended}.get(found[0], []).append(found[1].event_id)
    ended += [event.event_id for event in visits.end_all()]
    assert sorted(begun) == sorted(ended)
    assert len(set(begun)) == len(begun)
