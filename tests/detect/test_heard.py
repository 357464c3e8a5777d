"""From windows to events: goal: what goes on is one event; method: scores written by hand."""

from dataclasses import replace

import numpy as np
import pytest

from keepsight.detect.beeps import Alarm
from keepsight.detect.ear import CLASSES
from keepsight.detect.event import Phase
from keepsight.detect.heard import RHYTHM_SCORE, SoundBook, Window
from keepsight.detect.sound import SOUND_KINDS
from keepsight.detect.zones import Rules, read_rules

STEP_US, LENGTH_US, WALL_US = 487_500, 975_000, 10**15
SPEECH, BARK, SHATTER = 0, 70, 437
EVERYTHING = tuple(kind.name for kind in SOUND_KINDS)


def window(number, **scores):
    values = None
    if scores.get("asked", True):
        values = np.zeros(CLASSES, np.float32)
        for name, score in scores.items():
            if name.startswith("c"):
                values[int(name[1:])] = score
    start = number * STEP_US
    return Window(start, start + LENGTH_US, start + WALL_US, start + LENGTH_US + WALL_US, values)


def listen(book, plan):
    """plan: for each window the scores by class."""
    told = []
    for number, scores in enumerate(plan):
        told += book.take(window(number, **scores))
    return told


def phases(told):
    return [(event.kind, event.phase) for event in told]


LOUD, QUIET = {"c0": 0.9}, {}


def test_a_conversation_is_one_event_with_a_begin_and_an_end():
    book = SoundBook(EVERYTHING, Rules())
    told = listen(book, [QUIET] * 4 + [LOUD] * 30 + [QUIET] * 10 + [LOUD] * 5 + [QUIET] * 40)
    kinds = phases(told)
    assert kinds[0] == ("speech", Phase.START)
    assert kinds[-1] == ("speech", Phase.END)
    assert {phase for _, phase in kinds[1:-1]} == {Phase.UPDATE}
    assert len({event.id for event in told}) == 1
    last = told[-1]
    assert last.start_us == 4 * STEP_US
    assert last.end_us == 48 * STEP_US + LENGTH_US
    assert told[0].noticed_us - told[0].start_us == 2 * STEP_US + LENGTH_US
    assert last.start_wall_us == last.start_us + WALL_US


def test_too_little_of_it_is_nothing():
    book = SoundBook(EVERYTHING, Rules())
    few = [LOUD] * 2 + [QUIET] * 20
    assert listen(book, few * 3) == []
    assert not book.is_attentive


def test_a_crash_needs_one_window():
    book = SoundBook(EVERYTHING, Rules())
    told = listen(book, [QUIET, {f"c{SHATTER}": 0.6}, *[QUIET] * 20])
    assert phases(told) == [("glass", Phase.START), ("glass", Phase.END)]
    assert told[0].confidence == pytest.approx(0.6)


def test_only_what_is_listened_for():
    book = SoundBook(("bark",), Rules())
    assert listen(book, [LOUD] * 10) == []
    assert phases(listen(book, [{f"c{BARK}": 0.9}] * 3)) == [("bark", Phase.START)]
    assert phases(book.close()) == [("bark", Phase.END)]
    assert book.close() == []


def test_a_window_that_nobody_asked_about_says_nothing():
    book = SoundBook(EVERYTHING, Rules())
    assert listen(book, [{"asked": False}] * 10) == []


def test_it_is_attentive_from_the_first_sign_to_the_end():
    book = SoundBook(("speech",), Rules())
    assert not book.is_attentive
    book.take(window(0, c0=0.9))
    assert book.is_attentive
    for number in range(1, 8):
        book.take(window(number))
    assert not book.is_attentive


def test_hours_and_cooldown_count_for_sounds_too():
    never = read_rules({"schedule": [{"days": []}]})
    assert listen(SoundBook(EVERYTHING, never), [LOUD] * 20) == []
    cool = Rules(cooldown_seconds=600.0)
    plan = ([{f"c{SHATTER}": 0.9}] + [QUIET] * 30) * 4
    assert len(listen(SoundBook(EVERYTHING, cool), plan)) == 2
    assert len(listen(SoundBook(EVERYTHING, Rules()), plan)) == 8


def test_what_is_no_number_is_no_sound():
    book = SoundBook(EVERYTHING, Rules())
    assert listen(book, [{"c0": float("nan")}, {"c0": float("inf")}] * 5) == []


def test_what_never_ends_is_told_again_after_an_hour():
    book = SoundBook(("speech",), Rules())
    told = listen(book, [LOUD] * 7500)
    starts = [event for event in told if event.phase is Phase.START]
    assert len(starts) == 2


def test_a_rhythm_alone_is_an_alarm_that_began_with_its_first_beep():
    book = SoundBook(EVERYTHING, Rules())
    told = listen(book, [{"asked": False}] * 30)
    known = replace(window(30, asked=False), alarm=Alarm("T4", 6.5))
    told += book.take(known)
    (event,) = told
    assert (event.kind, event.phase) == ("alarm", Phase.START)
    assert event.confidence == RHYTHM_SCORE
    began_us = known.start_us + LENGTH_US // 2 - 6_500_000
    assert event.start_us <= began_us < event.start_us + LENGTH_US


def test_a_rhythm_is_nothing_where_nobody_listens_for_alarms():
    book = SoundBook(("speech", "bark"), Rules())
    assert book.take(replace(window(0), alarm=Alarm("T3", 6.0))) == []
