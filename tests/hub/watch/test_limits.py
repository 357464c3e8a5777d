"""Goal: what the hub accepts, the watcher takes; what makes no sense is said with its field.

Method: the constants of both sides side by side; wishes with one thing wrong each.
"""

from dataclasses import replace

import pytest

from keepsight.detect import zones
from keepsight.detect.sight import KINDS
from keepsight.hub import watching as ours
from keepsight.hub.event import KIND_LENGTH_MAX, SEEN_KINDS
from keepsight.hub.grant import Hours
from keepsight.hub.watch.limits import WatchingError, check_watching, is_flat
from keepsight.hub.watch.models import OwnModel
from keepsight.hub.watching import Watching, Zone

DOOR = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.9))
BOW_TIE = ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0))
LINE = ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0))
YARD = OwnModel("yard.onnx", has_labels=True, kinds=("person", "forklift"))


def test_limits_are_those_of_the_watcher():
    assert ours.POINTS_MAX == zones.POINTS_MAX == 64
    assert ours.POLYGONS_MAX == zones.ZONES_MAX == 32
    assert ours.NAME_LENGTH_MAX == zones.NAME_LENGTH_MAX == 64
    assert ours.KINDS_MAX == zones.KINDS_MAX
    assert ours.HOURS_MAX == zones.SPANS_MAX
    assert ours.COOLDOWN_SECONDS_MAX == zones.COOLDOWN_SECONDS_MAX
    assert SEEN_KINDS == KINDS
    assert KIND_LENGTH_MAX <= 64
    lowest = zones.read_rules({"person_confidence": ours.PERSON_CONFIDENCE_MIN})
    assert lowest.person_confidence == ours.PERSON_CONFIDENCE_MIN
    with pytest.raises(zones.RuleError):
        zones.read_rules({"person_confidence": ours.PERSON_CONFIDENCE_MIN - 0.01})


@pytest.mark.parametrize(
    ("wish", "where", "problem"),
    [
        ({"model": "other"}, "model", "no_such_model"),
        ({"model": "own:../x.onnx"}, "model", "no_such_model"),
        ({"model": "own:gone.onnx"}, "model", "no_such_file"),
        ({"zones": (Zone("  ", DOOR),)}, "zones.0.name", "no_name"),
        ({"zones": (Zone("a\nb", DOOR),)}, "zones.0.name", "odd_name"),
        ({"zones": (Zone("Door", DOOR), Zone("dOOR ", DOOR))}, "zones.1.name", "name_taken"),
        ({"zones": (Zone("Door", LINE),)}, "zones.0.points", "flat"),
        ({"masks": (DOOR, LINE)}, "masks.1", "flat"),
        ({"privacy_masks": (((0.5, 0.5),) * 3,)}, "privacy_masks.0", "flat"),
        ({"masks": (DOOR,) * 20, "privacy_masks": (DOOR,) * 13}, "masks", "too_many_masks"),
        ({"kinds": ("person", "person")}, "kinds", "twice"),
        ({"sounds": ("alarm", "alarm")}, "sounds", "twice"),
        ({"kinds": ("forklift",)}, "kinds", "unknown_kind"),
        ({"kinds": ()}, "kinds", "nothing"),
        ({"kinds": ("cat",), "zones": (Zone("D", DOOR, ("dog",)),)}, "zones.0.kinds",
         "not_watched"),
        ({"zones": (Zone("D", DOOR, ("dog", "dog")),)}, "zones.0.kinds", "twice"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_with_its_field(wish, where, problem):
    with pytest.raises(WatchingError) as caught:
        check_watching(Watching(**wish), None, Watching())
    assert (caught.value.where, caught.value.problem) == (where, problem)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"zones": (Zone("Bow", BOW_TIE), Zone("Door", DOOR, ("person",)))},
        {"masks": (DOOR,) * 20, "privacy_masks": (DOOR,) * 12},
        {"kinds": (), "sounds": ("alarm",)},
        {"kinds": (), "model": "none"},
        {"kinds": (), "is_on": False},
        {"hours": (Hours(frozenset({0, 6}), 1200, 360),)},
    ],
)
def test_what_makes_sense_is_accepted(wish):
    check_watching(Watching(**wish), None, Watching())


def test_an_own_model_brings_its_kinds():
    wish = Watching(model="own:yard.onnx", kinds=("forklift", "person"))
    check_watching(wish, YARD, Watching())
    with pytest.raises(WatchingError):
        check_watching(replace(wish, kinds=("boat",)), YARD, Watching())
    # Labels inside the model: the watcher knows them, the hub does not.
    check_watching(replace(wish, kinds=("boat",)), replace(YARD, kinds=()), Watching())


def test_a_file_that_has_gone_since_it_was_chosen_keeps_nobody_from_changing_the_rest():
    before = Watching(model="own:yard.onnx", kinds=("forklift",))
    check_watching(replace(before, zones=(Zone("Door", DOOR),)), None, before)


def test_corners_on_one_line_hold_nothing_and_a_bow_tie_does():
    assert is_flat(LINE)
    assert is_flat(((0.2, 0.2),) * 4)
    assert not is_flat(DOOR)
    assert not is_flat(BOW_TIE)
