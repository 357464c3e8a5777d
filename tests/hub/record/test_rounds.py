"""Goal: what shows nothing goes where only events are wanted, what shows something stays with what
was before and after it, and nothing goes where nobody watched; each row is read about once.
Method: an index of a minute a row, events of a list, a clock that the test steers; an oracle."""

import random
from dataclasses import replace

import pytest

from keepsight.hub.camera import RecordingRule
from keepsight.hub.record.rules import RetentionRules
from keepsight.hub.record.vigil import EVENT_DELAY_US
from keepsight.hub.store.recordings import open_recording_store
from keepsight.seal.header import Stream
from tests.hub.record.footage import WALL_US
from tests.hub.record.keeping import DAY, MINUTE, SECOND, Shelf
from tests.hub.record.room import CAMERA, HOUSEHOLD, OTHER_CAMERA

EVENTS = RecordingRule(mode="events", pre_roll_seconds=10, post_roll_seconds=10)


@pytest.fixture
def shelf(tmp_path):
    store = open_recording_store(tmp_path / "recordings.db", HOUSEHOLD)
    made = Shelf(store, rules=RetentionRules(30, cameras={CAMERA: EVENTS}))
    yield made
    store.close()


def settle(shelf):
    shelf.times.pass_us(EVENT_DELAY_US)


def at(minute, second=0):
    return WALL_US + minute * MINUTE + second * SECOND


def test_nothing_is_deleted_before_every_event_must_be_known(shelf):
    shelf.record(10)
    # Watched from some time before on, as a camera is that has been recorded for long.
    shelf.times.wall = at(-1)
    shelf.watch(11 * MINUTE + 30 * SECOND)
    assert shelf.sweep() == []
    settle(shelf)
    shelf.sweep()
    assert shelf.kept() == []


def watched(shelf, minutes=20):
    """Watched from before the first recording until after the last."""
    recorded = shelf.record(minutes)
    shelf.times.wall = at(-3)
    shelf.watch((minutes + 5) * MINUTE)
    settle(shelf)
    return recorded


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (at(5, 20), at(5, 30), [5]),
        (at(5, 20), at(8, 30), [5, 6, 7, 8]),  # longer than several segments
        (at(5), at(5, 30), [4, 5]),  # starts right at a joint
        (at(5, 9), at(5, 30), [4, 5]),  # what was before it reaches into the segment before
        (at(5, 11), at(5, 49), [5]),
        (at(5, 30), at(5, 51), [5, 6]),  # what comes after it
        (at(19, 30), None, [19]),  # going on
        (at(17, 30), None, [17, 18, 19]),
    ],
)
def test_an_event_keeps_what_is_around_it(shelf, start, end, kept):
    shelf.happen(start, end)
    watched(shelf)
    shelf.sweep()
    assert shelf.kept() == kept


def test_the_first_and_last_of_a_vigil_stay(shelf):
    """An event nobody saw begin may reach into them."""
    shelf.record(20)
    shelf.times.wall = at(0)
    shelf.watch(20 * MINUTE)
    settle(shelf)
    shelf.sweep()
    assert shelf.kept() == [0, 19]


def test_both_streams_follow_and_other_cameras_do_not(shelf):
    shelf.record(20, stream=Stream.SUB)
    shelf.record(20, camera=OTHER_CAMERA)
    shelf.happen(at(5, 20), at(5, 30))
    watched(shelf)
    shelf.sweep()
    assert shelf.kept() == shelf.kept(stream=Stream.SUB) == [5]
    assert shelf.kept(OTHER_CAMERA) == list(range(20))


def test_what_nobody_watched_is_kept_for_its_days(shelf):
    shelf.record(60)
    shelf.times.wall = at(-1)
    shelf.watch(21 * MINUTE)
    shelf.watch(20 * MINUTE, is_watched=False)
    shelf.watch(22 * MINUTE)
    settle(shelf)
    shelf.sweep()
    unwatched = list(range(19, 41))
    assert shelf.kept() == unwatched
    shelf.times.pass_us(30 * DAY)
    shelf.sweep()
    assert shelf.kept() == []


def test_an_event_that_goes_on_holds_everything_after_it(shelf):
    shelf.happen(at(3, 20), None)
    watched(shelf)
    shelf.sweep()
    assert shelf.kept() == list(range(3, 20))
    shelf.happened[:] = [(CAMERA, at(3, 20), at(4, 30), False)]
    assert shelf.sweep() == []  # its round is over
    shelf.rounds.begin_anew(CAMERA)
    shelf.sweep()
    assert shelf.kept() == [3, 4]


def test_events_that_end_are_looked_at_again_within_a_day(shelf):
    shelf.happen(at(3, 20), at(3, 30), is_kept=True)
    watched(shelf)
    shelf.times.pass_us(31 * DAY)
    shelf.sweep()
    assert shelf.kept() == [3]
    shelf.happened.clear()
    assert shelf.sweep() == []
    shelf.times.pass_us(DAY)
    shelf.sweep()
    assert shelf.kept() == []


