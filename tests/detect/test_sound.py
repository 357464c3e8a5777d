"""The table of sounds and their document: goal: no place in a sound; method: one event as JSON."""

from keepsight.detect.ear import CLASSES
from keepsight.detect.event import Phase
from keepsight.detect.sound import SOUND_KINDS, SoundEvent, as_document
from keepsight.hub.event import HEARD_KINDS


def test_the_hub_knows_the_same_kinds():
    assert tuple(kind.name for kind in SOUND_KINDS) == HEARD_KINDS


def test_the_table_makes_sense():
    used = [index for kind in SOUND_KINDS for index in kind.classes]
    assert len(set(used)) == len(used)
    assert all(0 <= index < CLASSES for index in used)
    assert all(1 <= kind.windows <= kind.within for kind in SOUND_KINDS)


def test_a_sound_is_an_event_without_a_place():
    event = SoundEvent("a" * 32, Phase.START, "bark", 10, 20, 110, 120, 30, 0.71234, 115)
    document = as_document(event)
    assert (document["best_box"], document["zones"], document["path"]) == (None, [], [])
    assert (document["kind"], document["confidence"], document["delay_us"]) == ("bark", 0.712, 20)
    assert (document["start_us"], document["end_us"], document["best_us"]) == (110, 120, 115)
