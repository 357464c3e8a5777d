"""A drawn scene plays like a camera: main, sub, sound, and nothing for nobody. Method: a second
of it, decoded.
"""

import itertools
import threading
from datetime import UTC

import av

from keepsight.camera.drawn import FRAMES_PER_SECOND, DrawnOptions, DrawnScene
from keepsight.camera.mark import decode
from keepsight.camera.media import MAIN, SUB, Demand
from keepsight.camera.scene import Caption, find_scene
from tests.camera.conftest import CLOCK

CAPTION = Caption("Test", b"abcdef", 9)


def play(options, watch, count):
    source = DrawnScene(find_scene("living-room"), CAPTION, CLOCK, options)
    samples, stop, demand = [], threading.Event(), Demand()
    for name in watch:
        demand.watch(name)

    def emit(sample):
        samples.append(sample)
        if len(samples) >= count:
            stop.set()

    source.run(emit, demand, stop)
    return source, samples


def test_main_sub_and_sound_of_the_same_moments():
    source, samples = play(DrawnOptions(seed=1, zone=UTC), (MAIN, SUB), 60)
    assert set(source.streams) == {MAIN, SUB}
    assert source.streams[MAIN].audio is not None
    assert source.streams[SUB].audio is None
    for name in (MAIN, SUB):
        video = [s for s in samples if s.stream == name and s.is_video]
        steps = {b.media_ticks - a.media_ticks for a, b in itertools.pairwise(video)}
        assert steps == {90_000 // FRAMES_PER_SECOND}
        assert video[0].is_keyframe
        decoder = av.CodecContext.create("h264", "r")
        frames = []
        for sample in video:
            data = b"".join(b"\x00\x00\x00\x01" + unit for unit in sample.parts)
            frames += decoder.decode(av.Packet(data))
        frames += decoder.decode(None)
        marks = [decode(frame.to_ndarray(format="gray")) for frame in frames]
        assert [m.frame for m in marks] == list(range(len(frames)))
        assert {(m.household, m.camera) for m in marks} == {(b"abcdef", 9)}
    sound = [s for s in samples if not s.is_video]
    assert {b.media_ticks - a.media_ticks for a, b in itertools.pairwise(sound)} == {1024}
    late = [s.wall_us - samples[0].wall_us - s.media_ticks * 1_000_000 // 16_000 for s in sound]
    assert max(map(abs, late)) < 500_000


def test_only_what_is_watched_is_made():
    _, samples = play(DrawnOptions(has_sound=False), (SUB,), 5)
    assert {s.stream for s in samples} == {SUB}
    source = DrawnScene(find_scene("front-door"), CAPTION, CLOCK, DrawnOptions(has_sub=False))
    assert set(source.streams) == {MAIN}