def test_each_has_its_own_days(shelf):
    both = RecordingRule(mode="both", retention_days=2, event_retention_days=10)
    shelf.rules = RetentionRules(30, cameras={CAMERA: both})
    shelf.happen(at(5, 20), at(5, 30))
    shelf.happen(at(8, 20), at(8, 30), is_kept=True)
    shelf.record(20)
    assert shelf.sweep() == []
    shelf.times.wall = at(20) + 2 * DAY
    shelf.sweep()
    assert shelf.kept() == [5, 8]
    shelf.times.wall = at(20) + 10 * DAY
    shelf.sweep()
    assert shelf.kept() == [8]


def test_events_of_fewer_days_than_the_rest(shelf):
    few = replace(EVENTS, event_retention_days=3)
    shelf.rules = RetentionRules(30, cameras={CAMERA: few})
    shelf.record(4)
    shelf.happen(at(1, 20), at(1, 30))
    shelf.times.wall = at(4) + 3 * DAY
    shelf.sweep()
    assert shelf.kept() == [0, 2, 3]  # nobody watched


def test_changing_the_mode(shelf):
    shelf.rules = RetentionRules(30, cameras={CAMERA: RecordingRule()})
    watched(shelf)
    assert shelf.sweep() == []
    # Only what is recorded from now on follows: who changes the mode forgets the vigils before.
    shelf.vigils.forget(CAMERA)
    shelf.rules = RetentionRules(30, cameras={CAMERA: EVENTS})
    shelf.rounds.begin_anew()
    later = at(60)
    shelf.record(10, start_us=later)
    shelf.times.wall = later - MINUTE
    shelf.watch(12 * MINUTE)
    settle(shelf)
    shelf.sweep()
    assert shelf.kept() == list(range(20))
    shelf.record(10, start_us=at(90))
    shelf.rules = RetentionRules(30, cameras={CAMERA: RecordingRule()})
    assert shelf.sweep() == []


def test_after_a_restart_what_was_there_is_kept(shelf):
    shelf.happen(at(5, 20), at(5, 30))
    watched(shelf)
    again = Shelf(shelf.store, shelf.times, shelf.happened, shelf.rules)
    assert again.sweep() == []
    again.times.pass_us(30 * DAY)
    again.sweep()
    assert again.kept() == []


def test_when_events_cannot_be_read_nothing_is_decided(shelf):
    watched(shelf)
    shelf.times.pass_us(31 * DAY)
    shelf.is_broken = True
    assert shelf.sweep() == []
    assert shelf.rounds.oldest_free(shelf.rules, CAMERA, Stream.MAIN, 5) == []
    shelf.is_broken = False
    shelf.sweep()
    assert shelf.kept() == []


def test_the_oldest_that_nobody_keeps(shelf):
    recorded = shelf.record(20)
    shelf.happen(at(0, 20), at(4, 30), is_kept=True)
    shelf.happen(at(7, 20), at(7, 30), is_kept=True)
    shelf.happen(at(9, 20), at(9, 30))
    found = shelf.rounds.oldest_free(shelf.rules, CAMERA, Stream.MAIN, 4)
    assert found == [recorded[n] for n in (5, 6, 8, 9)]
    before = shelf.rows_read
    assert shelf.rounds.oldest_free(shelf.rules, CAMERA, Stream.MAIN, 2) == found[:2]
    assert shelf.rows_read - before == shelf.page_segments


def test_what_was_looked_at_is_not_read_again(shelf):
    days = 5
    shelf.rules = RetentionRules(
        1, cameras={CAMERA: RecordingRule(mode="both", event_retention_days=90)}
    )
    count = 300
    for n in range(count):
        shelf.happen(at(n, 20), at(n, 30))
    shelf.record(count)
    shelf.times.wall = at(count) + days * DAY
    assert shelf.sweep() == []
    assert shelf.rows_read == count
    for _ in range(100):
        shelf.times.pass_us(MINUTE)
        assert shelf.sweep() == []
    assert shelf.rows_read == count


@pytest.mark.parametrize("seed", range(12))
def test_against_an_oracle(shelf, seed):
    chance = random.Random(seed)
    shelf.page_segments = chance.choice((1, 3, 50))
    shelf.rounds = shelf.new_rounds()
    rule = replace(
        EVENTS,
        pre_roll_seconds=chance.randint(5, 60),
        post_roll_seconds=chance.randint(0, 100),
        event_retention_days=chance.choice((None, 2, 60)),
    )
    shelf.rules = RetentionRules(30, cameras={CAMERA: rule})
    for _ in range(chance.randint(0, 6)):
        start = at(0) + chance.randrange(60 * MINUTE)
        end = start + chance.choice((0, 1, SECOND, 40 * SECOND, 7 * MINUTE))
        shelf.happen(start, end, is_kept=chance.random() < 0.3)
    recorded = watched(shelf, 60)
    shelf.times.pass_us(chance.choice((0, 3, 61)) * DAY)
    shelf.sweep(limit=chance.choice((1, 16)))
    age = shelf.times.wall_us() - at(0)

    def is_kept(one):
        near = [
            keep
            for _, start, end, keep in shelf.happened
            if start - rule.pre_roll_seconds * SECOND <= one.end_us
            and end + rule.post_roll_seconds * SECOND >= one.start_us
        ]
        days = rule.event_retention_days or 30
        return any(near) or (bool(near) and age < days * DAY)

    expected = [(one.start_us - at(0)) // MINUTE for one in recorded if is_kept(one)]
    assert shelf.kept() == expected
