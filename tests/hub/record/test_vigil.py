"""Goal: a stretch counts as watched only if it was, all the time, on a clock nobody set.
Method: notes at the times of a clock that the test steers."""

import pytest

from keepsight.hub.record.vigil import (
    DOUBT_US,
    EVENT_DELAY_US,
    NOTES_APART_US_MAX,
    VIGILS_MAX,
    Vigils,
)
from tests.hub.record.footage import WALL_US
from tests.hub.record.keeping import SECOND, Times

CAMERA, OTHER = b"c" * 16, b"o" * 16


@pytest.fixture
def times():
    return Times(WALL_US)


def watch(vigils, times, seconds, *, camera=CAMERA, step=5, is_watched=True):
    """Watched for so long that `seconds` of it are beyond doubt, and a note more."""
    seconds += DOUBT_US // SECOND if is_watched else 0
    for _ in range(0, seconds, step):
        vigils.note(camera, is_watched=is_watched)
        times.pass_us(step * SECOND)


def test_what_was_watched_is_settled_after_the_delay(times):
    vigils = Vigils(times)
    assert vigils.settled_us(CAMERA) is None
    watch(vigils, times, 65)
    minute = WALL_US, WALL_US + 60 * SECOND
    assert not vigils.is_settled(CAMERA, *minute)
    times.pass_us(EVENT_DELAY_US - 6 * SECOND - DOUBT_US)
    assert not vigils.is_settled(CAMERA, *minute)
    times.pass_us(SECOND)
    assert vigils.is_settled(CAMERA, *minute)
    assert vigils.settled_us(CAMERA) == minute[1]
    assert not vigils.is_settled(CAMERA, minute[0] - 1, minute[1])
    assert not vigils.is_settled(CAMERA, minute[0], minute[1] + 1)
    assert not vigils.is_settled(OTHER, *minute)


@pytest.mark.parametrize("kind", ["not watched", "no notes", "restart"])
def test_an_interruption_divides(times, kind):
    vigils = Vigils(times)
    watch(vigils, times, 60)
    if kind == "not watched":
        watch(vigils, times, 5, is_watched=False)
    elif kind == "no notes":
        times.pass_us(NOTES_APART_US_MAX)
    else:
        vigils = Vigils(times)
    again_us = times.wall_us()
    watch(vigils, times, 60)
    times.pass_us(EVENT_DELAY_US)
    assert not vigils.is_settled(CAMERA, WALL_US + 50 * SECOND, again_us + 5 * SECOND)
    assert vigils.is_settled(CAMERA, WALL_US, WALL_US + 50 * SECOND) is (kind != "restart")
    assert vigils.is_settled(CAMERA, again_us, again_us + 50 * SECOND)


def test_a_clock_that_is_set_ahead_makes_nothing_old(times):
    vigils = Vigils(times)
    watch(vigils, times, 65)
    times.wall += 20 * 60 * SECOND
    watch(vigils, times, 65)
    assert not vigils.is_settled(CAMERA, WALL_US, WALL_US + 60 * SECOND)
    times.pass_us(EVENT_DELAY_US)
    assert vigils.is_settled(CAMERA, WALL_US, WALL_US + 60 * SECOND)
    assert not vigils.is_settled(CAMERA, WALL_US, times.wall_us() - EVENT_DELAY_US - 10 * SECOND)


def test_a_clock_that_is_set_back_ends_every_vigil(times):
    """What is recorded now has the times of what was watched before."""
    vigils = Vigils(times)
    for camera in (CAMERA, OTHER):
        watch(vigils, times, 65, camera=camera)
    times.pass_us(2 * EVENT_DELAY_US)
    assert vigils.is_settled(CAMERA, WALL_US, WALL_US + 60 * SECOND)
    times.wall = WALL_US
    assert not vigils.is_settled(CAMERA, WALL_US, WALL_US + 60 * SECOND)
    assert not vigils.is_settled(OTHER, WALL_US + 65 * SECOND, WALL_US + 120 * SECOND)
    assert vigils.settled_us(CAMERA) is None


def test_forgotten_cameras_and_many_interruptions(times):
    vigils = Vigils(times)
    for _ in range(VIGILS_MAX + 2):
        watch(vigils, times, 10)
        watch(vigils, times, 5, is_watched=False)
    times.pass_us(EVENT_DELAY_US)
    length_us = DOUBT_US + 15 * SECOND
    for n in range(4):
        start_us = WALL_US + n * length_us
        assert vigils.is_settled(CAMERA, start_us, start_us + 5 * SECOND) is (n >= 2)
    vigils.forget(CAMERA)
    assert vigils.settled_us(CAMERA) is None
