"""A file's sound: goal: what a camera would have told; method: films made here, two ears."""

import wave

import numpy as np
import pytest

from keepsight.detect.clip import ClipError
from keepsight.detect.sound import SAMPLE_RATE
from keepsight.detect.soundclip import hear_clip
from keepsight.detect.zones import Rules
from tests.detect.installed import need_model
from tests.detect.noises import silence, smoke_alarm, tone
from tests.detect.test_hearing import LoudEar


def write_wave(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return path


def test_an_alarm_in_a_file_is_heard(tmp_path):
    from keepsight.detect.ear import open_ear

    need_model("yamnet")
    sound = np.concatenate([silence(4), smoke_alarm(3), silence(14)])
    sounds = hear_clip(write_wave(tmp_path / "alarm.wav", sound), open_ear(), Rules())
    (event,) = sounds.events
    assert event.kind == "alarm"
    assert 2.5 < event.start_us / 1e6 < 5.5
    assert sounds.seconds > 25
    assert sounds.asked < sounds.windows


def test_a_file_that_ends_within_a_sound_ends_its_event(tmp_path):
    sounds = hear_clip(write_wave(tmp_path / "a.wav", tone(500, 6)), LoudEar(), Rules())
    assert [event.kind for event in sounds.events] == ["speech"]
    assert sounds.trouble is None


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF" + bytes(400)])
def test_what_holds_no_sound_is_refused(tmp_path, content):
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(ClipError):
        hear_clip(tmp_path / "x.wav", LoudEar(), Rules())


def test_a_film_without_sound_is_refused(tmp_path):
    from tests.detect.stage import walk
    from tests.detect.test_clip import write_clip

    with pytest.raises(ClipError, match="no sound"):
        hear_clip(write_clip(tmp_path / "walk.mp4", walk(2)), LoudEar(), Rules())


def test_a_cut_file_is_heard_as_far_as_it_goes(tmp_path):
    path = write_wave(tmp_path / "a.wav", tone(500, 10))
    path.write_bytes(path.read_bytes()[: 5 * 2 * SAMPLE_RATE])
    sounds = hear_clip(path, LoudEar(), Rules())
    assert 4 < sounds.seconds < 6
    assert sounds.events
