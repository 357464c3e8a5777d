"""Goal: sender reports and goodbyes are read, receiver reports are right. Method: bytes by hand."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.rtcp import (
    Goodbye,
    Reception,
    SenderReport,
    parse_rtcp,
    receiver_report,
)


def sender_report(seconds, fraction, stamp, ssrc=7):
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, ssrc, seconds, fraction, stamp, 5, 6)


def test_a_compound_packet():
    goodbye = struct.pack(">BBHI", 0x81, 203, 1, 7)
    found = parse_rtcp(sender_report(2_208_988_800 + 10, 1 << 31, 900) + goodbye)
    middle = ((2_208_988_810 & 0xFFFF) << 16) | 0x8000
    assert found == [SenderReport(7, 10_500_000, 900, middle), Goodbye((7,))]


def test_a_camera_without_a_clock_says_zero():
    assert parse_rtcp(sender_report(0, 5, 1))[0].camera_wall_us == 0


def test_the_next_ntp_era_follows_this_one():
    assert (
        parse_rtcp(sender_report(1, 0, 1))[0].camera_wall_us == (2**32 + 1 - 2_208_988_800) * 10**6
    )


def test_receiver_report_layout():
    data = receiver_report(1, [Reception(7, 128, 3, 70_000, 0xAABBCCDD, 65_536)])
    assert len(data) % 4 == 0
    assert struct.unpack_from(">BBHI", data) == (0x81, 201, 7, 1)
    assert struct.unpack_from(">IIIIII", data, 8) == (
        7, 128 << 24 | 3, 70_000, 0, 0xAABBCCDD, 65_536,
    )  # fmt: skip
    assert data[33] == 202


@given(st.binary(max_size=120))
def test_arbitrary_bytes_raise_nothing(data):
    for prefix in (b"", b"\x80\xc8\x00\x06", b"\x9f\xcb\x00\x01"):
        parse_rtcp(prefix + data)
