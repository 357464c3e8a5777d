"""Best pictures: goal: small, right, masked before they leave; method: decode them again."""

import io

import av
import numpy as np
import pytest

from keepsight.detect.decoder import Decoder
from keepsight.detect.snapshot import SNAPSHOT_BYTES_MAX, SNAPSHOT_WIDTH_MAX, snapshot
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
    jpeg = snapshot(decoded(with_figure(background(), 200, 60)), ())
    assert jpeg[:2] == b"\xff\xd8"
    picture = opened(jpeg)
    assert picture.shape == (192, 320, 3)
    red, green, _ = picture[80:110, 206:218].reshape(-1, 3).mean(axis=0)
    assert red > 150
    assert green < 80


def test_masks_are_black_in_it():
    picture = opened(snapshot(decoded(background()), (LEFT_HALF,)))
    assert picture[:, :150].max() < 40
    assert picture[:, 170:].mean() > 60


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (322, 194)])
def test_large_and_busy_pictures_are_made_small(size):
    width, height = size
    bare = np.full((height, width, 3), 128, np.uint8)
    jpeg = snapshot(decoded(noisy(bare, np.random.default_rng(1), 60.0)), ())
    assert 0 < len(jpeg) <= SNAPSHOT_BYTES_MAX
    assert opened(jpeg).shape[1] <= SNAPSHOT_WIDTH_MAX
