"""What moves leaves no trace, and the foreground stays in front. Method: draw, clear, compare
with before.
"""

import numpy as np

from keepsight.camera.painter import Painter
from keepsight.camera.stage import Stage


def room(width=640):
    painter = Painter(width, width * 9 // 16)
    painter.rectangle((0, 0, 1280, 720), "#205070", lower_colour="#a0b060")
    return painter.finish()


def draw_everything(stage):
    stage.capsule((100, 100), (300, 240), (20, 30), "#ffffff")
    stage.polygon([(500, 100), (700, 120), (600, 300)], "#c8553d", 0.7)
    stage.ellipse((900, 300), (60, 20), "#000000", turn=0.5)
    stage.glow((1000, 600), 80, "#ffe0a0", 0.8)
    stage.stamp(np.ones((21, 33), np.float32), 40, 600, "#ffffff")
    stage.capsule((-100, -100), (5000, 900), (4, 4), "#00ff00")
    stage.ellipse((-500, -500), (20, 20), "#00ff00")


def test_clearing_takes_everything_off():
    stage = Stage(room())
    before = stage.planes.copy()
    draw_everything(stage)
    assert not np.array_equal(stage.planes.y, before.y)
    assert not np.array_equal(stage.planes.u, before.u)
    assert not np.array_equal(stage.planes.v, before.v)
    stage.clear()
    assert np.array_equal(stage.planes.y, before.y)
    assert np.array_equal(stage.planes.u, before.u)
    assert np.array_equal(stage.planes.v, before.v)


def test_the_same_picture_comes_again():
    stage = Stage(room())
    draw_everything(stage)
    first = stage.planes.copy()
    stage.clear()
    draw_everything(stage)
    assert np.array_equal(stage.planes.y, first.y)


def test_the_foreground_hides_what_moves():
    front = Painter(640, 360, is_opaque=False)
    front.rectangle((400, 0, 800, 720), "#101010")
    stage = Stage(room(), front.finish())
    hidden = stage.planes.y[180, 300]
    stage.capsule((200, 360), (1000, 360), (60, 60), "#ffffff")
    stage.cover()
    assert stage.planes.y[180, 300] == hidden < 40
    assert stage.planes.y[180, 120] > 220


def test_a_stage_of_another_size_has_the_same_coordinates():
    large, small = Stage(room(1280)), Stage(room(320))
    for stage in (large, small):
        stage.ellipse((640, 360), (200, 100), "#ffffff")
    assert large.planes.y[360, 640] == small.planes.y[90, 160] == 235
    assert large.planes.y[360, 860] < 200
    assert small.planes.y[90, 215] < 200
