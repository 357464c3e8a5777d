"""Trails. Goal: what was seen before and after is hidden between, and a little before and after.
Method: boxes that move, go missing for a while, and cross."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect.sight import Box
from keepsight.detect.trails import BRIDGE_SECONDS, HOLD_SECONDS, Trails


def box(x, y=0.5, size=0.1):
    return Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)


def covers(boxes, x, y=0.5):
    return any(each.left <= x <= each.right and each.top <= y <= each.bottom for each in boxes)


def seen(*sights):
    trails = Trails()
    for second, *boxes in sights:
        trails.add(int(second * 1e6), boxes)
    return trails


def test_between_two_looks_it_is_hidden_where_it_must_be():
    trails = seen((0, box(0.30)), (0.12, box(0.34)), (0.24, box(0.38)))
    for number in range(25):
        second = number / 100
        assert covers(trails.at(int(second * 1e6)), 0.30 + second / 3)
    assert trails.at(60_000)[0].width < 0.15  # and not much more is


def test_a_face_that_goes_missing_for_a_second_stays_hidden():
    trails = seen((0, box(0.3)), (0.36,), (0.72,), (1.0, box(0.4)))
    for second, x in ((0.1, 0.31), (0.5, 0.35), (0.9, 0.39)):
        assert covers(trails.at(int(second * 1e6)), x)


@pytest.mark.parametrize("off", [-HOLD_SECONDS, HOLD_SECONDS])
def test_a_single_sight_is_held_before_and_after(off):
    trails = seen((5, box(0.5)))
    assert covers(trails.at(int((5 + off) * 1e6)), 0.5)
    assert trails.at(int((5 + 1.1 * off) * 1e6)) == []


def test_two_that_stand_apart_are_two():
    trails = seen((0, box(0.2), box(0.8)), (0.4, box(0.8), box(0.2)))
    found = trails.at(200_000)
    assert len(found) == 2
    assert not covers(found, 0.5)


def test_after_too_long_it_is_another_one():
    late = BRIDGE_SECONDS + 0.2
    trails = seen((0, box(0.5)), (late, box(0.5)))
    assert trails.at(int(late / 2 * 1e6)) == []
    assert len(trails.at(0)) == len(trails.at(int(late * 1e6))) == 1


@given(st.lists(st.lists(st.floats(0.1, 0.9), max_size=4), min_size=1, max_size=40))
def test_every_sight_is_hidden_at_its_time_and_memory_is_bounded(looks):
    trails = Trails()
    for number, places in enumerate(looks):
        media_us = number * 120_000
        trails.add(media_us, [box(x) for x in places])
        for x in places:
            assert covers(trails.at(media_us), x)
        trails.forget_before(media_us - 600_000)
    kept = sum(len(trail.sights) for trail in trails._trails)
    assert kept <= 4 * 20
