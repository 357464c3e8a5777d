"""Goal: what an owner set about watching comes back as it was. Method: through JSON and back."""

import json

from keepsight.hub.grant import Hours
from keepsight.hub.watching import Watching, Zone, read_watching

CORNERS = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0))


def test_everything_comes_back():
    before = Watching(
        is_on=False,
        model="none",
        kinds=("person",),
        person_confidence=0.6,
        min_area=0.01,
        cooldown_seconds=30.0,
        zones=(Zone("Door", CORNERS, ("person", "package")),),
        masks=(CORNERS,),
        privacy_masks=(CORNERS, CORNERS),
        hours=(Hours(frozenset({6, 0}), 1200, 360),),
        sounds=("alarm",),
    )
    assert read_watching(json.loads(json.dumps(before.as_fields()))) == before


def test_what_is_missing_or_unknown_is_as_at_first():
    assert read_watching({}) == Watching()
    assert read_watching({"of another version": 1}) == Watching()


def test_nobody_listens_and_nothing_is_hidden_at_first():
    assert Watching().sounds == ()
    assert Watching().privacy_masks == ()
    assert Watching().is_on
