"""`keepsight camera watch` against a hub, as a process; and what its options change."""

import pytest

from keepsight.cli.watching import TRIES_MAX, change, changed, state_rows
from keepsight.serve.control import ControlError, open_control
from keepsight.serve.installation import read_installation
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


def test_how_it_goes_is_shown_with_what_the_watcher_says():
    reason = {"code": "own_refused", "values": {"file": "x"}, "message": "the file x cannot"}
    state = {"state": "off", "reason": reason, "sound": None, "said": "x has no labels"}
    assert state_rows(None) == []
    assert state_rows({"state": "watching", "reason": None, "sound": None}) == [("now", "watching")]
    assert state_rows(state) == [
        ("now", "off"),
        ("", "the file x cannot"),
        ("the watcher says", "x has no labels"),
    ]
    deaf = {"state": "failed", "reason": {**reason, "message": "deaf"}}
    assert ("", "deaf") in state_rows({**state, "sound": deaf})


async def test_what_somebody_else_saves_in_between_is_not_lost(installed, clip):
    data, home = installed
    place = read_installation(data).places[0]
    async with simulated_camera(clip) as camera, open_control(place) as control:
        added = await home.add_camera(camera.url, "Hall")
        path = f"/api/cameras/{added['id']}/watching"

        async def save_meanwhile(**fields):
            now = (await home.control.ask("GET", path)).json()
            assert (await home.control.ask("PUT", path, {**now, **fields})).status == 200

        class Meddled:
            """The real connection; somebody else saves after each of the first readings."""

            def __init__(self, times):
                self.left = times
                self.replace = control.replace

            async def read(self, path):
                found = await control.read(path)
                if self.left:
                    self.left -= 1
                    await save_meanwhile(cooldown_seconds=60 + self.left)
                return found

        def off(before):
            return {**before, "is_on": False}

        after = await change(Meddled(TRIES_MAX - 1), path, off)
        assert (after["is_on"], after["cooldown_seconds"]) == (False, 60)
        await save_meanwhile(is_on=True)
        with pytest.raises(ControlError) as caught:
            await change(Meddled(TRIES_MAX), path, off)
        assert caught.value.code == "changed_meanwhile"
        assert (await home.control.ask("GET", path)).json()["is_on"]
