"""Packets hold exactly what was put in, within the MTU. Method: take them apart by the RFCs and
compare.
"""

import itertools
import secrets

import pytest

from keepsight.camera.media import AudioTrack, VideoTrack
from keepsight.camera.packetize import (
    MTU_BYTES_MIN,
    RtpWriter,
    VideoPacketizer,
    audio_packetizer,
    audio_payload_type,
)
from tests.camera.client import parse_rtp


def unit(codec, kind, size):
    head = bytes((0x60 | kind,)) if codec == "h264" else bytes((kind << 1, 1))
    return head + secrets.token_bytes(size - len(head))


def take_apart(codec, packets):
    """NAL units again, by RFC 6184 and RFC 7798."""
    units, partial = [], b""
    head, aggregate, fragment = (1, 24, 28) if codec == "h264" else (2, 48, 49)
    for payload in (parse_rtp(packet).payload for packet in packets):
        kind = payload[0] & 31 if codec == "h264" else payload[0] >> 1 & 63
        if kind == aggregate:
            rest = payload[head:]
            while rest:
                size = int.from_bytes(rest[:2])
                units.append(rest[2 : 2 + size])
                rest = rest[2 + size :]
        elif kind == fragment:
            bits = payload[head]
            if bits & 0x80:
                if codec == "h264":
                    partial = bytes((payload[0] & 0xE0 | bits & 31,))
                else:
                    partial = bytes((payload[0] & 0x81 | (bits & 63) << 1, payload[1]))
            partial += payload[head + 1 :]
            if bits & 0x40:
                units.append(partial)
        else:
            units.append(payload)
    return units


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("mtu", [MTU_BYTES_MIN, 576, 1400])
@pytest.mark.parametrize("is_aggregating", [False, True])
def test_video_survives(codec, mtu, is_aggregating):
    kinds = (7, 8, 5) if codec == "h264" else (32, 33, 34, 19)
    sizes = (20, 8, 5000) if codec == "h264" else (24, 40, 9, 5000)
    units = tuple(unit(codec, k, s) for k, s in zip(kinds, sizes, strict=True))
    units += tuple(unit(codec, 1, mtu - 12 + n) for n in (-1, 0, 1))
    track = VideoTrack(codec, (), 16, 16, 20.0)
    packetizer = VideoPacketizer(track, RtpWriter(96), mtu_bytes=mtu, is_aggregating=is_aggregating)
    packets = packetizer.packets(units, 3000)
    assert take_apart(codec, packets) == list(units)
    assert max(len(packet) for packet in packets) <= mtu
    marks = [parse_rtp(packet).is_marked for packet in packets]
    assert marks == [False] * (len(packets) - 1) + [True]
    first = parse_rtp(packets[0]).payload[0]
    kind = first & 31 if codec == "h264" else first >> 1 & 63
    fits = codec == "h264" or mtu > MTU_BYTES_MIN
    assert (kind in (24, 48)) == (is_aggregating and fits)


def test_sequence_and_time_wrap():
    writer = RtpWriter(96, ticks_offset=0xFFFFFFF0, sequence=0xFFFE)
    packets = [parse_rtp(p) for p in writer.write([(b"a", False)] * 4, 0x20)]
    assert [p.sequence for p in packets] == [0xFFFE, 0xFFFF, 0, 1]
    assert {p.ticks for p in packets} == {0x10}
    assert (writer.packets, writer.payload_bytes) == (4, 4)


@pytest.mark.parametrize("size", [10, 300, 4000])
def test_aac_carries_its_size_and_is_cut_when_too_large(size):
    frame = secrets.token_bytes(size)
    packetizer = audio_packetizer(AudioTrack("aac", 16_000, 1, b"\x14\x08"), mtu_bytes=576)
    packets = [parse_rtp(p) for p in packetizer.packets((frame,), 0)]
    assert b"".join(p.payload[4:] for p in packets) == frame
    assert {int.from_bytes(p.payload[:2]) for p in packets} == {16}
    assert {int.from_bytes(p.payload[2:4]) >> 3 for p in packets} == {size}
    assert [p.is_marked for p in packets] == [False] * (len(packets) - 1) + [True]


def test_g711_is_cut_between_samples():
    packetizer = audio_packetizer(AudioTrack("pcma", 8_000, 1), mtu_bytes=172)
    frame = secrets.token_bytes(400)
    packets = [parse_rtp(p) for p in packetizer.packets((frame,), 0)]
    assert b"".join(p.payload for p in packets) == frame
    assert [(b.ticks - a.ticks) & 0xFFFFFFFF for a, b in itertools.pairwise(packets)] == [160, 160]


def test_an_opus_packet_is_never_cut():
    packetizer = audio_packetizer(AudioTrack("opus", 48_000, 2), mtu_bytes=100)
    (packet,) = packetizer.packets((b"x" * 500,), 0)
    assert parse_rtp(packet).payload == b"x" * 500


def test_static_payload_types_only_where_they_mean_it():
    assert audio_payload_type(AudioTrack("pcmu", 8_000, 1)) == 0
    assert audio_payload_type(AudioTrack("pcma", 8_000, 1)) == 8
    assert audio_payload_type(AudioTrack("pcma", 16_000, 1)) == 97
    assert audio_payload_type(AudioTrack("aac", 8_000, 1)) == 97
