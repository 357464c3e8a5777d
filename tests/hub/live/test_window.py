"""Times and flags of fragments: goal: what a reader of headers sees is what the unit was."""

import pytest

from keepsight.hub.live.window import decode_ticks, flags_of
from keepsight.lan.rtsp.unit import AccessUnit
from keepsight.seal.header import FLAG_DISCONTINUITY, FLAG_KEYFRAME, FLAG_SENDER_TIME


def unit(**changes):
    fields = {"is_video": True, "media_ticks": 9000, "wall_us": 1, "monotonic_us": 1}
    fields |= {"is_keyframe": False, "parts": [b"x"], "size_bytes": 1}
    return AccessUnit(**{**fields, **changes})


def test_pictures_shown_later_than_decoded():
    assert decode_ticks(unit(composition_ticks=3600)) == 5400


@pytest.mark.parametrize(
    ("changes", "is_after", "flags"),
    [
        ({}, False, 0),
        ({"is_keyframe": True}, False, FLAG_KEYFRAME),
        ({"is_keyframe": True, "is_video": False}, False, 0),
        ({}, True, FLAG_DISCONTINUITY),
        ({"is_after_loss": True}, False, FLAG_DISCONTINUITY),
        ({"is_sender_time": True}, True, FLAG_SENDER_TIME | FLAG_DISCONTINUITY),
    ],
)
def test_flags(changes, is_after, flags):
    assert flags_of(unit(**changes), is_after=is_after) == flags
