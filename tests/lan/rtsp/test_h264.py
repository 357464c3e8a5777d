"""Goal: H.264 payloads become exact MP4 samples. Method: hand-built packets, hypothesis."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keepsight.lan.rtsp.h264 import H264Depacketizer
from keepsight.lan.rtsp.rtp import FragmentRun
from keepsight.lan.rtsp.sps import ParameterSetError
from tests.lan.rtsp.packets import Pictures, feed, is_sample, sample

IDR = b"\x65\x88" + bytes(range(200))
SLICE = b"\x41\x9a" + bytes(range(100))
SECOND_SLICE = b"\x41\x1a" + bytes(range(50))
SPS = bytes.fromhex("67640028acd940780227e5c044000003000400000300a03c60c658")
PPS = bytes.fromhex("68ebe3cb22c0")
AUD = b"\x09\x10"
SEI = b"\x06\x05\x01\x00\x80"


def depacketizer(sets=()):
    sink = Pictures()
    return H264Depacketizer(FragmentRun(), sink, list(sets)), sink


def fragments(nal, size):
    """FU-A payloads of a NAL unit."""
    body = nal[1:]
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    last = len(pieces) - 1
    return [
        bytes((nal[0] & 0x60 | 28, nal[0] & 0x1F | (0x80 * (i == 0)) | (0x40 * (i == last)))) + p
        for i, p in enumerate(pieces)
    ]


def aggregate(*nals):
    return b"\x78" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def test_single_nal_unit():
    h264, sink = depacketizer()
    feed(h264, IDR, 1, is_marked=True)
    assert sink.pictures == [(1, sample(IDR), True, False)]


def test_fragments_are_put_together():
    h264, sink = depacketizer()
    payloads = fragments(IDR, 7)
    for payload in payloads:
        feed(h264, payload, 5, is_marked=payload is payloads[-1])
    assert sink.pictures == [(5, sample(IDR), True, False)]


def test_two_slices_are_one_picture():
    h264, sink = depacketizer()
    feed(h264, SLICE, 5)
    for payload in fragments(SECOND_SLICE, 10):
        feed(h264, payload, 5)
    feed(h264, SEI, 5, is_marked=True)
    assert sink.samples == [sample(SLICE, SECOND_SLICE, SEI)]


def test_aggregate_with_parameter_sets_gives_format_and_bare_picture():
    h264, sink = depacketizer()
    feed(h264, aggregate(AUD, SPS, PPS, SEI, IDR), 9, is_marked=True)
    assert sink.samples == [sample(SEI, IDR)]
    assert [(f.width, f.height, f.parameter_sets) for f in sink.formats] == [
        (1920, 1080, (SPS, PPS))
    ]
    assert (sink.formats[0].codec_string, sink.reorder) == ("avc1.640028", 2)


def test_the_same_parameter_sets_again_are_no_new_format():
    h264, sink = depacketizer([SPS, PPS])
    for stamp in (1, 2, 3):
        feed(h264, aggregate(SPS, PPS), stamp)
        feed(h264, IDR, stamp, is_marked=True)
    assert len(sink.formats) == 1
    assert sink.samples == [sample(IDR)] * 3


def test_a_changed_parameter_set_is_a_new_format_at_the_next_keyframe():
    h264, sink = depacketizer([SPS, PPS])
    feed(h264, IDR, 1, is_marked=True)
    changed = PPS[:-2] + b"\x24\xc0"
    feed(h264, changed, 2)
    feed(h264, SLICE, 2, is_marked=True)
    assert len(sink.formats) == 1
    feed(h264, IDR, 3, is_marked=True)
    assert sink.formats[1].parameter_sets == (SPS, changed)


def test_fragmented_parameter_set_is_taken_out_too():
    h264, sink = depacketizer()
    for payload in fragments(SPS, 10):
        feed(h264, payload, 4)
    feed(h264, PPS, 4)
    feed(h264, IDR, 4, is_marked=True)
    assert sink.samples == [sample(IDR)]
    assert sink.formats[0].parameter_sets == (SPS, PPS)


def test_without_markers_the_timestamp_ends_a_picture():
    h264, sink = depacketizer()
    for stamp in (1, 2, 3):
        feed(h264, SLICE, stamp)
    assert sink.pictures == [(s, sample(SLICE), False, False) for s in (1, 2)]


def test_a_camera_that_marks_every_nal_unit_is_found_out():
    h264, sink = depacketizer()
    for stamp in range(1, 6):
        feed(h264, SLICE, stamp, is_marked=True)
        feed(h264, SECOND_SLICE, stamp, is_marked=True)
    whole = sample(SLICE, SECOND_SLICE)
    assert [s for _, s, _, _ in sink.pictures[1:]] == [whole, whole, whole]
    assert sink.pictures[1][3], "the first picture was torn, and the next one says so"


def test_a_marker_on_parameter_sets_alone_ends_nothing():
    h264, sink = depacketizer()
    feed(h264, SPS, 4, is_marked=True)
    feed(h264, PPS, 4, is_marked=True)
    feed(h264, IDR, 4, is_marked=True)
    assert sink.samples == [sample(IDR)]


def test_a_loss_inside_a_picture_drops_it_and_marks_the_next():
    h264, sink = depacketizer()
    payloads = fragments(IDR, 50)
    feed(h264, payloads[0], 1)
    h264.lose()
    feed(h264, payloads[-1], 1, is_marked=True)
    feed(h264, SLICE, 2, is_marked=True)
    feed(h264, SLICE, 3, is_marked=True)
    assert sink.pictures == [(2, sample(SLICE), False, True), (3, sample(SLICE), False, False)]
    assert h264.dropped == 1


def test_a_loss_of_a_first_slice_drops_the_picture():
    h264, sink = depacketizer()
    feed(h264, SLICE, 1, is_marked=True)
    h264.lose()
    feed(h264, SECOND_SLICE, 2, is_marked=True)
    feed(h264, SLICE, 3, is_marked=True)
    assert [(p[0], p[3]) for p in sink.pictures] == [(1, False), (3, True)]


def test_a_loss_between_pictures_only_marks():
    h264, sink = depacketizer()
    feed(h264, SLICE, 1, is_marked=True)
    h264.lose()
    feed(h264, SLICE, 2, is_marked=True)
    assert [(p[0], p[3]) for p in sink.pictures] == [(1, False), (2, True)]


def test_a_lost_marker_drops_the_unfinished_picture():
    h264, sink = depacketizer()
    feed(h264, SLICE, 1)
    h264.lose()
    feed(h264, SLICE, 2, is_marked=True)
    assert [(p[0], p[3]) for p in sink.pictures] == [(2, True)]


@pytest.mark.parametrize(
    "payload",
    [b"\x7c\x85", b"\x7c\x05\x01", b"\x78\x00\xff\x41", b"\x79\x00\x00\x41\x9a\x00", b"\x7d\x85aa"],
)
def test_broken_payloads_spoil_only_their_picture(payload):
    h264, sink = depacketizer()
    feed(h264, SLICE, 1)
    feed(h264, payload, 1, is_marked=True)
    feed(h264, SLICE, 2, is_marked=True)
    assert sink.pictures == [(2, sample(SLICE), False, True)]


def test_an_endless_picture_is_given_up():
    h264, sink = depacketizer()
    feed(h264, b"\x7c\x85\x88", 1)
    for _ in range(9000):
        feed(h264, b"\x7c\x05\x00", 1)
    for _ in range(40):
        h264.on_chunk()
    assert len(h264._parts) == 0
    feed(h264, b"\x7c\x45\x00", 1, is_marked=True)
    feed(h264, SLICE, 2, is_marked=True)
    assert sink.pictures == [(2, sample(SLICE), False, True)]


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.integers(0, 3), st.booleans())))
@example([(b"\x67\x00\x00\x00\x80", 0, False), (SLICE, 0, True)])
def test_arbitrary_payloads_raise_nothing_but_that_the_announcement_is_broken(packets):
    h264, sink = depacketizer([SPS, PPS])
    # An SPS inside the stream that cannot be read ends the connection, with that sentence.
    with contextlib.suppress(ParameterSetError):
        for payload, stamp, is_marked in packets:
            feed(h264, payload, stamp, is_marked=is_marked)
    assert all(is_sample(data) for data in sink.samples)
