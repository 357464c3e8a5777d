"""The house stands where its door is. Method: paint it alone and look for the door's colour."""

from keepsight.camera.canvas import rgb, to_yuv
from keepsight.camera.painter import Painter
from keepsight.camera.scenes.house import paint_house


def test_the_door_is_teal_and_the_windows_are_lit():
    painter = Painter(1280, 720)
    paint_house(painter)
    y = painter.finish().planes.y
    assert abs(int(y[500, 822]) - float(to_yuv(rgb("#266a6c"))[0])) < 14
    assert y[400, 640] > 150
    assert y[100, 100] == 16
