"""Moments and pictures for tests of scenes."""

from datetime import UTC, datetime, timedelta

import numpy as np

from keepsight.camera.scene import Caption, Picture

START = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
CAPTION = Caption("Test", b"abcdef", 1)


def at(seconds):
    return START + timedelta(seconds=seconds)


def film(scene, seconds, *, width=640, seed=1):
    """Luma of pictures at these moments."""
    picture = Picture(scene, CAPTION, width, width * 9 // 16, seed)
    return [picture.draw(at(second), 0).y.copy() for second in seconds]


def changed(one, other, threshold=12):
    """The part of the picture that differs."""
    return float((np.abs(one.astype(int) - other.astype(int)) > threshold).mean())
