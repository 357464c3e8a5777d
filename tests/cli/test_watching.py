"""`keepsight camera watch` against a hub, as a process; and what its options change."""

import pytest

from keepsight.cli.watching import changed
from tests.cli.command import keepsight
from tests.home import simulated_camera

BEFORE = {
    "is_on": True, "model": "efficientdet-lite1", "kinds": ["person", "cat"], "sounds": ["alarm"],
    "zones": [{"name": "Door", "points": [], "kinds": ["person", "cat"]}],
}  # fmt: skip
NOTHING = {"is_on": None, "kinds": None, "sounds": None, "model": None}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {}),
        ({"is_on": False}, {"is_on": False}),
        ({"model": "none"}, {"model": "none"}),
        ({"sounds": "none"}, {"sounds": []}),
        ({"sounds": "alarm, glass"}, {"sounds": ["alarm", "glass"]}),
        (
            {"kinds": "person, dog"},
            {
                "kinds": ["person", "dog"],
                "zones": [{"name": "Door", "points": [], "kinds": ["person"]}],
            },
        ),
    ],
)
def test_only_what_is_said_changes(said, expected):
    assert changed(BEFORE, **{**NOTHING, **said}) == {**BEFORE, **expected}


async def test_watching_is_shown_changed_and_refused_in_words(installed, clip):
    data, _home = installed
    async with simulated_camera(clip) as camera:
        where = ("--data", data)
        added = await keepsight("camera", "add", camera.url, "--name", "Hall", *where)
        assert added.status == 0, added.err
        shown = await keepsight("camera", "watch", "hall", *where)
        assert "the whole picture" in shown.out
        off = await keepsight(
            *("camera", "watch", "hall", "--off", "--kinds", "person", "--model", "none"),
            *(*where, "--json"),
        )
        assert (off.json["is_on"], off.json["kinds"], off.json["model"]) == (
            False, ["person"], "none",
        )  # fmt: skip
        again = await keepsight("camera", "watch", "hall", *where, "--json")
        assert again.json == off.json
        wrong = await keepsight("camera", "watch", "hall", "--kinds", "unicorn", *where)
        assert (wrong.status, "unicorn" in wrong.err) == (1, True)
