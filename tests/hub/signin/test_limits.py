"""Failures close sign-in per name and for all, over restarts and clock jumps; by a hand clock."""

import json
from contextlib import ExitStack

import pytest

from keepsight.hub.signin import limits as module
from keepsight.hub.signin.limits import TooManyTriesError, TryLimit
from tests.hub.clocks import HandClock


def fail(limit, name, times):
    for _ in range(times):
        limit.check(name)
        limit.failed(name)


def wait_of(limit, name):
    with pytest.raises(TooManyTriesError) as caught:
        limit.check(name)
    return caught.value.retry_seconds


def test_five_failures_close_the_door_for_a_minute():
    clock = HandClock()
    limit = TryLimit(clock)
    for _ in range(5):
        limit.check("Ann")
        limit.failed("ann ")
        clock.tick(1)
    assert 50 <= wait_of(limit, "ANN") <= 60
    limit.check("Bob")
    clock.tick(56)
    limit.check("Ann")


def test_who_goes_on_waits_longer_and_longer():
    clock = HandClock()
    limit = TryLimit(clock)
    for _ in range(4):
        fail(limit, "Ann", 5)
        clock.tick(61)
    assert wait_of(limit, "Ann") > 3000
    for _ in range(4):
        clock.tick(3600)
        fail(limit, "Ann", 5)
        clock.tick(61)
        fail(limit, "Ann", 5)
        clock.tick(61)
        fail(limit, "Ann", 5)
        clock.tick(61)
        fail(limit, "Ann", 5)
    assert wait_of(limit, "Ann") > 3600


def test_being_right_starts_anew():
    limit = TryLimit(HandClock())
    fail(limit, "Ann", 4)
    limit.succeeded("Ann")
    fail(limit, "Ann", 5)
    wait_of(limit, "Ann")


def test_many_names_from_one_hand_are_limited_together():
    limit = TryLimit(HandClock())
    for number in range(30):
        limit.failed(f"name {number}")
    assert wait_of(limit, "Ann") <= 61


def test_names_that_never_were_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(module, "NAMES_MAX", 10)
    limit = TryLimit(HandClock())
    for number in range(100):
        limit.failed(f"name {number}")
    assert len(limit._failures) <= 10


def test_a_restart_is_no_way_around(tmp_path):
    path = tmp_path / "tries.json"
    clock = HandClock()
    fail(TryLimit(clock, path), "Ann", 5)
    # Another boot: monotonic time starts anew, wall time went on.
    again = TryLimit(HandClock(wall=clock.wall + 10_000_000, monotonic=5), path)
    assert 40 <= wait_of(again, "Ann") <= 51
    again.check("Bob")
    assert path.stat().st_mode & 0o077 == 0
    assert "ann" not in path.read_text().casefold()


def test_a_clock_set_back_does_not_stretch_the_wait(tmp_path):
    path = tmp_path / "tries.json"
    clock = HandClock()
    fail(TryLimit(clock, path), "Ann", 5)
    clock.jump_wall(-10 * 24 * 3600)
    assert wait_of(TryLimit(clock, path), "Ann") <= 61


def test_a_clock_that_jumps_while_running_changes_nothing():
    clock = HandClock()
    limit = TryLimit(clock)
    fail(limit, "Ann", 5)
    clock.jump_wall(10 * 24 * 3600)
    assert wait_of(limit, "Ann") <= 61


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"salt": 1}', '{"salt": "x", "failures_wall_us": {"a": ["b"]}}'],
)
def test_a_damaged_file_counts_anew(tmp_path, text):
    path = tmp_path / "tries.json"
    path.write_text(text)
    limit = TryLimit(HandClock(), path)
    fail(limit, "Ann", 5)
    wait_of(limit, "Ann")
    assert json.loads(path.read_text())["version"] == 1


def test_a_file_that_cannot_be_written_loses_no_count(tmp_path):
    limit = TryLimit(HandClock(), tmp_path / "missing" / "deeper" / "tries.json")
    fail(limit, "Ann", 5)
    wait_of(limit, "Ann")


def test_tries_at_the_same_time_count_before_it_is_known_whether_they_are_right():
    limit = TryLimit(HandClock())
    with ExitStack() as open_tries:
        for _ in range(5):
            open_tries.enter_context(limit.trying("ann"))
        with pytest.raises(TooManyTriesError), limit.trying("ann"):
            pass
        with limit.trying("ben"):
            pass
    with limit.trying("ann"):
        pass
    assert not limit._running
