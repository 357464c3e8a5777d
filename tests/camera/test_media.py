"""Nothing is encoded for nobody, and a newcomer gets one keyframe. Method: the calls a server
makes.
"""

from keepsight.camera.media import MAIN, SUB, AudioTrack, Demand


def test_a_newcomer_wants_one_keyframe():
    demand = Demand()
    demand.watch(MAIN)
    assert demand.is_watched(MAIN)
    assert not demand.is_watched(SUB)
    assert demand.take_keyframe(MAIN)
    assert not demand.take_keyframe(MAIN)
    demand.watch(MAIN)
    assert demand.take_keyframe(MAIN)
    demand.leave(MAIN)
    assert not demand.is_watched(MAIN)


def test_opus_counts_in_48_khz_whatever_it_holds():
    assert AudioTrack("opus", 16_000, 1).clock_rate == 48_000
    assert AudioTrack("pcma", 8_000, 1).clock_rate == 8_000
