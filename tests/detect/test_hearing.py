"""The sound chain: goal: alarms and speech are told, noise and music are not, nonsense is survived.

Method: sounds by formula and from a speech program, coded as cameras do, with the real model; for
what the model has no part in, an ear that hears loudness.
"""

import numpy as np
import pytest

from keepsight.detect.ear import CLASSES, EarError
from keepsight.detect.event import Phase
from keepsight.detect.heard import SoundBook
from keepsight.detect.hearing import DEAF_SECONDS, FAILURES_MAX, Hearing
from keepsight.detect.sound import SAMPLE_RATE, SOUND_KINDS, SoundPacket
from keepsight.detect.soundtrack import Soundtrack
from keepsight.detect.zones import Rules
from tests.detect.installed import need_model
from tests.detect.noises import (
    WALL_US,
    co_alarm,
    code_sound,
    in_steps,
    shattering,
    silence,
    smoke_alarm,
    speech,
    tone,
    tune,
    white_noise,
)

EVERYTHING = tuple(kind.name for kind in SOUND_KINDS)


class LoudEar:
    """Hears speech in whatever is loud."""

    def scores(self, window):
        scores = np.zeros(CLASSES, np.float32)
        scores[0] = 0.9 if np.abs(window).max() > 0.05 else 0.0
        return scores


@pytest.fixture(scope="module")
def real_ear():
    from keepsight.detect.ear import open_ear

    need_model("yamnet")
    return open_ear()


def hearing_of(form, ear=None):
    return Hearing(Soundtrack(form), SoundBook(EVERYTHING, Rules()), ear or LoudEar())


def heard(form, packets, ear=None):
    hearing = hearing_of(form, ear)
    told = [event for group in in_steps(packets) for event in hearing.feed(group)]
    return told + hearing.finish(), hearing


def ends(told):
    return [event for event in told if event.phase is Phase.END]


@pytest.mark.parametrize("codec", ["aac", "aac48", "opus", "pcma", "pcmu"])
def test_a_smoke_alarm_is_told_once_whatever_the_codec(real_ear, codec):
    sound = np.concatenate([silence(3), smoke_alarm(), silence(16)])
    told, hearing = heard(*code_sound(sound, codec), real_ear)
    (event,) = ends(told)
    assert event.kind == "alarm"
    assert 1.5 < event.start_us / 1e6 < 4
    assert event.noticed_us - event.start_us < 3_500_000
    assert event.start_wall_us == event.start_us + WALL_US
    assert hearing.trouble is None


@pytest.mark.parametrize("codec", ["aac", "opus", "pcma"])
def test_a_co_alarm_is_told_once_with_its_second_round(real_ear, codec):
    sound = np.concatenate([silence(3), co_alarm(5), silence(16)])
    told, _ = heard(*code_sound(sound, codec), real_ear)
    (event,) = ends(told)
    assert event.kind == "alarm"
    assert 2 < event.start_us / 1e6 < 4
    assert event.noticed_us - event.start_us < 8_500_000
    assert event.end_us / 1e6 > 26


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("Good evening, I have a parcel for your neighbour, could you open the door for me?", "en"),
        ("Guten Abend, ich habe ein Paket für Ihren Nachbarn, machen Sie mir bitte auf?", "de"),
    ],
)
def test_speech_is_told(real_ear, text, voice):
    sound = np.concatenate([silence(2), 0.5 * speech(text, voice), silence(18)])
    told, _ = heard(*code_sound(sound, "pcma"), real_ear)
    assert [event.kind for event in ends(told)] == ["speech"]


def test_a_pane_that_breaks_is_told(real_ear):
    sound = np.concatenate([silence(3), shattering(), silence(10)])
    told, _ = heard(*code_sound(sound, "aac"), real_ear)
    assert [event.kind for event in ends(told)] == ["glass"]


@pytest.mark.parametrize(
    "sound",
    [silence(20), white_noise(20), white_noise(20, 0.005), tune(20), tone(1000, 20), tone(50, 20)],
    ids=["silence", "noise", "faint noise", "tune", "steady tone", "hum"],
)
def test_silence_noise_and_music_raise_nothing(real_ear, sound):
    for codec in ("aac", "pcma"):
        told, _ = heard(*code_sound(sound, codec), real_ear)
        assert told == []


def test_silence_asks_the_model_nothing():
    _, hearing = heard(*code_sound(silence(20), "aac"))
    assert hearing.counts.windows > 30
    assert hearing.counts.asked == 0


def test_a_gap_in_the_packets_does_not_join_what_is_apart():
    form, packets = code_sound(tone(1000, 4), "pcma")
    later = [
        SoundPacket(each.media_us + 60_000_000, each.wall_us + 60_000_000, each.data)
        for each in packets
    ]
    told, hearing = heard(form, [*packets, *later])
    assert hearing.counts.gaps == 1
    assert len(ends(told)) == 2
    assert hearing.trouble is None


def test_the_clock_going_back_is_survived():
    form, packets = code_sound(tone(1000, 6), "aac", start_us=10**9)
    _, again = code_sound(tone(1000, 6), "aac")
    told, hearing = heard(form, [*packets, *again])
    assert hearing.counts.gaps == 1
    assert hearing.counts.windows > 18
    assert told


def test_a_camera_whose_clock_drifts_is_followed():
    form, packets = code_sound(tone(1000, 30), "aac")
    slow = [SoundPacket(int(each.media_us * 1.02), each.wall_us, each.data) for each in packets]
    _, hearing = heard(form, slow)
    assert hearing.counts.gaps == 0


def test_sound_that_cannot_be_decoded_is_said_and_recovers():
    form, packets = code_sound(tone(1000, DEAF_SECONDS + 10), "aac")
    hearing = hearing_of(form)
    for group in in_steps(packets):
        hearing.feed([SoundPacket(e.media_us, e.wall_us, b"\xff" * 9) for e in group])
    assert hearing.trouble == "the sound that comes cannot be decoded"
    assert hearing.corrupt
    _, more = code_sound(tone(1000, 4), "aac", start_us=packets[-1].media_us + 64_000)
    for group in in_steps(more):
        hearing.feed(group)
    assert hearing.trouble is None


def test_a_wrong_rate_is_said_rather_than_heard_as_something_else():
    form, packets = code_sound(tone(1000, 40), "pcma")
    half = [SoundPacket(each.media_us * 2, each.wall_us, each.data) for each in packets]
    _, hearing = heard(form, half)
    assert hearing.trouble is not None


def test_a_model_that_fails_is_left_alone_after_some_times():
    class Broken:
        asked = 0

        def scores(self, window):
            self.asked += 1
            raise EarError(f"the model failed on {len(window)} samples")

    ear = Broken()
    _, hearing = heard(*code_sound(tone(1000, 20), "pcma"), ear)
    assert "the model failed" in hearing.trouble
    assert ear.asked == FAILURES_MAX


def test_a_co_alarm_in_steady_noise_is_told_by_its_rhythm_alone():
    sound = np.concatenate([silence(30), co_alarm(4), silence(4)])
    noise = white_noise(len(sound) / SAMPLE_RATE, 0.02)[: len(sound)]

    class Deaf:
        def scores(self, _):
            return np.zeros(CLASSES, np.float32)

    told, hearing = heard(*code_sound(sound + noise, "pcma"), Deaf())
    assert [event.kind for event in ends(told)] == ["alarm"]
    assert hearing.counts.asked < hearing.counts.windows
