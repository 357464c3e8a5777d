"""The quantiser in slice headers: goal: what the encoder used; method: x264 told which to use."""

from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect.slices import read_layout, read_quantiser
from tests.detect.stage import split, walk


def coded(quantiser, options):
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 192, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 10), Fraction(10)
    encoder.options = {"x264-params": f"qp={quantiser}:ipratio=1:pbratio=1:threads=1", **options}
    nals = []
    for number, picture in enumerate(walk(1.2, enters=0.2, leaves=1)):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        nals += [nal for packet in encoder.encode(frame) for nal in split(bytes(packet))]
    return nals + [nal for packet in encoder.encode(None) for nal in split(bytes(packet))]


@pytest.mark.parametrize("quantiser", [18, 26, 41])
@pytest.mark.parametrize(
    "options",
    [
        {"preset": "ultrafast", "profile": "baseline"},
        {"preset": "medium", "bf": "3"},
        {"preset": "slow", "bf": "2", "weightp": "2", "refs": "5"},
        {"preset": "fast", "flags": "+ildct+ilme"},
    ],
    ids=["baseline", "b-pictures", "weighted", "interlaced"],
)
def test_it_is_what_the_encoder_was_told(quantiser, options):
    nals = coded(quantiser, options)
    sets = tuple(nal for nal in nals if nal[0] & 0x1F in (7, 8))[:2]
    layout = read_layout(sets)
    found = {read_quantiser(layout, nal) for nal in nals if nal[0] & 0x1F == 1}
    assert found == {quantiser}
    assert {read_quantiser(layout, nal) for nal in nals if nal[0] & 0x1F == 5} == {None}


def test_sets_that_are_missing_or_too_many_give_no_layout():
    nals = coded(26, {"preset": "ultrafast"})
    sps, pps = (next(nal for nal in nals if nal[0] & 0x1F == kind) for kind in (7, 8))
    assert read_layout((sps, pps)) is not None
    for sets in ((), (sps,), (pps,), (sps, pps, pps), (sps[:4], pps), (sps, pps[:1])):
        assert read_layout(sets) is None


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_foreign_bytes_never_raise(sps, pps, nal):
    layout = read_layout((b"\x67" + sps, b"\x68" + pps))
    if layout is not None:
        read_quantiser(layout, b"\x41" + nal)
    good = read_layout(GOOD)
    answer = read_quantiser(good, b"\x41" + nal)
    assert answer is None or -48 <= answer <= 51


GOOD = tuple(nal for nal in coded(26, {"preset": "medium"}) if nal[0] & 0x1F in (7, 8))[:2]
