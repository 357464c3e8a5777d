"""What is hidden. Goal: every picture comes back once and in order, with the face in it hidden,
also before the first look that finds it. Method: a drawn face, the real model, red people."""

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from keepsight.detect.decoder import Picture
from keepsight.detect.faces import open_faces
from keepsight.detect.hiding import WAITING_MAX, Hiding, grown, head_of
from keepsight.detect.model import FACE_MODEL
from keepsight.detect.sight import Box
from tests.detect.drawn import drawn_face
from tests.detect.installed import need_model
from tests.detect.stage import RedEye, background, with_figure

SCALER = VideoReformatter()


@pytest.fixture
def hiding():
    need_model(FACE_MODEL)
    return Hiding(open_faces(), RedEye())


def picture(colour, second):
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(colour), format="rgb24")
    return Picture(frame, SCALER, int(second * 1e6), 0)


def run(hiding, pictures):
    given = []
    for each in pictures:
        given += hiding.put(each)
    return given + hiding.finish()


def holds(boxes, x, y):
    return any(each.left < x < each.right and each.top < y < each.bottom for each in boxes)


def test_a_face_is_hidden_in_every_picture_it_is_in(hiding):
    places = [0.3 + number * 0.008 for number in range(50)]
    film = [picture(drawn_face(640, 360, x, 0.5), n / 25) for n, x in enumerate(places)]
    given = run(hiding, film)
    assert [each.frame for each in given] == [each.frame for each in film]
    for each, x in zip(given, places, strict=True):
        for off_x, off_y in ((0, 0), (-0.07, -0.1), (0.07, 0.1)):
            assert holds(each.boxes, x + off_x, 0.5 + off_y)
    # looks are made every third picture of 40 ms at most
    assert hiding.counts.looks <= 18
    assert hiding.counts.faces == hiding.counts.looks


def test_it_is_hidden_before_it_is_first_found_and_not_long_after_it_went(hiding):
    bare = np.full((360, 640, 3), 128, np.uint8)
    face = drawn_face(640, 360, 0.5, 0.5)
    film = [picture(face if 40 <= n < 60 else bare, n / 25) for n in range(110)]
    boxes = [each.boxes for each in run(hiding, film)]
    assert all(holds(boxes[n], 0.5, 0.5) for n in range(32, 68))
    assert not boxes[20]
    assert not boxes[80]


def test_the_head_of_a_person_is_hidden_without_a_face(hiding):
    figure = with_figure(background(), 100, 60, width=36, height=100)
    given = run(hiding, [picture(figure, n / 10) for n in range(12)])
    for each in given:
        assert holds(each.boxes, 118 / 320, 70 / 192)  # the upper part of the red figure
        assert not holds(each.boxes, 118 / 320, 140 / 192)
    assert hiding.counts.heads >= 3


def test_pictures_that_wait_are_bounded(hiding):
    bare = picture(np.full((90, 160, 3), 128, np.uint8), 0)
    for number in range(200):
        bare.media_us = number * 1000
        hiding.put(bare)
        assert len(hiding._waiting) <= WAITING_MAX


def test_a_head_is_the_upper_part_of_a_person():
    standing = head_of(Box(0.4, 0.2, 0.5, 0.9), 640, 360)
    sitting = head_of(Box(0.4, 0.5, 0.6, 0.8), 640, 360)
    assert standing.top < 0.2
    assert 0.35 < standing.bottom < 0.42
    assert 0.6 < sitting.bottom < 0.68
    assert grown(Box(0, 0, 1, 1), 0.5) == Box(0, 0, 1, 1)
