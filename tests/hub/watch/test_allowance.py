"""Allowances: goal: bursts up to a size, and a steady rate after; method: a clock set by hand."""

from keepsight.hub.watch.allowance import Allowance


def test_a_burst_then_a_steady_rate():
    allowance = Allowance(per_minute=60, at_once=3)
    assert [allowance.take(0) for _ in range(5)] == [True, True, True, False, False]
    assert allowance.refused == 2
    assert allowance.take(1_000_000)
    assert not allowance.take(1_500_000)
    assert allowance.take(2_000_000)


def test_it_never_holds_more_than_its_size_and_time_cannot_go_back():
    allowance = Allowance(per_minute=60, at_once=2)
    allowance.take(0)
    later_us = 3_600_000_000
    assert [allowance.take(later_us) for _ in range(3)] == [True, True, False]
    assert not allowance.take(later_us - 3_000_000)
    assert not allowance.take(later_us - 3_000_000)
