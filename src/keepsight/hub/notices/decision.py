"""Whether a member is told about an event now. Pure: rule, history and moment in, verdict out.

What the member may see at all is not decided here: `rights.decide` is asked first, each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from keepsight.hub.event import Event
from keepsight.hub.notices.rule import CAMERAS_MAX, NoticeRule

HOUR_US: Final = 3600 * 1_000_000
NEWS_US: Final = 10 * 60 * 1_000_000
"""What began longer ago is no news: the watcher or a channel was far behind."""


class Verdict(StrEnum):
    """What comes of it."""

    TELL = "tell"
    SUM_UP = "sum_up"
    """The hour is full: say once that there is more."""
    OTHER_CAMERA = "other_camera"
    OTHER_KIND = "other_kind"
    QUIET = "quiet"
    OLD = "old"
    TOO_SOON = "too_soon"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Told:
    """What one member was told lately. Times are monotonic: a jump of the clock hides nothing."""

    monotonic_us: tuple[int, ...] = ()
    """Of the notices of the last hour, oldest first."""
    by_camera: Mapping[bytes, int] = field(default_factory=dict)
    """Of the last notice about each camera."""
    is_summed_up: bool = False
    """It was said that there is more, and the hour is still full."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by all three clocks that matter."""

    wall_us: int
    monotonic_us: int
    local: datetime
    """In the hub's zone: quiet hours are judged by it."""


def judge(rule: NoticeRule, told: Told, event: Event, now: Moment) -> Verdict:
    """Whether the beginning of an event is told.

    Args:
        rule: the member's.
        told: what they were told lately.
        event: what began.
        now: this moment.
    """
    unwanted = _unwanted(rule, event, now)
    if unwanted is not None:
        return unwanted
    last_us = told.by_camera.get(event.camera_id)
    if last_us is not None and now.monotonic_us - last_us < rule.gap_seconds * 1_000_000:
        return Verdict.TOO_SOON
    if len(_recent(told, now)) < rule.hourly_max:
        return Verdict.TELL
    return Verdict.TOO_MANY if told.is_summed_up else Verdict.SUM_UP


def _unwanted(rule: NoticeRule, event: Event, now: Moment) -> Verdict | None:
    if rule.cameras is not None and event.camera_id not in rule.cameras:
        return Verdict.OTHER_CAMERA
    if rule.kinds is not None and event.kind not in rule.kinds:
        return Verdict.OTHER_KIND
    if any(hours.holds(now.local) for hours in rule.quiet):
        return Verdict.QUIET
    return Verdict.OLD if now.wall_us - event.start_us > NEWS_US else None


def after(told: Told, verdict: Verdict, camera: bytes, now: Moment) -> Told:
    """What a member was told lately, once the verdict was carried out."""
    if verdict is Verdict.SUM_UP:
        return replace(told, is_summed_up=True)
    if verdict is not Verdict.TELL:
        return told
    cameras = {**told.by_camera, camera: now.monotonic_us}
    if len(cameras) > CAMERAS_MAX:
        cameras.pop(min(cameras, key=cameras.__getitem__))
    return Told((*_recent(told, now), now.monotonic_us), cameras, is_summed_up=False)


def _recent(told: Told, now: Moment) -> tuple[int, ...]:
    return tuple(at_us for at_us in told.monotonic_us if now.monotonic_us - at_us < HOUR_US)
