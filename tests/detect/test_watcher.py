"""One camera's chain: goal: who comes is told once and soon, whatever the stream; nobody else is.

Method: coded walks through a noisy picture, with the red eye as detector.
"""

import pytest

from keepsight.detect.decoder import Decoder
from keepsight.detect.detector import DetectorError
from keepsight.detect.event import Phase
from keepsight.detect.pace import Mode
from keepsight.detect.sign import Sign
from keepsight.detect.unit import Unit
from keepsight.detect.watcher import FAILURES_MAX, Watcher
from keepsight.detect.zones import Rules, read_rules
from tests.detect.stage import RedEye, background, code, noisy, walk


def watcher_of(sets, *, rules=None, detector=None, codec="h264"):
    return Watcher(Decoder(codec, sets), Sign(codec, sets), rules or Rules(), detector)


def run(watcher, units):
    told, spans = [], []
    for unit in units:
        sighting = watcher.feed(unit)
        told += sighting.told
        spans += sighting.spans
    last = watcher.finish()
    return told + last.told, spans + last.spans


@pytest.mark.parametrize("b_pictures", [0, 2])
@pytest.mark.parametrize("gop", [10, 20, 40, 100])
def test_a_visit_of_three_seconds_is_told_within_two_whatever_the_keyframes(gop, b_pictures):
    sets, units = code(walk(24, enters=12.3, leaves=15.3), gop=gop, b_pictures=b_pictures)
    told, _ = run(watcher_of(sets, detector=RedEye()), units)
    starts = [each.event for each in told if each.event.phase is Phase.START]
    assert len(starts) == 1
    assert starts[0].start_us / 1e6 >= 12.2
    assert starts[0].noticed_us / 1e6 <= 14.4
    end = told[-1].event
    assert end.phase is Phase.END
    assert 14 <= end.end_us / 1e6 <= 15.5
    assert starts[0].start_wall_us - starts[0].start_us == 10**15


def test_a_quiet_camera_decodes_keyframes_only_and_asks_once():
    sets, units = code(walk(30), gop=20)
    eye = RedEye()
    watcher = watcher_of(sets, detector=eye)
    told, spans = run(watcher, units)
    assert told == spans == []
    assert watcher.mode is Mode.KEYFRAMES
    assert watcher.counts.asked == 1
    assert watcher.decoder.counts.decoded <= 40  # 15 keyframes, and the start


def test_who_stands_still_for_long_is_one_visit():
    sets, units = code(walk(40, enters=5, leaves=35, stands=True), gop=20)
    told, _ = run(watcher_of(sets, detector=RedEye()), units)
    phases = [each.event.phase for each in told]
    assert phases.count(Phase.START) == phases.count(Phase.END) == 1
    assert told[-1].event.end_us / 1e6 >= 30


def test_a_dim_picture_of_somebody_is_not_told_but_kept_as_activity():
    sets, units = code(walk(20, enters=8, leaves=12), gop=10)
    told, spans = run(watcher_of(sets, detector=RedEye(confidence=0.3)), units)
    assert told == []
    assert spans
    assert 8 <= spans[0].start_us / 1e6 <= 9.5
    assert spans[-1].end_us / 1e6 <= 13.5


def test_without_a_detector_there_is_activity():
    sets, units = code(walk(20, enters=8, leaves=12), gop=10)
    watcher = watcher_of(sets)
    told, spans = run(watcher, units)
    assert told == []
    assert spans
    assert watcher.counts.asked == 0


def test_what_lies_under_a_mask_does_not_even_open_the_gate():
    sets, units = code(walk(20, enters=8, leaves=12), gop=10)
    rules = read_rules({"masks": [[[0, 0], [1, 0], [1, 1], [0, 1]]]})
    eye = RedEye()
    watcher = watcher_of(sets, rules=rules, detector=eye)
    told, spans = run(watcher, units)
    assert told == spans == []
    assert watcher.counts.opened == 0


def test_a_detector_that_fails_is_let_go_and_movement_goes_on():
    class Broken(RedEye):
        def detect(self, pictures):
            raise DetectorError("no" if len(pictures) else "nothing")

    sets, units = code(walk(20, enters=4, leaves=18), gop=10)
    watcher = watcher_of(sets, detector=Broken())
    told, spans = run(watcher, units)
    assert told == []
    assert spans
    assert watcher.failure == "no"
    assert watcher.counts.asked == FAILURES_MAX


def test_damage_and_breaks_do_not_stop_it():
    sets, units = code(walk(30, enters=20, leaves=24), gop=10)
    broken = []
    for number, unit in enumerate(units):
        if 55 <= number < 60:
            continue
        is_cut, is_after = 80 <= number < 95, number == 60
        data = unit.data[: len(unit.data) // 2] if is_cut else unit.data
        broken.append(Unit(unit.media_us, unit.wall_us, unit.is_keyframe, is_after, data))
    told, _ = run(watcher_of(sets, detector=RedEye()), broken)
    starts = [each.event for each in told if each.event.phase is Phase.START]
    assert len(starts) == 1
    assert 20 <= starts[0].start_us / 1e6 <= 22


def test_another_size_in_the_middle_goes_on():
    first_sets, first = code(walk(8), gop=10)
    bare = background(width=160, height=96)
    import numpy as np

    generator = np.random.default_rng(1)
    pictures = [noisy(bare, generator) for _ in range(60)]
    for number in range(30, 50):
        pictures[number][30:70, 2 * number : 2 * number + 14] = (220, 20, 20)
    sets, later = code(pictures, gop=10, start_us=8_000_000)
    watcher = watcher_of(first_sets, detector=RedEye())
    for unit in first:
        watcher.feed(unit)
    watcher.reformat(Decoder("h264", sets), Sign("h264", sets))
    told, _ = run(watcher, later)
    assert [each.event.phase for each in told].count(Phase.START) == 1


def test_nothing_is_decoded_before_a_keyframe():
    sets, units = code(walk(4), gop=20)
    watcher = watcher_of(sets, detector=RedEye())
    for unit in units[5:20]:
        watcher.feed(unit)
    assert watcher.counts.looks == 0
    assert watcher.decoder.counts.decoded == 0


def test_a_group_without_end_is_given_up():
    sets, units = code(walk(1), gop=10)
    watcher = watcher_of(sets, detector=RedEye())
    watcher.feed(units[0])
    for number in range(12):
        us = units[0].media_us + 1000 * number
        watcher.feed(Unit(us, us, False, False, bytes(1 << 20)))
    assert watcher.counts.lost_groups == 1
