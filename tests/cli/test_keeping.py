"""`keepsight camera keep` against a hub, as a process; and what is kept in words."""

import pytest
import typer

from keepsight.cli.keeping import in_words, read_days
from tests.cli.command import keepsight
from tests.home import simulated_camera


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "everything, for the household's days"),
        ({"retention_days": 1}, "everything, for 1 day"),
        ({"is_recording": False, "mode": "both"}, "no"),
        (
            {"mode": "both", "retention_days": 2, "event_retention_days": 60},
            "everything for 2 days, events for 60 days, 10 s before and 5 s after",
        ),
        (
            {"mode": "events", "retention_days": 2},
            (
                "events only, for 2 days, 10 s before and 5 s after; "
                "where nobody watched, everything for 2 days"
            ),
        ),
    ],
)
def test_what_is_kept_in_words(changes, said):
    rule = {
        "is_recording": True, "mode": "continuous", "retention_days": None,
        "event_retention_days": None, "pre_roll_seconds": 10, "post_roll_seconds": 5,
    }  # fmt: skip
    assert in_words({**rule, **changes}) == said


def test_days_as_they_are_typed():
    assert (read_days("default"), read_days("7")) == (None, 7)
    for wrong in ("", "-1", "many", "1.5"):
        with pytest.raises(typer.BadParameter):
            read_days(wrong)


async def test_what_is_kept_is_shown_changed_and_refused_in_words(installed, clip):
    data, _home = installed
    async with simulated_camera(clip) as camera:
        where = ("--data", data)
        added = await keepsight("camera", "add", camera.url, "--name", "Hall", *where)
        assert added.status == 0, added.err
        shown = await keepsight("camera", "keep", "hall", *where)
        assert shown.out.strip() == "Hall: everything, for the household's days"
        options = ("--what", "both", "--days", "2", "--event-days", "60", "--before", "15")
        changed = await keepsight("camera", "keep", "hall", *options, *where, "--json")
        expected = {
            "is_recording": True, "mode": "both", "retention_days": 2, "event_retention_days": 60,
            "pre_roll_seconds": 15, "post_roll_seconds": 10, "bytes_max": None,
        }  # fmt: skip
        assert changed.json == expected
        back = await keepsight("camera", "keep", "hall", "--days", "default", *where, "--json")
        assert back.json == {**expected, "retention_days": None}
        wrong = await keepsight("camera", "keep", "hall", "--before", "3", *where)
        assert (wrong.status, "pre_roll_seconds" in wrong.err) == (1, True)
