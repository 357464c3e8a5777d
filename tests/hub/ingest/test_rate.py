"""Goal: pictures and bits a second over the last ten. Method: units at scripted moments."""

import pytest

from keepsight.hub.ingest.rate import RateMeter
from keepsight.lan.rtsp.unit import AccessUnit

SECOND_US = 1_000_000


def unit(at_us, *, is_video=True, size=1000):
    return AccessUnit(is_video, 0, 0, at_us, is_keyframe=False, parts=[], size_bytes=size)


def test_nothing_yet():
    assert RateMeter().per_second(5 * SECOND_US) == (0.0, 0)


@pytest.mark.parametrize("seconds", [2, 5, 30])
def test_a_steady_stream_from_its_second_second(seconds):
    meter = RateMeter()
    at_us = 700_000
    for number in range(seconds * 20):
        at_us = 700_000 + number * 50_000
        meter.count(unit(at_us))
        meter.count(unit(at_us, is_video=False, size=250))
    frames, bits = meter.per_second(at_us)
    assert frames == pytest.approx(20, rel=0.06)
    assert bits == pytest.approx(200_000, rel=0.06)


def test_a_stream_that_stopped_fades():
    meter = RateMeter()
    for number in range(100):
        meter.count(unit(number * 50_000))
    assert 0 < meter.per_second(10 * SECOND_US)[0] < 20
    assert meter.per_second(30 * SECOND_US) == (0.0, 0)
