"""When to look: goal: nobody who stays two seconds is missed; method: streams of bare units."""

import itertools

import pytest

from keepsight.detect.pace import FRUITLESS_STREAK, SIGN_PROOFS, Mode, Pace
from keepsight.detect.unit import Unit


def stream(seconds, *, rate=10, gop=20, start=0):
    for number in range(start, start + int(seconds * rate)):
        us = int(number * 1e6 / rate)
        yield Unit(us, us, number % gop == 0, False, b"x")


def looks_of(pace, units, *, raised=lambda _: False, moves=lambda _: False):
    times = []
    for unit in units:
        pace.note(unit, is_raised=raised(unit))
        if pace.is_due(unit):
            pace.looked(unit.media_us, has_moved=moves(unit))
            times.append((unit.media_us / 1e6, unit.is_keyframe))
    return times


@pytest.mark.parametrize(("rate", "gop"), [(5, 5), (10, 20), (25, 25), (25, 50), (15, 30)])
def test_near_keyframes_are_enough_and_only_they_are_looked_at(rate, gop):
    pace = Pace()
    times = looks_of(pace, stream(30, rate=rate, gop=gop))
    late = [time for time in times if time[0] > gop / rate]
    assert pace.mode is Mode.KEYFRAMES
    assert all(is_keyframe for _, is_keyframe in late)
    gaps = [after[0] - before[0] for before, after in itertools.pairwise(late)]
    assert max(gaps) <= 2.05


def test_very_near_keyframes_cost_no_more():
    assert len(looks_of(Pace(), stream(30, rate=10, gop=5))) <= 34


@pytest.mark.parametrize("gop", [40, 100, 250])
def test_far_keyframes_do_not_let_two_seconds_pass(gop):
    pace = Pace()
    times = [time for time, _ in looks_of(pace, stream(60, gop=gop))]
    assert pace.mode is Mode.DECODE
    assert max(b - a for a, b in itertools.pairwise(times)) <= 2.15


def test_what_comes_after_the_last_look_before_a_keyframe_is_not_needed():
    times = looks_of(Pace(), stream(60, gop=40))
    late = [time % 4 for time, _ in times if time > 10]
    assert {round(time, 1) for time in late} == {0.0, 2.0}


def test_somebody_in_the_picture_is_looked_at_every_second():
    pace = Pace()
    looks_of(pace, stream(20, gop=40))
    due = []
    for unit in stream(8, gop=40, start=200):
        pace.note(unit, is_raised=False)
        if pace.is_due(unit, has_company=True):
            pace.looked(unit.media_us, has_moved=False)
            due.append(unit.media_us / 1e6)
    assert max(b - a for a, b in itertools.pairwise(due)) <= 1.1


def test_before_the_distance_is_known_it_looks_every_second():
    times = [time for time, _ in looks_of(Pace(), stream(5, gop=600))]
    assert len(times) >= 5


def test_a_keyframe_that_stays_away_changes_the_mode():
    pace = Pace()
    looks_of(pace, stream(20, gop=20))
    assert pace.mode is Mode.KEYFRAMES
    times = [
        time
        for time, _ in looks_of(
            pace, (Unit(20_000_000 + n * 100_000, 0, False, False, b"x") for n in range(60))
        )
    ]
    assert pace.mode is Mode.DECODE
    assert len(times) >= 3


def proven():
    pace = Pace()
    bursts = [20, 50, 80, 110, 140, 170]
    is_burst = lambda unit: any(0 <= unit.media_us / 1e6 - at < 1.5 for at in bursts)  # noqa: E731
    looks_of(pace, stream(200, gop=100), raised=is_burst, moves=is_burst)
    return pace


def test_a_sign_that_proved_itself_saves_the_decoding():
    pace = proven()
    assert pace.mode is Mode.SIGNS
    times = looks_of(pace, stream(60, gop=100, start=2000))
    assert len(times) <= 8
    raised = looks_of(
        pace, stream(60, gop=100, start=2600), raised=lambda unit: unit.media_us == 283_300_000
    )
    assert (283.3, False) in raised


def test_one_movement_without_the_sign_takes_the_trust_away():
    pace = proven()
    looks_of(pace, stream(20, gop=100, start=2000), moves=lambda unit: unit.is_keyframe)
    assert pace.mode is Mode.DECODE
    assert pace.proofs_needed > SIGN_PROOFS


def test_a_sign_that_is_raised_all_the_time_is_not_used():
    pace = Pace()
    looks_of(pace, stream(300, gop=100), raised=lambda _: True, moves=lambda _: True)
    assert pace.mode is Mode.DECODE


def test_attention_looks_fast_and_ends():
    pace = Pace()
    looks_of(pace, stream(10))
    assert pace.attend(10_000_000)
    times = [time for time, _ in looks_of(pace, stream(6, start=100))]
    assert sum(time < 12 for time in times) >= 5
    assert sum(time >= 12.1 for time in times) <= 3


def test_openings_for_nothing_end_the_patience_for_a_while():
    pace = Pace()
    for second in range(FRUITLESS_STREAK):
        assert pace.attend(second * 1_000_000)
        pace.relax(second * 1_000_000, was_fruitless=True)
    assert not pace.attend(5_000_000)
    assert pace.attend(120_000_000)
    pace.relax(121_000_000, was_fruitless=False)
    assert pace.attend(122_000_000)


def test_after_a_break_the_next_unit_is_looked_at():
    pace = Pace()
    looks_of(pace, stream(10))
    pace.restart()
    assert pace.is_due(Unit(10_050_000, 0, True, True, b"x"))


def test_where_nothing_moves_keyframes_are_passed_over_but_never_for_more_than_two_seconds():
    for rate, gop, wanted in ((10, 10, 2.0), (10, 5, 2.0), (10, 15, 1.5), (10, 20, 2.0)):
        times = [time for time, _ in looks_of(Pace(), stream(60, rate=rate, gop=gop))]
        gaps = [after - before for before, after in itertools.pairwise(times[4:])]
        assert max(gaps) == pytest.approx(wanted, abs=0.01), (rate, gop)
        assert min(gaps) == pytest.approx(wanted, abs=0.01), (rate, gop)


def test_after_a_movement_every_keyframe_is_looked_at_for_a_while():
    def moves(unit):
        return 30e6 <= unit.media_us < 31e6

    times = [time for time, _ in looks_of(Pace(), stream(90, gop=10), moves=moves)]
    lively = [after - before for before, after in itertools.pairwise(times) if 31 < before < 48]
    calm = [after - before for before, after in itertools.pairwise(times) if before > 52]
    assert max(lively) == pytest.approx(1.0, abs=0.01)
    assert min(calm) == pytest.approx(2.0, abs=0.01)


def test_a_keyframe_with_which_somebody_comes_is_no_fault_of_the_sign():
    """The first sign can come with the pictures after it."""
    pace = Pace()

    def comes(unit):
        return unit.media_us % 20_000_000 == 0 and unit.media_us >= 20_000_000

    def raised(unit):
        return 100_000 <= unit.media_us % 20_000_000 <= 600_000 and unit.media_us >= 20_000_000

    looks_of(pace, stream(120, gop=100), raised=raised, moves=comes)
    assert pace.mode is Mode.SIGNS


def test_a_sign_that_does_not_come_at_all_is_one():
    pace = Pace()
    looks_of(pace, stream(120, gop=100), moves=lambda unit: unit.media_us % 20_000_000 == 0)
    assert pace.mode is Mode.DECODE
