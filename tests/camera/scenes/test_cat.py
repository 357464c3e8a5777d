"""The cat breathes and its tail moves, and it stays on its cushion. Method: two moments
compared.
"""

import numpy as np

from keepsight.camera.painter import Painter
from keepsight.camera.scenes.cat import draw_cat
from keepsight.camera.stage import Stage


def cat(seconds):
    painter = Painter(1280, 720)
    painter.rectangle((0, 0, 1280, 720), "#000000")
    stage = Stage(painter.finish())
    draw_cat(stage, seconds)
    return stage.planes.y.astype(int)


def test_lives_in_its_place():
    one, other = cat(0.0), cat(1.1)
    rows, columns = np.nonzero(one > 20)
    assert 780 < columns.min() < columns.max() < 1000
    assert 390 < rows.min() < rows.max() < 570
    assert (np.abs(one - other) > 20).sum() > 100


def test_opens_its_eyes_now_and_then():
    eye = np.s_[436:450, 842:854]
    assert abs(cat(3.0)[eye].mean() - cat(10.0)[eye].mean()) > 3
