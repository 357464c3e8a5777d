"""RTCP (RFC 3550 section 6): what we read of it and the receiver reports we write."""

import struct
from dataclasses import dataclass
from typing import Final

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
DESCRIPTION: Final = 202
GOODBYE: Final = 203
NTP_TO_UNIX_SECONDS: Final = 2_208_988_800
PACKETS_MAX: Final = 16
"""In one compound packet."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """The camera says which of its moments belongs to which of its RTP timestamps."""

    ssrc: int
    camera_wall_us: int
    """The camera's wall clock, microseconds since 1970 UTC; 0 if it has none."""
    stamp: int
    """The 32-bit RTP timestamp of that moment."""
    ntp_middle: int
    """Middle 32 bits of the NTP time, to be returned in the next receiver report."""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The camera ends these sources."""

    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reception:
    """What one receiver report says about one source."""

    ssrc: int
    fraction_lost: int
    """Of 256."""
    packets_lost: int
    highest_sequence: int
    last_report: int
    """`ntp_middle` of the last sender report; 0 for none."""
    delay: int
    """Since that report, in 1/65536 seconds."""


def _camera_wall_us(seconds: int, fraction: int) -> int:
    if seconds == 0:
        return 0
    # Era 1 of NTP begins in 2036: a small number then means the years after it.
    if seconds < 0x80000000:
        seconds += 1 << 32
    return (seconds - NTP_TO_UNIX_SECONDS) * 1_000_000 + (fraction * 1_000_000 >> 32)


def parse_rtcp(data: bytes) -> list[SenderReport | Goodbye]:
    """Read a compound packet; stops at the first part that makes no sense."""
    found: list[SenderReport | Goodbye] = []
    start = 0
    for _ in range(PACKETS_MAX):
        if len(data) - start < 8 or data[start] >> 6 != 2:
            break
        kind, words = data[start + 1], int.from_bytes(data[start + 2 : start + 4], "big")
        stop = start + 4 + 4 * words
        if stop > len(data):
            break
        if kind == SENDER_REPORT and words >= 6:
            ssrc, seconds, fraction, stamp = struct.unpack_from(">IIII", data, start + 4)
            middle = (seconds & 0xFFFF) << 16 | fraction >> 16
            found.append(SenderReport(ssrc, _camera_wall_us(seconds, fraction), stamp, middle))
        elif kind == GOODBYE:
            count = min(data[start] & 0x1F, words)
            found.append(Goodbye(struct.unpack_from(f">{count}I", data, start + 4)))
        start = stop
    return found


def receiver_report(own_ssrc: int, receptions: list[Reception]) -> bytes:
    """A compound packet of a receiver report and a source description without a name."""
    blocks = b"".join(
        struct.pack(
            ">IIIIII",
            r.ssrc,
            r.fraction_lost << 24 | min(r.packets_lost, 0x7FFFFF),
            r.highest_sequence & 0xFFFFFFFF,
            0,  # Jitter: no camera adapts to it, and measuring costs time on every packet.
            r.last_report,
            r.delay & 0xFFFFFFFF,
        )
        for r in receptions[:31]
    )
    count = min(len(receptions), 31)
    report = struct.pack(">BBHI", 0x80 | count, RECEIVER_REPORT, 1 + 6 * count, own_ssrc)
    description = struct.pack(">BBHIBBH", 0x81, DESCRIPTION, 2, own_ssrc, 1, 0, 0)
    return report + blocks + description
