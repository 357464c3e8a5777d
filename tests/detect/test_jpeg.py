"""Small pictures as JPEG. Goal: right, and within the bound. Method: decode them again."""

import io

import av
import numpy as np

from keepsight.detect import jpeg
from keepsight.detect.jpeg import JPEG_BYTES_MAX, jpeg_of
from tests.detect.stage import background


def opened(coded):
    with av.open(io.BytesIO(coded)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_it_is_the_picture():
    coded = jpeg_of(background())
    assert coded.startswith(b"\xff\xd8")
    assert coded.endswith(b"\xff\xd9")
    assert np.abs(opened(coded).astype(int) - background()).mean() < 6


def test_a_busy_picture_is_made_coarser_until_it_fits_and_else_there_is_none(monkeypatch):
    noise = np.random.default_rng(1).integers(0, 256, (640, 960, 3), np.uint8)
    fine = jpeg_of(noise)
    assert 0 < len(fine) <= JPEG_BYTES_MAX
    monkeypatch.setattr(jpeg, "JPEG_BYTES_MAX", 100)
    assert jpeg_of(noise) == b""
