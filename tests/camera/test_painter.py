"""What is painted is where and what it was told to be. Method: single shapes, looked at pixel by
pixel.
"""

import numpy as np

from keepsight.camera.canvas import rgb, to_yuv
from keepsight.camera.painter import Painter


def luma(colour):
    return round(float(to_yuv(rgb(colour))[0]))


def test_shapes_land_where_they_belong_at_any_size():
    for width in (1280, 640, 320):
        painter = Painter(width, width * 9 // 16)
        painter.rectangle((0, 0, 1280, 720), "#203040")
        painter.rectangle((320, 180, 960, 540), "#f0e0d0", radius=20)
        painter.ellipse((1120, 360), (100, 60), "#c8553d")
        painter.line((0, 700), (1280, 700), 16, "#ffffff")
        y = painter.finish().planes.y
        scale = width / 1280
        for (px, py), colour in (
            ((640, 360), "#f0e0d0"), ((100, 100), "#203040"), ((1120, 360), "#c8553d"),
            ((640, 700), "#ffffff"), ((321, 181), "#203040"),
        ):  # fmt: skip
            assert abs(int(y[int(py * scale), int(px * scale)]) - luma(colour)) <= 2


def test_a_gradient_runs_down():
    painter = Painter(320, 180)
    painter.rectangle((0, 0, 1280, 720), "#000000", lower_colour="#ffffff")
    column = painter.finish().planes.y[:, 10].astype(int)
    assert (np.diff(column) >= 0).all()
    assert column[0] < 20
    assert column[-1] > 230


def test_a_transparent_layer_is_opaque_only_where_painted():
    painter = Painter(320, 180, is_opaque=False)
    painter.rectangle((400, 200, 800, 400), "#ff0000", alpha=0.5)
    alpha = painter.finish().alpha
    assert alpha[10, 10] == 0
    assert alpha[75, 150] == 0.5


def test_light_adds_and_grain_is_repeatable():
    plain, lit, grainy = (Painter(320, 180) for _ in range(3))
    for painter in (plain, lit, grainy):
        painter.rectangle((0, 0, 1280, 720), "#404040")
    lit.glow((640, 360), (300, 200), "#ffcc88", 0.8)
    grainy.noise(0.02, 5)
    dark, bright, grain = (p.finish().planes.y.astype(int) for p in (plain, lit, grainy))
    assert bright[90, 160] > dark[90, 160] + 40
    assert bright.min() >= dark.min()
    assert grain.std() > 1


def test_shapes_outside_the_picture_are_no_error():
    painter = Painter(320, 180)
    painter.rectangle((-500, -500, -100, -100), "#ffffff")
    painter.ellipse((5000, 5000), (10, 10), "#ffffff")
    painter.line((-50, -50), (-20, -20), 4, "#ffffff")
    assert painter.finish().planes.y.max() == 16
