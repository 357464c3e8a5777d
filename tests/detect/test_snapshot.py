"""Best pictures: goal: small, right, masked before they leave; method: decode them again."""

import io

import av
import numpy as np
import pytest

from keepsight.detect.decoder import Decoder
from keepsight.detect.jpeg import JPEG_BYTES_MAX
from keepsight.detect.masks import Veil
from keepsight.detect.snapshot import SNAPSHOT_HEIGHT_MAX, SNAPSHOT_WIDTH_MAX, snapshot
from tests.detect.stage import background, code, noisy, with_figure

LEFT_HALF = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))


def decoded(picture):
    sets, units = code([picture])
    decoder = Decoder("h264", sets)
    return decoder.decode(units[0]) or decoder.finish()


def opened(jpeg):
    with av.open(io.BytesIO(jpeg)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_it_shows_the_picture():
    jpeg = snapshot(decoded(with_figure(background(), 200, 60)), Veil(()))
    assert jpeg[:2] == b"\xff\xd8"
    picture = opened(jpeg)
    assert picture.shape == (192, 320, 3)
    red, green, _ = picture[80:110, 206:218].reshape(-1, 3).mean(axis=0)
    assert red > 150
    assert green < 80


def test_masks_are_black_in_it():
    picture = opened(snapshot(decoded(background()), Veil((LEFT_HALF,))))
    assert picture[:, :150].max() < 40
    assert picture[:, 170:].mean() > 60


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (322, 194)])
def test_large_and_busy_pictures_are_made_small(size):
    width, height = size
    bare = np.full((height, width, 3), 128, np.uint8)
    jpeg = snapshot(decoded(noisy(bare, np.random.default_rng(1), 60.0)), Veil(()))
    assert 0 < len(jpeg) <= JPEG_BYTES_MAX
    rows, columns, _ = opened(jpeg).shape
    assert columns <= SNAPSHOT_WIDTH_MAX
    assert rows <= SNAPSHOT_HEIGHT_MAX


def test_a_dark_picture_is_lifted_around_a_mask_and_never_under_it():
    dark = background() // 6
    dark[:, :160] = 255  # a lamp, hidden
    veil = Veil((((0, 0), (0.53, 0), (0.53, 1), (0, 1)),))
    lifted, plain = (
        opened(snapshot(decoded(dark), veil, is_lifted=each)) for each in (True, False)
    )
    for picture in (lifted, plain):
        assert picture[:, :160].max() < 40
    assert lifted[:, 190:].mean() > 2 * plain[:, 190:].mean()
