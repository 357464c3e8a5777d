"""Goal: each way of recording gives each recording its days, and nothing shorter than asked for."""

import pytest

from keepsight.hub.camera import RecordingRule
from keepsight.hub.record.rules import RetentionRules, no_events

CAMERA, OTHER = b"c" * 16, b"o" * 16


@pytest.mark.parametrize(
    ("rule", "default", "days", "event_days"),
    [
        (None, 30, 30, 30),
        (RecordingRule(), None, None, None),
        (RecordingRule(retention_days=7), 30, 7, 7),
        (RecordingRule(event_retention_days=90), 30, 30, 30),
        (RecordingRule(mode="events"), 30, 30, 30),
        (RecordingRule(mode="events", event_retention_days=90), 30, 30, 90),
        (RecordingRule(mode="events", event_retention_days=3), 30, 30, 3),
        (RecordingRule(mode="both", event_retention_days=90), 30, 30, 90),
        (RecordingRule(mode="both", event_retention_days=3), 30, 30, 30),
        (RecordingRule(mode="both", event_retention_days=3), None, None, None),
        (RecordingRule(mode="both", retention_days=2, event_retention_days=90), 30, 2, 90),
    ],
)
def test_days(rule, default, days, event_days):
    rules = RetentionRules(default, cameras={CAMERA: rule} if rule else {})
    assert (rules.days_of(CAMERA), rules.event_days_of(CAMERA)) == (days, event_days)
    assert rules.is_following(CAMERA) is (rule is not None and rule.mode == "events")
    assert rules.is_choosing(CAMERA) is (rule is not None and rule.mode != "continuous")


def test_rolls_and_cameras_without_a_rule():
    rules = RetentionRules(cameras={CAMERA: RecordingRule(pre_roll_seconds=5, post_roll_seconds=0)})
    assert rules.rolls_us(CAMERA) == (5_000_000, 0)
    assert rules.rolls_us(OTHER) == (10_000_000, 10_000_000)
    assert no_events(CAMERA, 0, 1) == ()
