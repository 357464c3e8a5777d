"""Goal: parameter sets and unfinished pictures stay within their bounds. Method: floods of each."""

import pytest

from keepsight.lan.rtsp import picture
from keepsight.lan.rtsp.h264 import H264Depacketizer
from keepsight.lan.rtsp.picture import PARAMETER_SETS_MAX, PICTURE_CHUNKS_MAX
from keepsight.lan.rtsp.rtp import FragmentRun
from keepsight.lan.rtsp.sps import ParameterSetError
from tests.lan.rtsp.packets import Pictures, feed, sample
from tests.lan.rtsp.test_h264 import IDR, PPS, SLICE, SPS
from tests.lan.rtsp.test_sps import baseline_sps, exp_golomb


def depacketizer(sets=()):
    sink = Pictures()
    return H264Depacketizer(FragmentRun(), sink, list(sets)), sink


def pps(number):
    bits = exp_golomb(number) + "1" * 9
    bits += "0" * (-len(bits) % 8)
    return b"\x68" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_parameter_sets_are_bounded():
    h264, sink = depacketizer([SPS])
    for number in range(200):
        h264.add_parameter_set(pps(number))
    feed(h264, IDR, 1, is_marked=True)
    assert len(sink.formats[0].parameter_sets) == PARAMETER_SETS_MAX


def test_several_sets_keep_the_order_of_their_ids():
    h264, _ = depacketizer([pps(1), SPS, pps(0)])
    assert h264.announced_format().parameter_sets == (SPS, pps(0), pps(1))


def test_broken_sets_are_left_out():
    h264, _ = depacketizer([b"", b"\x67", b"\x68" + bytes(5000), b"\x41abc"])
    assert h264.announced_format() is None


def test_absurd_pictures_are_an_error_at_their_keyframe():
    h264, _ = depacketizer([SPS, PPS])
    feed(h264, IDR, 1, is_marked=True)
    feed(h264, baseline_sps(5000, 5000), 2)
    with pytest.raises(ParameterSetError):
        feed(h264, IDR, 2, is_marked=True)


def test_an_unfinished_picture_keeps_few_chunks_alive():
    h264, sink = depacketizer()
    feed(h264, SLICE, 1)
    for _ in range(PICTURE_CHUNKS_MAX + 1):
        h264.on_chunk()
    assert h264._parts == []
    feed(h264, SLICE, 2, is_marked=True)
    assert sink.pictures == [(2, sample(SLICE), False, True)]


def test_a_picture_that_is_too_large_is_dropped(monkeypatch):
    monkeypatch.setattr(picture, "PICTURE_BYTES_MAX", 100)
    h264, sink = depacketizer()
    feed(h264, b"\x7c\x85\x88" + bytes(90), 1)
    feed(h264, b"\x7c\x45" + bytes(90), 1, is_marked=True)
    feed(h264, SLICE[:50], 2, is_marked=True)
    assert [stamp for stamp, _, _, _ in sink.pictures] == [2]
