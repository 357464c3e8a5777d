"""Goal: what is said of the disk's future follows from what the rules let stay.
Method: sums of days as the index gives them."""

import pytest

from keepsight.hub.camera import RecordingRule
from keepsight.hub.record.forecast import Forecast, forecast
from keepsight.hub.record.rules import DAY_US, RetentionRules
from keepsight.hub.store.recordings import RecordedDay
from keepsight.seal.header import Stream

CAMERA, OTHER = b"c" * 16, b"o" * 16
TODAY = 20_000
GB = 10**9


def day(ago, recorded, kept, *, camera=CAMERA, share=1.0):
    return RecordedDay(camera, Stream.MAIN, TODAY - ago, recorded, kept, int(DAY_US * share))


def ask(days, *, kept=0, free=100 * GB, default=30, **rule):
    rules = RetentionRules(default, cameras={CAMERA: RecordingRule(**rule)})
    return forecast(days, TODAY, rules, kept=kept, free=free)


def test_continuous_recording_grows_by_what_is_recorded():
    days = [day(ago, 10 * GB, 10 * GB if ago < 2 else 0) for ago in range(5)]
    assert ask(days) == Forecast(10 * GB, 10.0)
    assert ask(days, retention_days=10) == Forecast(10 * GB, None)
    assert ask(days, default=None).days_left == 10.0


def test_recording_by_events_grows_by_what_stays():
    days = [day(ago, 10 * GB, 1 * GB) for ago in range(1, 6)] + [day(0, 5 * GB, 2 * GB)]
    rule = {"mode": "events", "event_retention_days": 90}
    assert ask(days, **rule) == Forecast(1 * GB, None)
    assert ask(days, free=20 * GB, **rule) == Forecast(1 * GB, 20.0)
    assert ask(days, free=20 * GB, kept=70 * GB, **rule).days_left is None
    # Days of which nothing is left for their age say nothing.
    old = [day(ago, 10 * GB, 1 * GB if ago < 3 else 0) for ago in range(1, 6)]
    assert ask(old, mode="events", event_retention_days=3).bytes_per_day == 1 * GB


def test_on_its_first_day_the_share_that_stays_counts():
    days = [day(0, 5 * GB, 1 * GB, share=0.1)]
    assert ask(days).bytes_per_day == pytest.approx(10 * GB)
    assert ask(days, mode="events").bytes_per_day == pytest.approx(2 * GB)


def test_both_is_reckoned_as_if_something_always_happened():
    days = [day(ago, 10 * GB, 10 * GB) for ago in range(3)]
    assert ask(days, mode="both", retention_days=5) == Forecast(10 * GB, None)
    assert ask(days, mode="both", retention_days=5, event_retention_days=90).days_left == 10.0


def test_streams_add_up_and_nothing_is_nothing():
    days = [day(ago, GB, GB) for ago in range(3)]
    days += [day(ago, 3 * GB, 3 * GB, camera=OTHER) for ago in range(3)]
    assert ask(days).bytes_per_day == 4 * GB
    assert ask([]) == Forecast(0, None)
    assert ask([day(0, 0, 0, share=0)]) == Forecast(0, None)
