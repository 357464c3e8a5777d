"""The mark is read back from pictures as screens show them. Method: encode to H.264 at two sizes
and two bitrates, scale, shift, dim, and look for false readings in noise.
"""

import av
import numpy as np
import pytest

from keepsight.camera.drawn import to_frame
from keepsight.camera.encode import VideoEncoder, VideoShape
from keepsight.camera.mark import Mark, decode, draw, encode, plate
from keepsight.camera.scene import SCENES, Caption, Picture, find_scene
from tests.camera.scenes.views import at

MARK = Mark(b"\x00\xffabc\x80", 513, 0xFEDCBA98)


def picture(width=1280, height=720, mark=MARK, ground=128):
    luma = np.full((height, width), ground, np.uint8)
    draw(luma, mark)
    return luma


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (1920, 1080), (320, 180), (640, 480)])
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_round_trip(size, ground):
    assert decode(picture(*size, ground=ground)) == MARK


@pytest.mark.parametrize("value", [0, 1, (1 << 32) - 1, 1 << 32])
def test_any_content_has_light_and_dark_cells(value):
    for household in (bytes(6), b"\xff" * 6):
        mark = Mark(household, 0, value)
        cells = encode(mark)
        assert 0.2 < cells.mean() < 0.8
        assert decode(picture(mark=mark)) == Mark(household, 0, value & 0xFFFFFFFF)


def test_bad_marks_are_refused():
    for mark in (Mark(b"short", 1, 1), Mark(bytes(6), 1 << 16, 1), Mark(bytes(6), -1, 1)):
        with pytest.raises(ValueError, match="6 bytes"):
            encode(mark)


@pytest.mark.parametrize("scene", list(SCENES))
@pytest.mark.parametrize("shape", [(1280, 720, 1_500_000), (640, 360, 300_000)])
def test_survives_h264(scene, shape):
    width, height, bits = shape
    drawn = Picture(find_scene(scene), Caption("Test", MARK.household, MARK.camera), 1280, 720, 1)
    encoder = VideoEncoder(VideoShape(width, height, 15, bits))
    decoder = av.CodecContext.create("h264", "r")
    read = []
    for number in range(40):
        frame = to_frame(drawn.draw(at(number / 15), number)).reformat(width, height)
        for encoded in encoder.encode(frame, number * 6000):
            data = b"".join(b"\x00\x00\x00\x01" + unit for unit in encoded.units)
            read += [decode(f.to_ndarray(format="gray")) for f in decoder.decode(av.Packet(data))]
    read += [decode(f.to_ndarray(format="gray")) for f in decoder.decode(None)]
    assert [mark and mark.frame for mark in read] == list(range(40))


@pytest.mark.parametrize("width", [400, 517, 853, 1013, 1600])
def test_survives_scaling_and_rgb(width):
    frame = av.VideoFrame.from_ndarray(picture(), format="gray").reformat(
        width, round(width * 9 / 16), "rgb24"
    )
    assert decode(frame.to_ndarray()) == MARK


def test_survives_a_pixel_of_shift_and_a_dim_screen():
    luma = picture()
    assert decode(np.roll(luma, (2, -2), axis=(0, 1))) == MARK
    dim = (luma.astype(np.float32) * 0.5 + 20).astype(np.uint8)
    assert decode(dim) == MARK
    noisy = luma + np.random.default_rng(1).normal(0, 18, luma.shape)
    assert decode(np.clip(noisy, 0, 255).astype(np.uint8)) == MARK


def test_no_mark_is_no_mark():
    chance = np.random.default_rng(2)
    assert decode(np.full((720, 1280), 90, np.uint8)) is None
    assert decode(np.zeros((10, 10), np.uint8)) is None
    for _ in range(30):
        assert decode(chance.integers(0, 256, (360, 640), np.uint8)) is None
    flipped = picture()
    left, top, right, bottom = plate(1280, 720)
    assert (right - left, bottom - top) == (340, 60)
    flipped[top + 10 : top + 20, left + 10 : left + 20] = 255 - flipped[top + 15, left + 15]
    assert decode(flipped) is None
