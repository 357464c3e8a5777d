"""Sender reports say the right time in the right layout. Method: read the bytes by RFC 3550."""

import struct

from keepsight.camera.rtcp import SenderState, goodbye, ntp_time, sender_report


def test_ntp_time():
    assert ntp_time(0) >> 32 == 2_208_988_800
    half = ntp_time(1_500_000)
    assert half >> 32 == 2_208_988_801
    assert half & 0xFFFFFFFF == 1 << 31


def test_report_and_description_fill_whole_words():
    state = SenderState(0xAABBCCDD, 1_700_000_000_250_000, 0xFFFFFFFF, 1 << 33, 7)
    data = sender_report(state, "door")
    first, kind, words, ssrc, ntp, ticks, packets, octets = struct.unpack_from(">BBHIQIII", data)
    assert (first, kind, words, ssrc) == (0x80, 200, 6, 0xAABBCCDD)
    assert ntp == ntp_time(state.wall_us)
    assert (ticks, packets, octets) == (0xFFFFFFFF, 0, 7)
    rest = data[28:]
    assert rest[:2] == b"\x81\xca"
    assert len(rest) == 4 * (int.from_bytes(rest[2:4]) + 1)
    assert rest[8:14] == b"\x01\x04door"


def test_goodbye_is_a_compound_packet():
    data = goodbye(5)
    assert (data[1], data[9]) == (201, 203)
    assert len(data) == 16
