"""Every verdict, as a table; then a day of visits, to see that the pace is kept."""

from dataclasses import replace
from datetime import datetime

import pytest

from keepsight.hub.event import Event
from keepsight.hub.grant import Hours
from keepsight.hub.notices.decision import HOUR_US, NEWS_US, Moment, Told, Verdict, after, judge
from keepsight.hub.notices.rule import CAMERAS_MAX, NoticeRule

HALL, YARD = b"h" * 16, b"y" * 16
SECOND_US = 1_000_000
NOW = Moment(1_700_000_000_000_000, 9 * HOUR_US, datetime(2026, 11, 20, 23, 30))  # noqa: DTZ001
NIGHT = Hours(frozenset(range(7)), 22 * 60, 7 * 60)
RULE = NoticeRule(gap_seconds=60, hourly_max=2)


def event_of(camera=HALL, kind="person", start_us=NOW.wall_us):
    return Event(b"e" * 16, camera, kind, start_us, start_us, None, 0.9, start_us)


def told(*ago_seconds, camera=YARD, **more):
    times = tuple(NOW.monotonic_us - ago * SECOND_US for ago in ago_seconds)
    return Told(times, {camera: times[-1]} if times else {}, **more)


@pytest.mark.parametrize(
    ("rule", "history", "more", "verdict"),
    [
        (RULE, Told(), {}, Verdict.TELL),
        (replace(RULE, cameras=frozenset({YARD})), Told(), {}, Verdict.OTHER_CAMERA),
        (replace(RULE, cameras=frozenset()), Told(), {}, Verdict.OTHER_CAMERA),
        (replace(RULE, cameras=frozenset({HALL})), Told(), {}, Verdict.TELL),
        (replace(RULE, kinds=frozenset({"dog"})), Told(), {}, Verdict.OTHER_KIND),
        (replace(RULE, kinds=frozenset({"dog"})), Told(), {"kind": "dog"}, Verdict.TELL),
        (replace(RULE, quiet=(NIGHT,)), Told(), {}, Verdict.QUIET),
        (replace(RULE, quiet=(replace(NIGHT, weekdays=frozenset({5})),)), Told(), {}, Verdict.TELL),
        (RULE, Told(), {"start_us": NOW.wall_us - NEWS_US}, Verdict.TELL),
        (RULE, Told(), {"start_us": NOW.wall_us - NEWS_US - 1}, Verdict.OLD),
        (RULE, told(59, camera=HALL), {}, Verdict.TOO_SOON),
        (RULE, told(60, camera=HALL), {}, Verdict.TELL),
        (RULE, told(1, camera=YARD), {}, Verdict.TELL),
        (replace(RULE, gap_seconds=0), told(0, camera=HALL), {}, Verdict.TELL),
        (RULE, told(3599, 100), {}, Verdict.SUM_UP),
        (RULE, told(3600, 100), {}, Verdict.TELL),
        (RULE, told(3599, 100, is_summed_up=True), {}, Verdict.TOO_MANY),
        (RULE, told(3600, 100, is_summed_up=True), {}, Verdict.TELL),
    ],
)
def test_a_verdict(rule, history, more, verdict):
    assert judge(rule, history, event_of(**more), NOW) is verdict


def test_a_busy_day_is_bearable_and_nothing_is_silent_without_a_word():
    rule = NoticeRule(gap_seconds=60, hourly_max=10)
    history, said = Told(), []
    for second in range(0, 4 * 3600, 10):  # somebody every ten seconds, in front of two cameras
        now = Moment(NOW.wall_us, second * SECOND_US, NOW.local)
        camera = HALL if second % 20 else YARD
        verdict = judge(rule, history, event_of(camera), now)
        history = after(history, verdict, camera, now)
        said.append((second, verdict))
    for start in range(4 * 3600 - 3600):
        hour = [v for second, v in said if start <= second < start + 3600]
        assert hour.count(Verdict.TELL) <= rule.hourly_max
        assert hour.count(Verdict.SUM_UP) <= 2
    first_silent = next(i for i, (_, v) in enumerate(said) if v is Verdict.TOO_MANY)
    assert Verdict.SUM_UP in [v for _, v in said[:first_silent]]
    assert sum(v is Verdict.TELL for _, v in said) > 3 * rule.hourly_max


def test_the_history_is_bounded():
    history = Told()
    for number in range(CAMERAS_MAX + 9):
        now = Moment(0, number * HOUR_US, NOW.local)
        history = after(history, Verdict.TELL, number.to_bytes(16), now)
    assert len(history.by_camera) == CAMERAS_MAX
    assert len(history.monotonic_us) == 1


def test_what_was_not_said_is_not_remembered():
    history = told(100)
    for verdict in set(Verdict) - {Verdict.TELL, Verdict.SUM_UP}:
        assert after(history, verdict, HALL, NOW) is history
