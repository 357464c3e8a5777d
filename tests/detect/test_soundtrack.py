"""Decoding sound: goal: any camera's sound becomes the same samples; nonsense costs nothing else.

Method: tones coded by FFmpeg in each codec, then broken in each way; random bytes.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.detect.sound import SAMPLE_RATE, SoundFormat
from keepsight.detect.soundtrack import (
    PACKET_BYTES_MAX,
    SECONDS_MAX,
    SoundError,
    Soundtrack,
)
from tests.detect.noises import CODERS, code_sound, in_steps, tone


def decoded(form, packets):
    track = Soundtrack(form)
    made = [track.decode([each.data for each in group]) for group in in_steps(packets)]
    return np.concatenate(made), track.counts


def pitch(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * SAMPLE_RATE / len(samples)


@pytest.mark.parametrize("codec", CODERS)
def test_a_tone_keeps_its_pitch_length_and_level(codec):
    form, packets = code_sound(tone(1000, 4, loud=0.5), codec)
    samples, counts = decoded(form, packets)
    assert samples.dtype == np.float32
    assert abs(len(samples) / SAMPLE_RATE - 4) < 0.15
    middle = samples[SAMPLE_RATE : 3 * SAMPLE_RATE]
    assert abs(pitch(middle) - 1000) < 5
    assert 0.3 < np.abs(middle).max() < 0.7
    assert counts.corrupt == 0


def test_two_channels_become_one():
    form, packets = code_sound(tone(1000, 2), "aac", layout="stereo")
    samples, _ = decoded(form, packets)
    assert abs(len(samples) / SAMPLE_RATE - 2) < 0.15
    assert form.channels == 2


@pytest.mark.parametrize("codec", ["aac", "opus"])
def test_what_is_cut_short_is_counted_and_the_rest_is_heard(codec):
    form, packets = code_sound(tone(1000, 4), codec)
    track = Soundtrack(form)
    data = [each.data for each in packets]
    cut = [each[: len(each) // 3] if number % 4 == 0 else each for number, each in enumerate(data)]
    samples = track.decode(cut[: len(cut) // 2])
    whole = track.decode(data[len(data) // 2 :])
    assert len(whole) > SAMPLE_RATE
    assert np.isfinite(samples).all()


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=200), max_size=8), st.sampled_from(sorted(CODERS)))
def test_random_bytes_make_no_harm(pieces, codec):
    form, packets = code_sound(tone(500, 0.3), codec)
    track = Soundtrack(form)
    samples = track.decode(pieces)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max(initial=0) <= 1.0
    track.restart()
    assert len(track.decode([each.data for each in packets]))


@pytest.mark.parametrize(
    "form",
    [
        SoundFormat("mp3", b"", 16_000, 1),
        SoundFormat("aac", b"", 16_000, 1),
        SoundFormat("pcma", b"", 100, 1),
        SoundFormat("pcma", b"", 8_000, 0),
        SoundFormat("opus", b"", 10**6, 2),
    ],
    ids=str,
)
def test_a_format_without_sense_is_refused(form):
    with pytest.raises(SoundError):
        Soundtrack(form)


def test_a_configuration_of_nonsense_is_refused_or_stays_silent():
    _, packets = code_sound(tone(1000, 1), "aac")
    for config in (b"\xff" * 8, b"\x00", bytes(range(40))):
        try:
            track = Soundtrack(SoundFormat("aac", config, 16_000, 1))
        except SoundError:
            continue
        assert np.isfinite(track.decode([each.data for each in packets])).all()


def test_a_change_of_format_within_the_stream_is_followed():
    """AAC may say another rate in each packet's configuration; G.711 and Opus cannot."""
    low, first = code_sound(tone(1000, 2), "aac")
    high, second = code_sound(tone(1000, 2), "aac48")
    made = [
        Soundtrack(form).decode([each.data for each in packets])
        for form, packets in ((low, first), (high, second))
    ]
    assert all(abs(pitch(each[8000:24000]) - 1000) < 5 for each in made)


def test_a_flood_is_bounded():
    form, packets = code_sound(tone(1000, 1), "opus")
    track = Soundtrack(form)
    samples = track.decode([packets[5].data] * 4000)
    assert len(samples) <= (SECONDS_MAX + 0.1) * SAMPLE_RATE
    track = Soundtrack(SoundFormat("pcma", b"", 8_000, 1))
    assert len(track.decode([bytes(PACKET_BYTES_MAX + 1)])) == 0
    assert track.counts.corrupt == 1
