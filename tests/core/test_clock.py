"""The system clock counts microseconds, and its monotonic side never goes back; by reading it."""

from keepsight.core.clock import SystemClock


def test_wall_time_is_microseconds_since_1970():
    assert 1_700_000_000_000_000 < SystemClock().wall_us() < 10_000_000_000_000_000


def test_monotonic_time_does_not_go_back():
    clock = SystemClock()
    readings = [clock.monotonic_us() for _ in range(1000)]
    assert readings == sorted(readings)
