"""Faces. Goal: those in the footage are found, and something that is no face model is refused.
Method: the real model, where it is installed, on the indoor clip; broken outputs by hand."""

from itertools import pairwise

import av
import numpy as np
import pytest

from keepsight.detect.detector import DetectorError
from keepsight.detect.faces import (
    INPUT_PIXELS,
    STRIDES,
    WINDOWS_MAX,
    FaceFinder,
    _rows,
    each_once,
    open_faces,
    windows_of,
)
from keepsight.detect.model import FACE_MODEL, find_model
from keepsight.detect.sight import Box, Detection
from tests.detect.drawn import drawn_face
from tests.detect.installed import need_model
from tests.paths import shared_data


@pytest.fixture(scope="module")
def finder():
    need_model(FACE_MODEL)
    return open_faces()


def nothing():
    found = {}
    for stride in STRIDES:
        cells = (INPUT_PIXELS // stride) ** 2
        for name, size in (("cls", 1), ("obj", 1), ("bbox", 4)):
            found[f"{name}_{stride}"] = np.zeros((1, cells, size), np.float32)
    return found


def test_a_drawn_face_is_found_where_it_is(finder):
    for width, height, x, y in ((640, 360, 0.3, 0.5), (1280, 720, 0.8, 0.4), (360, 640, 0.5, 0.7)):
        picture = drawn_face(width, height, x, y)
        (face, *others) = finder.find(picture)
        assert not others
        assert abs(face.box.centre[0] - x) < 0.06
        assert abs(face.box.centre[1] - y) < 0.06


def test_an_empty_picture_has_none(finder):
    assert finder.find(np.full((360, 640, 3), 128, np.uint8)) == []
    assert finder.find(np.zeros((2, 2, 3), np.uint8)) == []


def test_faces_of_the_indoor_clip_are_found(finder):
    film = shared_data("footage/intel_one-by-one-person-detection.mp4")
    looks = found = 0
    with av.open(str(film)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % 60 == 0:
                looks += 1
                found += bool(finder.find(frame.to_ndarray(format="rgb24")))
    assert looks > 20
    assert found >= 3


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (640, 640), (3840, 540), (10000, 100)])
def test_windows_cover_the_picture(size):
    windows = windows_of(*size)
    assert len(windows) <= WINDOWS_MAX
    assert min(each.left for each in windows) == min(each.top for each in windows) == 0
    assert max(each.right for each in windows) == pytest.approx(1)
    assert max(each.bottom for each in windows) == pytest.approx(1)
    if max(size) / min(size) <= WINDOWS_MAX:
        begins = sorted(each.left + each.top for each in windows)
        share = min(size) / max(size)
        assert all(b - a <= share + 1e-9 for a, b in pairwise(begins))


def test_outputs_are_read_by_the_models_own_grid():
    outputs = nothing()
    at = 20 * 40 + 10  # row 20, column 10 of stride 16
    outputs["cls_16"][0, at] = outputs["obj_16"][0, at] = 0.81
    outputs["bbox_16"][0, at] = (0.5, 0.5, np.log(4), np.log(6))
    (face,) = _rows(outputs)
    assert face.confidence == pytest.approx(0.81, abs=1e-3)
    assert face.box.centre == pytest.approx((10.5 * 16 / 640, 20.5 * 16 / 640))
    assert (face.box.width * 640, face.box.height * 640) == pytest.approx((64, 96))


def test_nonsense_of_a_model_is_refused_or_left_out():
    assert _rows(nothing()) == []
    wild = nothing()
    for name in wild:
        wild[name][:] = np.nan if name.startswith("bbox") else 1.0
    assert _rows(wild) == []
    short = {**nothing(), "cls_8": np.zeros((1, 7, 1), np.float32)}
    with pytest.raises(DetectorError):
        _rows(short)


def test_one_over_the_other_is_one():
    a = Detection("face", 0.9, Box(0.1, 0.1, 0.3, 0.3))
    b = Detection("face", 0.5, Box(0.12, 0.1, 0.32, 0.3))
    c = Detection("face", 0.6, Box(0.6, 0.1, 0.8, 0.3))
    assert each_once([b, a, c]) == [a, c]


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(DetectorError):
        FaceFinder(b"nothing of the kind")
    with pytest.raises(DetectorError, match="models install yunet"):
        open_faces(tmp_path)
    assert find_model(FACE_MODEL).role == "faces"
