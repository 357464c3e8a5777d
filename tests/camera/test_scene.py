"""A picture is a function of scene, seed and time, with name, clock and mark. Method: draw
twice, and read.
"""

import numpy as np
import pytest

from keepsight.camera.mark import Mark, decode
from keepsight.camera.media import SourceError
from keepsight.camera.scene import SCENES, Picture, find_scene
from tests.camera.scenes.views import CAPTION, at, changed, film


@pytest.mark.parametrize("name", list(SCENES))
def test_deterministic_from_seed_and_time(name):
    moments = [3, 9, 9.5, 400]
    one, again = (film(find_scene(name), moments) for _ in range(2))
    for a, b in zip(one, again, strict=True):
        assert np.array_equal(a, b)
    (only,) = film(find_scene(name), [400])
    # The way there does not matter: what was drawn before is gone.
    assert changed(one[-1], only) < 0.001


@pytest.mark.parametrize("name", list(SCENES))
def test_carries_its_mark_and_a_clock_that_goes(name):
    picture = Picture(find_scene(name), CAPTION, 640, 360, 1)
    first = picture.draw(at(0), 7).y.copy()
    second = picture.draw(at(1), 8).y.copy()
    assert decode(first) == Mark(CAPTION.household, CAPTION.camera, 7)
    assert decode(second) == Mark(CAPTION.household, CAPTION.camera, 8)
    caption = np.s_[8:32, 8:320]
    assert changed(first[caption], second[caption]) > 0.001


def test_an_unknown_scene_is_named_with_those_there_are():
    with pytest.raises(SourceError, match="front-door, living-room"):
        find_scene("cellar")
