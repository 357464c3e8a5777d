"""Microseconds per RTP packet from received bytes to access units, and for only copying them.

The camera: H.264 4 Mbit/s, 20 pictures a second, a keyframe every 2 s, 1400-byte packets, AAC.
Two sizes of read: 16 KiB, as loopback gives, and one packet at a time, the worst of Ethernet.
CPU time of this process, so that other work on the machine matters less.
Run: python benchmarks/ingest.py
"""

import gc
import json
import time
from typing import Any

from keepsight.lan.rtsp.message import Interleaved
from keepsight.lan.rtsp.receive import Receiver
from keepsight.lan.rtsp.rtp import FragmentRun
from keepsight.lan.rtsp.sdp import parse_sdp
from keepsight.lan.rtsp.timebase import JumpReason
from keepsight.lan.rtsp.tracks import Tracks
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat

SECONDS_OF_MEDIA = 60
PICTURES_PER_SECOND = 20
GOP_PICTURES = 40
KEYFRAME_BYTES = 120_000
PICTURE_BYTES = 22_500
PAYLOAD_BYTES_MAX = 1388
ROUNDS = 5
PACKET_MICROSECONDS_GOAL = 2.0

SDP = b"""v=0\r
s=bench\r
m=video 0 RTP/AVP 96\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 sprop-parameter-sets=Z0LAMtoAkAKOwEQAAAMABAAAAwCgPGDKgA==,aM48gA==\r
m=audio 0 RTP/AVP 97\r
a=rtpmap:97 MPEG4-GENERIC/16000/1\r
a=fmtp:97 mode=AAC-hbr;config=1408;sizelength=13;indexlength=3;indexdeltalength=3\r
"""


def rtp(payload_type: int, sequence: int, stamp: int, payload: bytes, *, is_last: bool) -> bytes:
    head = bytes((0x80, payload_type | (0x80 if is_last else 0)))
    return head + sequence.to_bytes(2, "big") + stamp.to_bytes(4, "big") + b"SSRC" + payload


def picture_payloads(kind: int, size: int) -> list[bytes]:
    body = bytes((0x80 | 0x08,)) + bytes(range(256)) * (size // 256)
    cuts = range(0, len(body), PAYLOAD_BYTES_MAX - 2)
    pieces = [body[cut : cut + PAYLOAD_BYTES_MAX - 2] for cut in cuts]
    found = []
    for index, piece in enumerate(pieces):
        flags = kind | (0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0)
        found.append(bytes((0x60 | 28, flags)) + piece)
    return found


def recording() -> tuple[bytes, int]:
    """The bytes of one camera for a minute, and how many packets they hold."""
    data = bytearray()
    packets = sequence = audio = 0
    for number in range(SECONDS_OF_MEDIA * PICTURES_PER_SECOND):
        is_key = number % GOP_PICTURES == 0
        payloads = picture_payloads(5 if is_key else 1, KEYFRAME_BYTES if is_key else PICTURE_BYTES)
        for payload in payloads:
            is_last = payload is payloads[-1]
            packet = rtp(96, sequence & 0xFFFF, number * 4500, payload, is_last=is_last)
            data += Interleaved(0, packet).to_bytes()
            sequence += 1
        while audio * 1024 / 16_000 < number / PICTURES_PER_SECOND:
            payload = b"\x00\x10" + (256 << 3).to_bytes(2, "big") + bytes(256)
            packet = rtp(97, audio & 0xFFFF, audio * 1024, payload, is_last=True)
            data += Interleaved(2, packet).to_bytes()
            audio += 1
        packets = sequence + audio
    return bytes(data), packets


class MediaClock:
    """Time passes by one unit's share with each unit, however fast the bytes are fed."""

    def __init__(self) -> None:
        units = SECONDS_OF_MEDIA * (PICTURES_PER_SECOND + 16_000 / 1024)
        self._step_us = int(SECONDS_OF_MEDIA * 1_000_000 / units)
        self._now_us = 1_000_000_000

    def wall_us(self) -> int:
        """Called once for each unit, before monotonic_us."""
        self._now_us += self._step_us
        return self._now_us

    def monotonic_us(self) -> int:
        """The same moment."""
        return self._now_us


class GopKeeper:
    """Keeps the units of the newest GOP alive, as the recorder does."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.pictures = 0

    def on_format(self, stream_format: StreamFormat) -> None:
        """Nothing to prepare."""

    def on_unit(self, unit: AccessUnit) -> None:
        """Keep it until the next keyframe."""
        if unit.is_keyframe:
            self.units.clear()
        self.pictures += unit.is_video
        self.units.append(unit)

    def on_jump(self, reason: JumpReason) -> None:
        """A recording has none."""
        raise AssertionError(reason)


class FloorReceiver(Receiver):
    """Fills chunks and looks at nothing."""

    def received(self, count: int) -> None:
        """Take the bytes as they are."""
        self._end += count
        self._begin = self._end


def seconds(receiver: Receiver, data: bytes, read_bytes: int) -> float:
    source = memoryview(data)
    start = time.process_time()
    position = 0
    while position < len(source):
        room = receiver.room()
        piece = source[position : position + min(read_bytes, len(room))]
        room[: len(piece)] = piece
        receiver.received(len(piece))
        position += len(piece)
    return time.process_time() - start


def parser() -> tuple[Receiver, GopKeeper]:
    run, keeper = FragmentRun(), GopKeeper()
    tracks = Tracks(parse_sdp(SDP), MediaClock(), keeper, run, has_sound=True)
    receiver = Receiver(run, lambda _message: None)
    receiver.add_track(0, tracks.video_rtp)
    assert tracks.audio_rtp is not None
    receiver.add_track(2, tracks.audio_rtp)
    return receiver, keeper


def measure(data: bytes, packets: int, read_bytes: int, name: str) -> dict[str, Any]:
    ours, floor = [], []
    for _ in range(ROUNDS):
        gc.collect()
        receiver, keeper = parser()
        ours.append(seconds(receiver, data, read_bytes))
        assert keeper.pictures == SECONDS_OF_MEDIA * PICTURES_PER_SECOND
        floor.append(seconds(FloorReceiver(FragmentRun(), lambda _m: None), data, read_bytes))
    value, peer = min(ours) / packets * 1e6, min(floor) / packets * 1e6
    return {
        "bench": f"ingest.packet_{name}",
        "value": round(value, 3),
        "unit": "us per RTP packet",
        "peer": "copying the bytes unparsed",
        "peer_value": round(peer, 3),
        "ratio": round(value / peer, 2),
        "goal": f"at most {PACKET_MICROSECONDS_GOAL} us above the copy",
        "met": value - peer <= PACKET_MICROSECONDS_GOAL,
    }


def run() -> list[dict[str, Any]]:
    """All measurements of this file; each the best of ROUNDS."""
    data, packets = recording()
    results = [
        measure(data, packets, 16 * 1024, "in_16_kib_reads"),
        measure(data, packets, 1416, "one_by_one"),
    ]
    bytes_per_second = len(data) / packets / results[0]["value"] * 1e6
    results.append(
        {
            "bench": "ingest.throughput",
            "value": round(bytes_per_second / 1e9, 2),
            "unit": "GB/s",
            "peer": "copying the bytes unparsed",
            "peer_value": round(len(data) / packets / results[0]["peer_value"] / 1e3, 2),
            "ratio": round(results[0]["ratio"], 2),
            "goal": "at least 0.5 GB/s",
            "met": bytes_per_second >= 0.5e9,
        }
    )
    return results


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
