"""Tracks: goal: who walks, stands, leaves, parks; method: detections by hand, look after look."""

import numpy as np
import pytest

from keepsight.detect.gate import Activity
from keepsight.detect.sight import Box, Detection
from keepsight.detect.tracker import LEAVE_SECONDS, STILL_MISSES_MAX, TRACKS_MAX, Tracker
from keepsight.detect.zones import Rules

RULES = Rules()
QUIET = Activity(is_open=False, cells=np.zeros((11, 20), int))
EVERYWHERE = Activity(is_open=True, cells=np.full((11, 20), 40))
FIRST = Activity(is_open=True, is_first=True)


def seen(left, top=0.4, *, kind="person", confidence=0.8, width=0.05, height=0.3):
    return Detection(kind, confidence, Box(left, top, left + width, top + height))


def us(second):
    return int(second * 1e6)


def test_a_walker_looked_at_every_two_seconds_is_one_track():
    tracker = Tracker()
    for number, left in enumerate((0.1, 0.3, 0.5, 0.7)):
        followed = tracker.update(us(2 * number), [seen(left)], EVERYWHERE, RULES)
        assert [track.number for track, _ in followed.seen] == [1]
    assert len(tracker.tracks[0].path) == 4


def test_two_who_walk_side_by_side_stay_two():
    tracker = Tracker()
    for number in range(6):
        found = [seen(0.1 + 0.05 * number), seen(0.1 + 0.05 * number, 0.05)]
        tracker.update(us(number), found, EVERYWHERE, RULES)
    assert len(tracker.tracks) == 2
    assert all(track.hits == 6 for track in tracker.tracks)


def test_one_uncertain_look_is_nobody_and_two_with_a_sure_one_are():
    tracker = Tracker()
    assert not tracker.update(us(0), [seen(0.1, confidence=0.42)], EVERYWHERE, RULES).seen
    assert not tracker.update(us(1), [seen(0.12, confidence=0.45)], EVERYWHERE, RULES).seen
    assert tracker.update(us(2), [seen(0.14, confidence=0.55)], EVERYWHERE, RULES).seen


def test_an_uncertain_one_who_does_not_come_again_is_forgotten():
    tracker = Tracker()
    tracker.update(us(0), [seen(0.1, confidence=0.45)], EVERYWHERE, RULES)
    followed = tracker.update(us(4), [], QUIET, RULES)
    assert len(followed.left) == 1
    assert not tracker.tracks


def test_who_stands_still_stays_without_being_looked_at():
    tracker = Tracker()
    tracker.update(us(0), [seen(0.4)], EVERYWHERE, RULES)
    for second in range(1, 120):
        tracker.disturb(QUIET)
        assert not tracker.expire(us(second))
    assert tracker.tracks[0].has_moved


def test_who_stands_still_and_is_not_seen_again_and_again_was_nobody():
    tracker = Tracker()
    tracker.update(us(0), [seen(0.4)], EVERYWHERE, RULES)
    left = ()
    for number in range(1, STILL_MISSES_MAX + 2):
        left += tracker.update(us(5 * number), [], QUIET, RULES).left
    assert len(left) == 1


def test_where_something_moved_and_nobody_is_left_they_are_gone_soon():
    tracker = Tracker()
    tracker.update(us(0), [seen(0.4)], EVERYWHERE, RULES)
    tracker.disturb(EVERYWHERE)
    assert not tracker.expire(us(LEAVE_SECONDS - 0.5))
    assert len(tracker.expire(us(LEAVE_SECONDS + 0.5))) == 1


@pytest.mark.parametrize("kind", ["person", "vehicle"])
def test_what_was_there_from_the_start_and_never_moves_is_no_event(kind):
    tracker = Tracker()
    for number in range(30):
        activity = FIRST if number == 0 else QUIET
        followed = tracker.update(us(number), [seen(0.4, kind=kind)], activity, RULES)
        assert not followed.seen


def test_a_person_who_was_there_and_moves_is_one():
    tracker = Tracker()
    tracker.update(us(0), [seen(0.4)], FIRST, RULES)
    assert tracker.update(us(1), [seen(0.4)], EVERYWHERE, RULES).seen


def test_a_parked_car_in_front_of_which_people_pass_is_no_event():
    tracker = Tracker()
    for number in range(40):
        activity = FIRST if number == 0 else EVERYWHERE
        car = seen(0.4, kind="vehicle", width=0.3)
        is_hidden = 10 < number < 20
        found = [] if is_hidden else [car]
        tracker.disturb(activity)
        followed = tracker.update(us(number), found, activity, RULES)
        assert not followed.seen, number


def test_a_car_that_comes_and_parks_is_one_visit_that_ends_and_driving_off_is_another():
    tracker = Tracker()
    seen_at, left_at = [], []
    for second in range(120):
        left = max(0.4, 0.9 - 0.1 * second) if second < 90 else 0.4 - 0.08 * (second - 90)
        found = [seen(left, kind="vehicle", width=0.2)] if left > -0.1 else []
        activity = EVERYWHERE if second < 6 or 90 <= second < 97 else QUIET
        tracker.disturb(activity)
        followed = tracker.update(us(second), found, activity, RULES)
        seen_at += [second for _ in followed.seen]
        left_at += [second for _ in followed.left]
    assert seen_at[0] <= 1
    assert 15 <= left_at[0] <= 25
    assert not [second for second in seen_at if left_at[0] < second < 90]
    assert [second for second in seen_at if second >= 90]


def test_kinds_sizes_masks_and_confidence_are_the_owners():
    rules = Rules(
        kinds=frozenset({"person"}),
        min_area=0.01,
        masks=(((0.0, 0.0), (0.3, 0.0), (0.3, 1.0), (0.0, 1.0)),),
        person_confidence=0.7,
    )
    tracker = Tracker()
    found = [
        seen(0.1),
        seen(0.5, width=0.01),
        seen(0.6, kind="dog"),
        seen(0.7, confidence=0.5),
        seen(0.8, confidence=0.92),
    ]
    followed = tracker.update(us(0), found, EVERYWHERE, rules)
    assert [detection.box.left for _, detection in followed.seen] == [0.8]
    assert len(tracker.tracks) == 1


def test_tracks_are_bounded():
    tracker = Tracker()
    found = [seen(n / 200, (n % 7) / 10, width=0.004, height=0.02) for n in range(150)]
    tracker.update(us(0), found, EVERYWHERE, RULES)
    assert len(tracker.tracks) == TRACKS_MAX
    assert len(tracker.let_go()) == TRACKS_MAX
    assert not tracker.tracks
