"""People walk as people do. Method: joints over a gait cycle, and pictures of it."""

import numpy as np
import pytest

from keepsight.camera import figure
from keepsight.camera.figure import CYCLE, OUTFITS, SHIN, THIGH, Figure, Pose
from keepsight.camera.painter import Painter
from keepsight.camera.stage import Stage


def picture(pose, outfit=OUTFITS[0]):
    painter = Painter(640, 360)
    painter.rectangle((0, 0, 1280, 720), "#ffffff")
    stage = Stage(painter.finish())
    Figure(stage, outfit, "#000000", 0.0).draw(pose)
    return stage.planes.y


def test_knees_bend_one_way_and_legs_keep_their_length():
    for phase in np.linspace(0, 1, 50):
        hip, flexion = figure._leg_angles(phase, 1.0)
        assert -0.6 < hip < 0.6
        assert 0 <= flexion < 1.4
        knee, ankle, _ = figure._leg(phase, 1.0)
        assert np.hypot(*knee) == pytest.approx(THIGH)
        assert np.hypot(ankle[0] - knee[0], ankle[1] - knee[1]) == pytest.approx(SHIN)


def test_the_foot_on_the_ground_moves_against_the_body():
    """In stance the foot goes back evenly, so it does not slide over the floor."""
    phases = np.linspace(0.30, 0.70, 9)
    feet = [figure._leg(phase, 1.0)[1][0] for phase in phases]
    steps = np.diff(feet)
    assert (steps < 0).all()
    way = -steps.sum() / 0.40
    assert way == pytest.approx(CYCLE, rel=0.25)


@pytest.mark.parametrize("outfit", OUTFITS)
@pytest.mark.parametrize("facing", [1, -1])
def test_stands_on_the_ground_at_its_height(outfit, facing):
    y = picture(Pose((640, 600), 400, 0, facing, 0), outfit)
    rows = np.nonzero((y < 225).any(axis=1))[0] * 2
    assert rows.max() == pytest.approx(600, abs=16)
    assert rows.min() == pytest.approx(600 - 400 * outfit.height, abs=34)


def test_walking_moves_the_limbs_and_repeats_each_cycle():
    poses = [Pose((640, 600), 400, distance, 1, 1) for distance in (0, 100, 400 * CYCLE)]
    one, other, again = (picture(pose) for pose in poses)
    assert np.abs(one.astype(int) - other).mean() > 1
    assert np.abs(one.astype(int) - again).max() <= 1


def test_facing_is_a_mirror_image():
    right, left = (picture(Pose((640, 600), 400, 60, facing, 1)) for facing in (1, -1))
    assert np.abs(right[:, ::-1].astype(int) - left).mean() < 0.5
