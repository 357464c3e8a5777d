"""A film becomes an endless camera. Method: films of every kind, played fast, their samples
looked at, and decoded again.
"""

import itertools
import threading

import av
import pytest

from keepsight.camera.clip import Clip
from keepsight.camera.media import MAIN, SUB, Demand, SourceError
from keepsight.camera.nal import nal_type
from tests.camera.clips import Film
from tests.camera.conftest import CLOCK
from tests.paths import shared_data


def play(clip, count, *, watch=(MAIN,), stream=MAIN, speed_limit=10_000):
    """The first samples, by stream."""
    samples, stop, demand = [], threading.Event(), Demand()
    for name in watch:
        demand.watch(name)

    def emit(sample):
        samples.append(sample)
        if sum(s.stream == stream and s.is_video for s in samples) >= count:
            stop.set()

    clip.run(emit, demand, stop)
    return samples


@pytest.mark.parametrize(
    "film",
    [
        Film(),
        Film(b_frames=2),
        Film("libx265", "pcm_alaw", suffix=".mov"),
        Film("libx264", "libopus", suffix=".mkv"),
        Film("libx264", "pcm_mulaw", suffix=".mov"),
        Film("libx264", None, suffix=".ts"),
        Film("libx264", None, suffix=".h264"),
    ],
)
def test_timestamps_go_on_over_the_joint(films, film):
    samples = play(Clip(films(film), CLOCK, speed=50), 100)
    video = [s for s in samples if s.is_video]
    # The last pictures in decoding order may show before others that are still to come.
    order = sorted(s.media_ticks for s in video)[:90]
    # A bare elementary stream does not say its rate: FFmpeg takes 25.
    step = 3600 if film.suffix == ".h264" else 4500
    assert {b - a for a, b in itertools.pairwise(order)} == {step}
    assert order[0] == 0
    if not film.b_frames:
        assert [s.media_ticks for s in video[:90]] == order
    audio = [s.media_ticks for s in samples if not s.is_video]
    if film.audio:
        steps = [b - a for a, b in itertools.pairwise(audio)]
        usual = max(set(steps), key=steps.count)
        # Only at the joint may a frame of sound be missing or come early, by less than its length.
        assert min(steps) >= usual / 2
        assert max(steps) <= usual * 2.5
        rate = {"aac": 16_000, "libopus": 48_000}.get(film.audio, 8_000)
        assert abs(audio[-1] / rate - video[-1].media_ticks / 90_000) < 0.6
    else:
        assert not audio


@pytest.mark.parametrize("film", [Film(), Film("libx265", "pcm_alaw", suffix=".mov")])
def test_keyframes_bring_their_parameter_sets_and_all_pictures_decode(films, film):
    clip = Clip(films(film), CLOCK, speed=50)
    codec = clip.streams[MAIN].video.codec
    samples = [s for s in play(clip, 85) if s.is_video]
    keys = [n for n, s in enumerate(samples) if s.is_keyframe]
    assert keys[:4] == [0, 20, 40, 60]
    sets = 2 if codec == "h264" else 3
    for number in keys:
        kinds = [nal_type(codec, unit) for unit in samples[number].parts[:sets]]
        assert kinds == ([7, 8] if codec == "h264" else [32, 33, 34])
    decoder = av.CodecContext.create({"h264": "h264", "h265": "hevc"}[codec], "r")
    frames = []
    for sample in samples:
        data = b"".join(b"\x00\x00\x00\x01" + unit for unit in sample.parts)
        frames += decoder.decode(av.Packet(data))
    frames += decoder.decode(None)
    assert len(frames) == len(samples)
    assert {(f.width, f.height) for f in frames} == {(320, 240)}


def test_a_film_of_another_codec_is_encoded_and_gets_a_sub_stream(films):
    film = films(Film("mpeg4", None, width=768, height=576, suffix=".avi"))
    clip = Clip(film, CLOCK, speed=20, has_sub=True)
    assert clip.streams[MAIN].video.codec == "h264"
    assert (clip.streams[SUB].video.width, clip.streams[SUB].video.height) == (640, 480)
    samples = play(clip, 90, watch=(MAIN, SUB))
    for name in (MAIN, SUB):
        of = [s for s in samples if s.stream == name]
        assert of[0].is_keyframe
        assert all(b.media_ticks > a.media_ticks for a, b in itertools.pairwise(of))
        assert len(of) >= 85


def test_a_sub_stream_of_a_copied_film_costs_nothing_until_watched(films):
    clip = Clip(films(Film(width=1280, height=720, audio=None)), CLOCK, speed=20, has_sub=True)
    assert {s.stream for s in play(clip, 30)} == {MAIN}
    subs = play(clip, 30, watch=(SUB,), stream=SUB)
    assert {s.stream for s in subs} == {SUB}
    assert subs[0].is_keyframe


@pytest.mark.parametrize("b_frames", [0, 2])
def test_viewers_between_two_far_keyframes_of_the_film_see_at_once(films, b_frames):
    film = films(Film(audio=None, seconds=8, gop_frames=400, b_frames=b_frames))
    seen, stop, demand = [], threading.Event(), Demand()
    came = {40: None, 80: None}
    """Numbers of pictures after which a viewer comes; then the first one that the viewer got."""
    demand.watch(MAIN)

    def emit(sample):
        if sample.stream == SUB:
            number = max(each for each in came if each <= len(seen))
            if came[number] is None:
                came[number] = (seen[number - 1], sample)
                demand.leave(SUB)
            return
        seen.append(sample.media_ticks)
        if len(seen) in came:
            demand.watch(SUB)
        if len(seen) == 120:
            stop.set()

    Clip(film, CLOCK, speed=20, has_sub=True).run(emit, demand, stop)
    for came_ticks, first in came.values():
        assert first.is_keyframe
        assert first.media_ticks - came_ticks <= 5 * 4500


def test_speed_paces_and_dates_by_media_time(films):
    film = films(Film())
    began_us = CLOCK.monotonic_us()
    samples = [s for s in play(Clip(film, CLOCK, speed=10), 41) if s.is_video]
    took_us = CLOCK.monotonic_us() - began_us
    assert took_us >= 190_000  # 40 pictures of 50 ms, ten times as fast
    wall = [s.wall_us for s in samples]
    assert {b - a for a, b in itertools.pairwise(wall)} == {50_000}


@pytest.mark.parametrize("content", [b"", b"not a film", bytes(5000)])
def test_what_is_no_film_is_said_so(tmp_path, content):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"film\.mp4"):
        Clip(path, CLOCK)


def test_a_missing_film_and_a_silly_speed(tmp_path, h264_film):
    with pytest.raises(SourceError, match="cannot be read"):
        Clip(tmp_path / "none.mp4", CLOCK)
    with pytest.raises(SourceError, match="speed"):
        Clip(h264_film, CLOCK, speed=0)


def test_sound_alone_is_no_camera(tmp_path):
    path = tmp_path / "tone.mka"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_alaw", rate=8000)
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame(format="s16", layout="mono", samples=160)
        frame.sample_rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
    with pytest.raises(SourceError, match="no video"):
        Clip(path, CLOCK)


@pytest.mark.parametrize("name", ["vtest.avi", "intel_one-by-one-person-detection.mp4"])
def test_real_footage(name):
    samples = play(Clip(shared_data(f"footage/{name}"), CLOCK, speed=20), 60)
    video = [s for s in samples if s.is_video]
    assert video[0].is_keyframe
    assert len({s.media_ticks for s in video}) == len(video)
