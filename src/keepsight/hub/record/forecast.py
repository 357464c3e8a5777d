"""Looking ahead: how much a day leaves on the disk, and how long the free space lasts."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from keepsight.hub.record.rules import DAY_US, RetentionRules
from keepsight.hub.store.recordings import RecordedDay

FORECAST_DAYS: Final = 7


class Forecast(NamedTuple):
    """How long the disk lasts."""

    bytes_per_day: int
    """What stays of a day: where only events are wanted, without the rest."""
    days_left: float | None
    """Until the oldest recordings must go; None when age removes them before, or unknown."""


class _Growth(NamedTuple):
    """Of one stream."""

    bytes_per_day: float
    wanted_bytes: float | None
    """When it has all the days that the rules give it; None: there is no end to them."""


def forecast(
    days: Sequence[RecordedDay], today: int, rules: RetentionRules, *, kept: int, free: int
) -> Forecast:
    """Bytes a day over the last days, and how long the free space lasts.

    Args:
        days: each stream's sums of the last FORECAST_DAYS and today.
        today: days since 1970-01-01.
        rules: what is kept.
        kept: bytes of all recordings.
        free: bytes that recordings may still take.
    """
    by_stream = attrgetter("camera", "stream")
    first = min((day.day for day in days), default=today)
    growths = [
        _growth(list(mine), first, today, rules)
        for _, mine in groupby(sorted(days, key=by_stream), key=by_stream)
    ]
    per_day = int(sum(growth.bytes_per_day for growth in growths))
    if per_day <= 0:
        return Forecast(0, None)
    wanted = [growth.wanted_bytes for growth in growths]
    if None not in wanted and sum(each or 0 for each in wanted) <= kept + free:
        return Forecast(per_day, None)
    return Forecast(per_day, free / per_day)


def _growth(days: Sequence[RecordedDay], first: int, today: int, rules: RetentionRules) -> _Growth:
    camera = days[0].camera
    plain_days, event_days = rules.days_of(camera), rules.event_days_of(camera)
    whole = [day for day in days if day.day < today]
    if rules.is_following(camera):
        # What was kept of a day says more than what was recorded, unless it has gone by age.
        oldest = first if event_days is None else max(first, today - event_days + 1)
        whole = [day for day in whole if day.day >= oldest]
        if whole:
            rate = sum(day.kept_bytes for day in whole) / (today - min(d.day for d in whole))
        else:
            rate = sum(_pace(day) * day.kept_bytes / max(day.recorded_bytes, 1) for day in days)
        return _Growth(rate, None if event_days is None else rate * event_days)
    if first < today:
        rate = sum(day.recorded_bytes for day in whole) / (today - first)
    else:
        # The first day: what is recorded goes on like this.
        rate = sum(_pace(day) for day in days)
    longest = None if plain_days is None or event_days is None else max(plain_days, event_days)
    return _Growth(rate, None if longest is None else rate * longest)


def _pace(day: RecordedDay) -> float:
    return day.kept_bytes * DAY_US / day.kept_us if day.kept_us > 0 else 0.0
