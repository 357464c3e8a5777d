"""What a grant covers, and at which hours."""

from datetime import UTC, datetime

import pytest

from keepsight.hub.grant import Capability, Grant, Hours, as_fields, hours_fields, read_hours

CAMERA, OTHER = b"c" * 16, b"o" * 16
SATURDAY_NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def grant(**changes):
    values = {
        "grant_id": b"g" * 16,
        "member_id": b"m" * 16,
        "camera_id": CAMERA,
        "capabilities": frozenset({Capability.LIVE}),
        "from_us": 100,
        "until_us": 200,
        "hours": (),
        "granted_by": bytes(16),
    }
    return Grant(**{**values, **changes})


@pytest.mark.parametrize(
    ("camera", "capability", "now_us", "expected"),
    [
        (CAMERA, Capability.LIVE, 100, True),
        (CAMERA, Capability.LIVE, 99, False),
        (CAMERA, Capability.LIVE, 200, False),
        (CAMERA, Capability.STILL, 150, False),
        (OTHER, Capability.LIVE, 150, False),
    ],
)
def test_covers_its_camera_capability_and_time_only(camera, capability, now_us, expected):
    assert grant().covers(camera, capability, now_us, SATURDAY_NOON) is expected


def test_a_grant_without_camera_covers_every_camera_and_without_end_does_not_end():
    wide = grant(camera_id=None, until_us=None)
    assert wide.covers(OTHER, Capability.LIVE, 10**18, SATURDAY_NOON)


@pytest.mark.parametrize(
    ("day", "hour", "minute", "expected"),
    [
        (21, 22, 0, True),  # Saturday evening
        (22, 5, 59, True),  # the Sunday morning after it
        (22, 6, 0, False),
        (22, 22, 0, False),  # Sunday evening is not granted
        (21, 5, 59, False),  # nor is the night from Friday
        (21, 21, 59, False),
    ],
)
def test_hours_past_midnight_belong_to_the_day_they_began(day, hour, minute, expected):
    night = Hours(frozenset({5}), 22 * 60, 6 * 60)
    local = datetime(2026, 11, day, hour, minute, tzinfo=UTC)
    assert night.holds(local) is expected
    assert grant(hours=(night,)).covers(CAMERA, Capability.LIVE, 150, local) is expected


def test_hours_within_a_day():
    office = Hours(frozenset({5}), 9 * 60, 17 * 60)
    assert office.holds(SATURDAY_NOON)
    assert not office.holds(datetime(2026, 11, 21, 17, 0, tzinfo=UTC))
    assert not office.holds(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))


def test_hours_survive_the_way_through_json():
    hours = (Hours(frozenset({0, 4}), 480, 1020), Hours(frozenset({5}), 1320, 360))
    assert read_hours(hours_fields(hours)) == hours
    assert as_fields(grant(hours=hours))["hours"][0]["weekdays"] == [0, 4]
    assert as_fields(grant(camera_id=None))["camera"] is None
