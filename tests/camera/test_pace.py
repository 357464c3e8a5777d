"""A source keeps real time and notices `stop`. Method: a clock moved by the waiting itself."""

from itertools import pairwise

import pytest

from keepsight.camera.pace import LATE_US_MAX, Pace


class Clock:
    def __init__(self):
        self.now_us = 1_000

    def monotonic_us(self):
        return self.now_us

    def wall_us(self):
        return 5_000_000_000 + self.now_us


class Stop:
    """Waits by moving the clock."""

    def __init__(self, clock):
        self.clock = clock
        self.is_set = False
        self.waited = []

    def wait(self, seconds):
        self.waited.append(seconds)
        self.clock.now_us += round(seconds * 1_000_000)
        return self.is_set


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
def test_waits_until_due(speed):
    clock = Clock()
    stop = Stop(clock)
    pace = Pace(clock, stop, speed)
    walls = [pace.wait(n * 100_000) for n in range(5)]
    assert stop.waited == pytest.approx([0, *[0.1 / speed] * 4], abs=1e-5)
    step = 100_000
    assert [b - a for a, b in pairwise(walls)] == [step] * 4


def test_gives_up_what_a_sleeping_machine_lost():
    clock = Clock()
    stop = Stop(clock)
    pace = Pace(clock, stop)
    pace.wait(0)
    clock.now_us += 60_000_000
    assert pace.wait(100_000) == clock.wall_us()
    pace.wait(200_000)
    assert stop.waited[-1] == pytest.approx(0.1)


def test_a_little_late_is_caught_up_with_and_dated_when_it_was_due():
    clock = Clock()
    pace = Pace(clock, Stop(clock))
    first = pace.wait(0)
    clock.now_us += LATE_US_MAX // 2
    assert pace.wait(100_000) == first + 100_000


def test_stops():
    clock = Clock()
    stop = Stop(clock)
    pace = Pace(clock, stop)
    stop.is_set = True
    assert pace.wait(0) is None
