"""One household's reader never opens another household's fragment.

Method: a million seeded tries of thirteen kinds; a control that looks the key up by the id in the
bytes opens them.
"""

import multiprocessing
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.hostile.opens import NAMES, Outcome, attack_all
from tests.hostile.tally import Tally

OPENS = 1_000_000
SHARE = 50_000
"""Tries of one seed: small enough that every processor has something to do until the end."""


def attack_in_processes(seed: int, count: int) -> list[Outcome]:
    shares = range(0, count, SHARE)
    counts = [min(SHARE, count - start) for start in shares]
    seeds = [seed + start for start in shares]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        return list(pool.map(attack_all, seeds, counts))


def check(outcomes: list[Outcome], count: int, tally: Tally) -> None:
    tried = sum((outcome.tried for outcome in outcomes), Counter())
    opened = sum((outcome.opened for outcome in outcomes), Counter())
    looked_up = sum(outcome.looked_up for outcome in outcomes)
    tally.opens += tried.total()
    tally.opened += opened.total()
    tally.control_leaks += looked_up
    of_events = sum(outcome.of_events for outcome in outcomes)
    tally.event_opens += of_events
    tally.event_leaks += sum(outcome.looked_up_of_events for outcome in outcomes)
    print(dict(tried), "looked up by id:", looked_up, "of events:", of_events)
    assert tried.total() >= count
    assert min(tried[name] for name in NAMES) > 0.9 * count / len(NAMES)
    assert opened.total() == 0, opened
    assert of_events > 0.2 * count
    assert looked_up == tried["member_of_two"], "the control must open what it looks up"
    assert sum(o.owners for o in outcomes) == sum(o.checked for o in outcomes) > 0


@pytest.mark.timeout(900)  # work for processors alone: half a minute on two that have nothing else
def test_a_million_foreign_fragments_none_opened(seed: int, tally: Tally) -> None:
    check(attack_in_processes(seed, OPENS), OPENS, tally)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_hundred_million_foreign_fragments_none_opened(seed: int, tally: Tally) -> None:
    check(attack_in_processes(seed + 1_000_000_007, 100 * OPENS), 100 * OPENS, tally)
