"""Alarms by their rhythm: goal: T3 and T4 are known in rooms, noise and codecs, and other beeps are
not taken for them. Method: sounds by formula, echoes of random rooms, coded as cameras do.
"""

import numpy as np
import pytest

from keepsight.detect.beeps import BEGINNINGS_MAX, Beeps
from keepsight.detect.sound import SAMPLE_RATE
from keepsight.detect.soundtrack import Soundtrack
from tests.detect.noises import (
    co_alarm,
    code_sound,
    in_room,
    in_steps,
    silence,
    smoke_alarm,
    tone,
    tune,
    white_noise,
)

STEP = 7_800


def coded(sound, codec):
    form, packets = code_sound(sound, codec)
    track = Soundtrack(form)
    steps = [[packet.data for packet in group] for group in in_steps(packets)]
    return np.concatenate([track.decode(step) for step in steps])


def alarms(sound, beeps=None):
    """(name, seconds at which it was told, seconds at which it began)."""
    beeps, found = beeps or Beeps(), []
    for position in range(0, len(sound), STEP):
        piece = sound[position : position + STEP].astype(np.float32)
        alarm = beeps.feed(piece)
        if alarm is not None:
            told = (position + len(piece)) / SAMPLE_RATE
            found.append((alarm.name, told, told - alarm.ago_seconds))
    return found


def after(seconds, sound):
    return np.concatenate([silence(seconds), sound])


def repeated(pieces, seconds):
    one = np.concatenate(pieces)
    return np.tile(one, int(seconds * SAMPLE_RATE / len(one)) + 1)


@pytest.mark.parametrize("hertz", [520, 3100])
@pytest.mark.parametrize("codec", ["aac", "aac48", "opus", "pcma", "pcmu"])
@pytest.mark.parametrize(("name", "made"), [("T3", smoke_alarm), ("T4", co_alarm)])
def test_the_second_round_tells(name, made, codec, hertz):
    found = alarms(coded(after(2, made(hertz=hertz)), codec))
    assert {each[0] for each in found} == {name}
    _, told, began = found[0]
    assert abs(began - 2) < 0.2
    assert told - began < 7.2


@pytest.mark.parametrize("fade_seconds", [0.2, 0.5, 0.9])
@pytest.mark.parametrize(("name", "made"), [("T3", smoke_alarm), ("T4", co_alarm)])
def test_an_echo_and_noise_do_not_hide_it(name, made, fade_seconds):
    for seed in range(4):
        room = in_room(after(2, made()), fade_seconds, seed=seed)
        noise = white_noise(len(room) / SAMPLE_RATE, 0.03, seed)[: len(room)]
        assert name in {each[0] for each in alarms(coded(room + noise, "pcma"))}


@pytest.mark.parametrize("stretch", [0.92, 1.08])
def test_a_clock_that_is_eight_percent_off_is_still_an_alarm(stretch):
    assert alarms(after(1, co_alarm(stretch=stretch)))


@pytest.mark.parametrize(
    "pieces",
    [
        [tone(2000, 0.1), silence(0.1)] * 4 + [silence(0.5)],
        [tone(2000, 0.06), silence(0.06)] * 4 + [silence(0.7)],
        [tone(1250, 0.5), silence(0.5)],
        [tone(2000, 0.5), silence(0.5)] * 3 + [silence(20)],
        [tone(2000, 0.1), silence(0.1)] * 4 + [silence(30)],
        [tone(440, 1), silence(4)],
        [tone(3100, 20)],
        [tune(30)],
        [white_noise(30)],
    ],
    ids=[
        "alarm clock",
        "another",
        "reversing lorry",
        "microwave",
        "washing machine",
        "telephone",
        "steady tone",
        "tune",
        "noise",
    ],
)
def test_other_beeps_are_no_alarm(pieces):
    sound = repeated(pieces, 60)
    assert alarms(sound) == []
    assert alarms(coded(in_room(sound, 0.5), "aac")) == []


def test_one_round_is_none_and_a_gap_between_two_parts_them():
    assert alarms(after(2, co_alarm(rounds=1))) == []
    beeps = Beeps()
    assert alarms(after(2, co_alarm(rounds=1)), beeps) == []
    beeps.restart()
    assert alarms(co_alarm(rounds=1), beeps) == []


def test_what_is_no_number_or_far_too_loud_is_survived():
    beeps = Beeps()
    for value in (np.nan, np.inf, -1e30):
        assert beeps.feed(np.full(STEP, value, np.float32)) is None
    beeps.restart()
    assert alarms(co_alarm(), beeps)


def test_beeps_without_end_stay_cheap():
    generator = np.random.default_rng(4)
    beeps = Beeps()
    pieces = []
    for _ in range(600):
        pieces += [tone(3000, generator.uniform(0.02, 0.06)), silence(0.04)]
    alarms(np.concatenate(pieces), beeps)
    assert len(beeps._beginnings) <= BEGINNINGS_MAX
