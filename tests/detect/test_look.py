"""Windows: goal: each thing once, in the picture's shares; method: the red eye, drawn pictures."""

import numpy as np
import pytest

from keepsight.detect.gate import Activity
from keepsight.detect.look import (
    ask,
    halves,
    in_picture,
    is_explained,
    look,
    look_thoroughly,
    merged,
    window_around,
)
from keepsight.detect.sight import Box, Detection
from tests.detect.stage import RedEye, background, with_figure


class Still:
    """A picture that is there already."""

    def __init__(self, colour):
        self._colour = colour
        self.height, self.width = colour.shape[:2]

    def colour(self):
        return self._colour


def person(left, top, right, bottom, confidence=0.9):
    return Detection("person", confidence, Box(left, top, right, bottom))


def test_halves_overlap_and_cover():
    first, second = halves(640, 360)
    assert first.left == 0
    assert second.right == 1
    assert second.left < first.right
    assert halves(360, 640)[0].bottom < 1


def test_a_movement_gets_a_window_with_it_inside_or_none():
    for left in (0.0, 0.1, 0.45, 0.8, 0.9):
        box = Box(left, 0.2, left + 0.1, 0.9)
        window = window_around(box, 640, 360)
        assert window.left <= box.left
        assert window.right >= box.right - 1e-9
        assert window.width == pytest.approx(0.583)
    assert window_around(Box(0.1, 0, 0.7, 1), 640, 360) is None
    assert window_around(Box(0.1, 0, 0.7, 0.2), 360, 640).height == pytest.approx(0.583)


def test_what_a_window_cuts_is_left_to_its_neighbour():
    window = Box(0.4, 0, 1, 1)
    assert in_picture([person(0, 0.2, 0.2, 0.5)], window) == []
    placed = in_picture([person(0.5, 0.2, 1.0, 0.5)], window)[0].box
    assert placed.left == pytest.approx(0.7)
    assert placed.right == pytest.approx(1.0)


def test_the_same_thing_twice_is_one_and_a_leg_is_not_a_person():
    found = merged(
        [
            person(0.1, 0.1, 0.3, 0.9, 0.7),
            person(0.11, 0.1, 0.31, 0.9, 0.8),
            person(0.15, 0.5, 0.25, 0.85, 0.6),
            person(0.6, 0.1, 0.8, 0.9, 0.5),
            Detection("dog", 0.5, Box(0.12, 0.5, 0.28, 0.9)),
        ]
    )
    assert [(each.kind, each.confidence) for each in found] == [
        ("person", 0.8), ("person", 0.5), ("dog", 0.5),
    ]  # fmt: skip


def test_a_figure_is_found_where_it_stands_through_any_window():
    picture = Still(with_figure(background(), 200, 60))
    for activity in (
        Activity(True, boxes=(Box(0.6, 0.3, 0.7, 0.7),), cells=np.zeros((11, 20), int)),
        Activity(True, boxes=(Box(0.1, 0.3, 0.9, 0.7),), cells=np.zeros((11, 20), int)),
        Activity(True, is_first=True),
    ):
        found = look(RedEye(), picture, activity, ())
        assert len(found) == 1
        assert found[0].box.left == pytest.approx(200 / 320, abs=0.02)
        assert found[0].box.bottom == pytest.approx(124 / 192, abs=0.02)
    assert len(look_thoroughly(RedEye(), picture)) == 1


def test_one_window_costs_one_question_and_unexplained_movement_three():
    picture = Still(background())
    narrow, wide = RedEye(), RedEye()
    cells = np.zeros((11, 20), int)
    cells[4:6, 2:16] = 30
    look(narrow, picture, Activity(True, boxes=(Box(0.6, 0.3, 0.7, 0.7),), cells=cells), ())
    look(wide, picture, Activity(True, boxes=(Box(0.1, 0.3, 0.8, 0.6),), cells=cells), ())
    assert (narrow.asked, wide.asked) == (1, 3)


def test_movement_is_explained_by_who_is_there():
    cells = np.zeros((11, 20), int)
    cells[3:8, 4:6] = 40
    activity = Activity(True, boxes=(Box(0.2, 0.27, 0.3, 0.73),), cells=cells)
    assert is_explained(activity, [person(0.2, 0.25, 0.3, 0.75)])
    assert not is_explained(activity, [person(0.7, 0.25, 0.8, 0.75)])
    assert not is_explained(Activity(True, is_first=True), [])


def test_asking_about_several_windows_gives_one_list():
    colour = with_figure(background(), 150, 60)
    assert len(ask(RedEye(), colour, (Box(0, 0, 1, 1), *halves(320, 192)))) == 1
