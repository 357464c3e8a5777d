"""Goal: H.265 payloads become exact MP4 samples. Method: hand-built packets, hypothesis."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.h265 import H265Depacketizer
from keepsight.lan.rtsp.rtp import FragmentRun
from keepsight.lan.rtsp.sps import ParameterSetError
from tests.lan.rtsp.packets import Pictures, feed, is_sample, sample

VPS = bytes.fromhex("40010c01ffff016000000300900000030000030078959809")
SPS = bytes.fromhex(
    "420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000a04"
)
PPS = bytes.fromhex("4401c172b46240")
IDR = b"\x26\x01\xaf" + bytes(range(200))
TRAIL = b"\x02\x01\xd0" + bytes(range(90))
SECOND_SLICE = b"\x02\x01\x50" + bytes(range(40))
AUD = b"\x46\x01\x50"


def depacketizer(sets=()):
    sink = Pictures()
    return H265Depacketizer(FragmentRun(), sink, list(sets)), sink


def fragments(nal, size):
    """FU payloads of a NAL unit."""
    kind, body = nal[0] >> 1 & 0x3F, nal[2:]
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    last = len(pieces) - 1
    head = bytes((nal[0] & 0x81 | 49 << 1, nal[1]))
    return [
        head + bytes((kind | (0x80 * (i == 0)) | (0x40 * (i == last)),)) + piece
        for i, piece in enumerate(pieces)
    ]


def aggregate(*nals):
    return b"\x60\x01" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def test_single_nal_units_and_their_format():
    h265, sink = depacketizer()
    for nal in (AUD, VPS, SPS, PPS):
        feed(h265, nal, 3)
    feed(h265, IDR, 3, is_marked=True)
    assert sink.pictures == [(3, sample(IDR), True, False)]
    assert sink.formats[0].parameter_sets == (VPS, SPS, PPS)
    assert (sink.formats[0].width, sink.formats[0].codec_string) == (1920, "hvc1.1.6.L120.90")


def test_aggregation_packet():
    h265, sink = depacketizer()
    feed(h265, aggregate(VPS, SPS, PPS, IDR), 3, is_marked=True)
    assert sink.samples == [sample(IDR)]
    assert len(sink.formats) == 1


def test_fragmentation_units():
    h265, sink = depacketizer([VPS, SPS, PPS])
    payloads = fragments(IDR, 11)
    for payload in payloads:
        feed(h265, payload, 3)
    feed(h265, SECOND_SLICE, 3, is_marked=True)
    assert sink.pictures == [(3, sample(IDR, SECOND_SLICE), True, False)]


def test_a_lost_fragment_drops_the_picture():
    h265, sink = depacketizer()
    payloads = fragments(IDR, 50)
    feed(h265, payloads[0], 1)
    h265.lose()
    feed(h265, payloads[-1], 1, is_marked=True)
    feed(h265, TRAIL, 2, is_marked=True)
    assert sink.pictures == [(2, sample(TRAIL), False, True)]


def test_a_second_slice_alone_is_dropped_after_a_loss():
    h265, sink = depacketizer()
    h265.lose()
    feed(h265, SECOND_SLICE, 1, is_marked=True)
    feed(h265, TRAIL, 2, is_marked=True)
    assert sink.pictures == [(2, sample(TRAIL), False, True)]


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.integers(0, 3), st.booleans())))
def test_arbitrary_payloads_raise_nothing_but_that_the_announcement_is_broken(packets):
    h265, sink = depacketizer([VPS, SPS, PPS])
    # An SPS inside the stream that cannot be read ends the connection, with that sentence.
    with contextlib.suppress(ParameterSetError):
        for payload, stamp, is_marked in packets:
            feed(h265, payload, stamp, is_marked=is_marked)
    assert all(is_sample(data) for data in sink.samples)
