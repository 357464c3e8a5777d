"""EfficientDet files: goal: labels and people come out; method: the installed model on footage."""

import io
import zipfile

import numpy as np
import pytest

from keepsight.detect.detectors.efficientdet import labels_inside
from tests.detect.installed import real_detector
from tests.paths import shared_data


def test_labels_come_from_the_end_of_the_file():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("labelmap.txt", "person\nbicycle\n")
    assert labels_inside(b"network" + packed.getvalue()) == ("person", "bicycle")
    assert labels_inside(b"network") is None


def test_two_people_are_found_in_a_picture_of_two():
    av = pytest.importorskip("av")
    detector = real_detector()
    with av.open(str(shared_data("footage/pose2sim_multi.mp4"))) as container:
        frame = next(container.decode(video=0))
    picture = frame.reformat(detector.input_width, detector.input_height).to_ndarray(format="rgb24")
    people = [
        each for each in detector.detect(np.asarray(picture)[None])[0]
        if each.kind == "person" and each.confidence >= 0.5
    ]  # fmt: skip
    assert len(people) >= 2
