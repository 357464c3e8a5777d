"""Retention rules follow settings and cameras; questions about nothing get nothing."""

from keepsight.hub.archive import retention_rules
from keepsight.hub.camera import RecordingRule
from keepsight.hub.settings import Settings
from keepsight.seal.header import Stream
from tests.hub.test_roster import CAMERA


def test_a_cameras_own_rule_wins():
    from dataclasses import replace

    camera = replace(CAMERA, rule=RecordingRule(retention_days=3))
    rules = retention_rules(Settings(retention_days=30, free_bytes_min=1), [camera])
    assert rules.days_of(camera.camera_id) == 3
    assert rules.days_of(b"o" * 16) == 30
    assert rules.free_bytes_min == 1


async def test_what_is_not_there_is_left_out(home):
    archive = home.household.archive
    assert await archive.windows(b"c" * 16, Stream.MAIN, [b"w" * 16]) == []
    assert await archive.fragments(b"o" * 16, b"w" * 16, 0, 1) is None
    assert await archive.segments(b"c" * 16, Stream.MAIN, 1, 2) == []
    assert await archive.gaps_since([b"c" * 16], 1, 2) == {b"c" * 16: (0, 0)}
    assert await archive.recorded_bytes() == {}
    assert await archive.delete_range(b"c" * 16, 1, 2, by="test") == (0, 0, 0)


async def test_settings_reach_the_retention(home):
    await home.household.change_settings({"retention_days": 4}, by="test")
    assert home.household.archive.recordings._retention.rules.retention_days == 4
