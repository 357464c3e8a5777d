"""Clips: goal: the same chain on a file, and damage said; method: files written here, footage."""

import av
import pytest

from keepsight.detect.clip import ClipError, duration_seconds, look_at_frames, watch_clip
from keepsight.detect.zones import Rules, read_rules
from tests.detect.installed import real_detector
from tests.detect.stage import RedEye, walk
from tests.paths import shared_data


def write_clip(path, pictures, codec="libx264", **options):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"g": "10", **options})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "walk.mp4"
    return write_clip(path, walk(14, enters=6, leaves=10))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_a_visit_is_found_in_any_container(tmp_path, name):
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    path = write_clip(tmp_path / name, walk(14, enters=6, leaves=10), codec)
    seen = []
    findings = watch_clip(path, RedEye(), Rules(), seen.append)
    assert [event.kind for event in findings.events] == ["person"]
    assert 5.9 <= findings.events[0].start_us / 1e6 <= 7.5
    assert findings.seconds == pytest.approx(14, abs=0.3)
    assert findings.damage is None
    assert seen[-1] == pytest.approx(14, abs=0.3)


def test_every_picture_is_looked_at(clip):
    frames = look_at_frames(clip, RedEye(), Rules())
    assert len(frames) == 140
    assert [frame.seconds for frame in frames] == pytest.approx([n / 10 for n in range(140)])
    assert not any(frame.detections for frame in frames[:60])
    assert sum(len(frame.detections) == 1 for frame in frames[61:99]) >= 36
    masked = read_rules({"masks": [[[0, 0], [1, 0], [1, 1], [0, 1]]]})
    assert not any(frame.detections for frame in look_at_frames(clip, RedEye(), masked))


def test_what_can_be_read_of_a_cut_file_is_watched(tmp_path, clip):
    whole = write_clip(tmp_path / "a.mkv", walk(14, enters=3, leaves=6)).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    findings = watch_clip(tmp_path / "cut.mkv", RedEye(), Rules())
    assert len(findings.events) == 1
    assert 6 < findings.seconds < 13
    noise = bytearray(whole)
    noise[len(noise) // 2 : len(noise) // 2 + 4000] = bytes(4000)
    (tmp_path / "noise.mkv").write_bytes(noise)
    findings = watch_clip(tmp_path / "noise.mkv", RedEye(), Rules())
    assert findings.events
    assert findings.damage is not None


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").touch()
    for name in ("text.mp4", "empty.mp4", "absent.mp4", "."):
        with pytest.raises(ClipError):
            watch_clip(tmp_path / name, RedEye(), Rules())
        with pytest.raises(ClipError):
            duration_seconds(tmp_path / name)


def test_a_file_with_sound_only_is_refused(tmp_path):
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        import numpy as np

        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(ClipError, match="no pictures"):
        watch_clip(tmp_path / "sound.wav", RedEye(), Rules())


VISITS = ((6.5, 19.0), (23.0, 44.5), (51.0, 69.5), (74.5, 86.0), (92.5, 119.5), (123.5, 135.5))


def test_every_visit_of_the_indoor_clip_is_found_within_two_seconds():
    path = shared_data("footage/intel_one-by-one-person-detection.mp4")
    findings = watch_clip(path, real_detector(), Rules())
    people = [event for event in findings.events if event.kind == "person"]
    assert len(people) == len(VISITS)
    for event, (start, end) in zip(people, VISITS, strict=True):
        assert abs(event.start_us / 1e6 - start) <= 2
        assert event.noticed_us / 1e6 - start <= 2
        assert abs(event.end_us / 1e6 - end) <= 2


def test_no_person_is_seen_on_the_car_park():
    path = shared_data("footage/intel_car-detection.mp4")
    findings = watch_clip(path, real_detector(), Rules())
    assert not [event for event in findings.events if event.kind == "person"]
