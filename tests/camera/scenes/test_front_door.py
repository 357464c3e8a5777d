"""The scene is colourful, mostly still, and people pass in it. Method: pictures over ten
minutes, measured.
"""

from itertools import pairwise

from keepsight.camera.scenes.front_door import WALKS, FrontDoor
from keepsight.camera.stage import Stage
from tests.camera.scenes.views import START, at, changed, film


def test_paints_a_picture_worth_looking_at():
    background, _ = FrontDoor().paint(640, 360)
    planes = background.planes
    assert planes.y.std() > 25
    assert planes.u.std() > 4
    assert planes.v.std() > 4


def test_little_moves_until_somebody_comes():
    visits = [(second, WALKS.at(1, at(second).timestamp())) for second in range(600)]
    empty = [second for second, visit in visits if visit is None][:20:4]
    crowded = [s for s, visit in visits if visit and 300 < visit.pose.ground[0] < 900]
    still = film(FrontDoor(), empty)
    assert max(changed(a, b) for a, b in pairwise(still)) < 0.06
    with_person, without = film(FrontDoor(), [crowded[0], empty[0]])
    assert changed(with_person, without) > 0.01


def test_draws_at_any_size():
    for width in (320, 1280):
        stage = Stage(*FrontDoor().paint(width, width * 9 // 16))
        FrontDoor().draw(stage, START, 3)
        assert stage.planes.y.shape == (width * 9 // 16, width)
