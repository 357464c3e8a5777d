"""Goal: what `hub/mp4.py` wrote is read back, anything else is refused. Method: real formats of
every codec, and damaged bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.hub import mp4
from keepsight.hub.mp4_reading import MovieError, read_duration_us, read_tracks
from keepsight.lan.rtsp.unit import StreamFormat
from tests.hub.record import footage


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("sound", [None, "aac", "opus", "pcma", "pcmu"])
def test_tracks_are_read_back(codec, sound):
    video_format, _ = footage.video(codec)
    audio_format = footage.audio(sound)[0] if sound else None
    tracks = read_tracks(mp4.init_segment(StreamFormat(video_format, audio_format)))
    assert (tracks[0].track_id, tracks[0].clock_rate) == (mp4.VIDEO_TRACK, 90_000)
    assert (tracks[0].width, tracks[0].height) == (320, 192)
    if codec == "h264":
        assert tracks[0].codec_string == video_format.codec_string
    else:
        assert tracks[0].codec_string.startswith("hvc1.1.6.L")
    if audio_format:
        assert tracks[1].codec_string == audio_format.codec_string
        assert tracks[1].clock_rate == audio_format.clock_rate


def test_durations_are_those_of_the_first_track():
    video_format, video = footage.video("h264")
    audio_format, audio = footage.audio("aac")
    tracks = read_tracks(mp4.init_segment(StreamFormat(video_format, audio_format)))
    pictures = mp4.Run(mp4.VIDEO_TRACK, 0, video, 40 * 4500)
    sounds = mp4.Run(mp4.AUDIO_TRACK, 0, audio, 99_999)
    assert read_duration_us(mp4.fragment(1, pictures, sounds), tracks) == 2_000_000
    assert read_duration_us(mp4.fragment(1, sounds), tracks) == 0


@given(st.data())
def test_damage_is_refused_or_read_never_worse(data):
    whole = mp4.init_segment(StreamFormat(footage.video()[0], footage.audio()[0]))
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for at in data.draw(st.lists(st.integers(0, max(0, len(damaged) - 1)), max_size=5)):
        if damaged:
            damaged[at] = data.draw(st.integers(0, 255))
    try:
        tracks = read_tracks(bytes(damaged))
        read_duration_us(bytes(damaged), tracks)
    except MovieError:
        pass
