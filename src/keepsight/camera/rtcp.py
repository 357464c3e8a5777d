"""RTCP sender reports (RFC 3550, 6.4): which RTP time is which wall time."""

import struct
from dataclasses import dataclass
from typing import Final

NTP_EPOCH_SECONDS: Final = 2_208_988_800
"""From 1900 to 1970."""
REPORT_SECONDS: Final = 5
_SENDER_REPORT: Final = struct.Struct(">BBHIQIII")
_RECEIVER_REPORT_TYPE: Final = 201
_SENDER_REPORT_TYPE: Final = 200
_DESCRIPTION_TYPE: Final = 202
_GOODBYE_TYPE: Final = 203


@dataclass(frozen=True, slots=True)
class SenderState:
    """What a report says."""

    ssrc: int
    wall_us: int
    rtp_ticks: int
    """The RTP time of wall_us."""
    packets: int
    payload_bytes: int


def ntp_time(wall_us: int) -> int:
    """64-bit NTP time: seconds since 1900 and a 32-bit fraction."""
    seconds, rest_us = divmod(wall_us, 1_000_000)
    return ((seconds + NTP_EPOCH_SECONDS) & 0xFFFFFFFF) << 32 | (rest_us << 32) // 1_000_000


def _description(ssrc: int, name: str) -> bytes:
    text = name.encode()[:255]
    item = bytes((1, len(text))) + text + b"\0"
    item += b"\0" * (-len(item) % 4)
    return struct.pack(">BBHI", 0x81, _DESCRIPTION_TYPE, 1 + len(item) // 4, ssrc) + item


def sender_report(state: SenderState, name: str) -> bytes:
    """A compound packet: sender report and source description with CNAME `name`."""
    report = _SENDER_REPORT.pack(
        0x80,
        _SENDER_REPORT_TYPE,
        6,
        state.ssrc,
        ntp_time(state.wall_us),
        state.rtp_ticks,
        state.packets & 0xFFFFFFFF,
        state.payload_bytes & 0xFFFFFFFF,
    )
    return report + _description(state.ssrc, name)


def goodbye(ssrc: int) -> bytes:
    """An empty receiver report and BYE: this source ends."""
    return struct.pack(">BBHI", 0x80, _RECEIVER_REPORT_TYPE, 1, ssrc) + struct.pack(
        ">BBHI", 0x81, _GOODBYE_TYPE, 1, ssrc
    )
