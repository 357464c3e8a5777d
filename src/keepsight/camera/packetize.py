"""Samples to RTP packets: H.264 (RFC 6184), H.265 (RFC 7798), AAC (RFC 3640), G.711, Opus."""

import secrets
import struct
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from keepsight.camera.media import AudioTrack, VideoCodec, VideoTrack
from keepsight.camera.nal import is_parameter_set

RTP_HEADER: Final = struct.Struct(">BBHII")
MTU_BYTES_DEFAULT: Final = 1400
"""Of an RTP packet with its header; leaves room for IP, UDP and a tunnel in 1500."""
MTU_BYTES_MIN: Final = 64
_VERSION: Final = 0x80
_MARKER: Final = 0x80
_H264_STAP_A, _H264_FU_A = 24, 28
_H265_AP, _H265_FU = 48, 49
_AU_HEADER_BYTES: Final = 4

PAYLOAD_TYPE_PCMU: Final = 0
PAYLOAD_TYPE_PCMA: Final = 8
PAYLOAD_TYPE_VIDEO: Final = 96
PAYLOAD_TYPE_AUDIO: Final = 97

Payload = tuple[bytes, bool]
"""RTP payload, and whether the marker bit is set."""


class RtpWriter:
    """Puts RTP headers (RFC 3550, 5.1) in front of payloads, counting for the sender reports."""

    def __init__(
        self, payload_type: int, *, ticks_offset: int | None = None, sequence: int | None = None
    ) -> None:
        self.ssrc = secrets.randbits(32)
        self.ticks_offset = secrets.randbits(32) if ticks_offset is None else ticks_offset
        """Added to media time: RFC 3550 asks for a random start."""
        self.sequence = secrets.randbits(16) if sequence is None else sequence
        """Of the next packet."""
        self.packets = 0
        self.payload_bytes = 0
        self._payload_type = payload_type

    def rtp_ticks(self, media_ticks: int) -> int:
        """The 32 bits on the wire."""
        return (media_ticks + self.ticks_offset) & 0xFFFFFFFF

    def write(self, payloads: Iterable[Payload], media_ticks: int) -> list[bytes]:
        """Whole packets."""
        ticks, packets = self.rtp_ticks(media_ticks), []
        for payload, is_marked in payloads:
            kind = self._payload_type | (_MARKER if is_marked else 0)
            header = RTP_HEADER.pack(_VERSION, kind, self.sequence, ticks, self.ssrc)
            packets.append(header + payload)
            self.sequence = (self.sequence + 1) & 0xFFFF
            self.payload_bytes += len(payload)
        self.packets += len(packets)
        return packets


class Packetizer(Protocol):
    """One track's way of cutting samples into packets."""

    writer: RtpWriter

    def packets(self, parts: tuple[bytes, ...], media_ticks: int) -> list[bytes]:
        """RTP packets of one sample, none larger than the MTU."""
        ...


def _fragments(unit: bytes, header_bytes: int, room: int) -> Iterator[tuple[bytes, int]]:
    """Pieces of a NAL unit without its header, each with the S and E bits of an FU header."""
    for begin in range(header_bytes, len(unit), room):
        piece = unit[begin : begin + room]
        start = 0x80 if begin == header_bytes else 0
        end = 0x40 if begin + room >= len(unit) else 0
        yield piece, start | end


def _h264_fragments(unit: bytes, payload_bytes_max: int) -> Iterator[bytes]:
    indicator, kind = (unit[0] & 0xE0) | _H264_FU_A, unit[0] & 0x1F
    for piece, bits in _fragments(unit, 1, payload_bytes_max - 2):
        yield bytes((indicator, bits | kind)) + piece


def _h265_fragments(unit: bytes, payload_bytes_max: int) -> Iterator[bytes]:
    header = bytes(((unit[0] & 0x81) | _H265_FU << 1, unit[1]))
    kind = (unit[0] >> 1) & 0x3F
    for piece, bits in _fragments(unit, 2, payload_bytes_max - 3):
        yield header + bytes((bits | kind,)) + piece


def _aggregate(codec: VideoCodec, units: tuple[bytes, ...]) -> bytes:
    """STAP-A (RFC 6184, 5.7.1) or AP (RFC 7798, 4.4.2) of small units."""
    if codec == "h264":
        head = bytes((max(unit[0] & 0x60 for unit in units) | _H264_STAP_A,))
    else:
        head = bytes((_H265_AP << 1, units[0][1]))
    return head + b"".join(len(unit).to_bytes(2) + unit for unit in units)


class VideoPacketizer:
    """NAL units to packets: whole if they fit, else as fragmentation units."""

    def __init__(
        self,
        track: VideoTrack,
        writer: RtpWriter,
        *,
        mtu_bytes: int = MTU_BYTES_DEFAULT,
        is_aggregating: bool = False,
    ) -> None:
        self.writer = writer
        self._codec = track.codec
        self._room = max(mtu_bytes, MTU_BYTES_MIN) - RTP_HEADER.size
        self._is_aggregating = is_aggregating
        self._fragment = _h264_fragments if track.codec == "h264" else _h265_fragments

    def _payloads(self, units: tuple[bytes, ...]) -> Iterator[bytes]:
        sets = tuple(unit for unit in units if is_parameter_set(self._codec, unit))
        if self._is_aggregating and len(sets) > 1:
            together = _aggregate(self._codec, sets)
            if len(together) <= self._room:
                yield together
                units = tuple(unit for unit in units if unit not in sets)
        for unit in units:
            if len(unit) <= self._room:
                yield unit
            else:
                yield from self._fragment(unit, self._room)

    def packets(self, parts: tuple[bytes, ...], media_ticks: int) -> list[bytes]:
        """RTP packets of one picture; the marker is on the last."""
        payloads = list(self._payloads(parts))
        last = len(payloads) - 1
        marked = ((payload, number == last) for number, payload in enumerate(payloads))
        return self.writer.write(marked, media_ticks)


class AacPacketizer:
    """RFC 3640, mode AAC-hbr: one frame a packet, or a frame in pieces."""

    def __init__(self, writer: RtpWriter, *, mtu_bytes: int = MTU_BYTES_DEFAULT) -> None:
        self.writer = writer
        self._room = max(mtu_bytes, MTU_BYTES_MIN) - RTP_HEADER.size - _AU_HEADER_BYTES

    def packets(self, parts: tuple[bytes, ...], media_ticks: int) -> list[bytes]:
        """RTP packets of one AAC frame."""
        frame = b"".join(parts)
        # AU-headers-length in bits, then one AU header: 13 bits of size, 3 bits of index.
        header = (16).to_bytes(2) + ((len(frame) << 3) & 0xFFFF).to_bytes(2)
        pieces = [frame[at : at + self._room] for at in range(0, len(frame), self._room)]
        last = len(pieces) - 1
        marked = ((header + piece, number == last) for number, piece in enumerate(pieces))
        return self.writer.write(marked, media_ticks)


class PlainPacketizer:
    """G.711 (RFC 3551) and Opus (RFC 7587): the payload is the frame."""

    def __init__(
        self, writer: RtpWriter, *, tick_bytes: int | None, mtu_bytes: int = MTU_BYTES_DEFAULT
    ) -> None:
        self.writer = writer
        self._room = max(mtu_bytes, MTU_BYTES_MIN) - RTP_HEADER.size
        self._tick_bytes = tick_bytes
        """Bytes a clock tick, where a frame may be divided; None where it may not."""

    def packets(self, parts: tuple[bytes, ...], media_ticks: int) -> list[bytes]:
        """G.711 is divided between samples; an Opus packet goes whole."""
        frame, tick_bytes = b"".join(parts), self._tick_bytes
        if tick_bytes is None:
            return self.writer.write(((frame, False),), media_ticks)
        step = self._room - self._room % tick_bytes
        packets: list[bytes] = []
        for begin in range(0, len(frame), step):
            piece = ((frame[begin : begin + step], False),)
            packets += self.writer.write(piece, media_ticks + begin // tick_bytes)
        return packets


def audio_payload_type(track: AudioTrack) -> int:
    """The static type of RFC 3551 for 8 kHz mono G.711, else a dynamic one."""
    if track.sample_rate == 8000 and track.channels == 1:
        static = {"pcmu": PAYLOAD_TYPE_PCMU, "pcma": PAYLOAD_TYPE_PCMA}
        return static.get(track.codec, PAYLOAD_TYPE_AUDIO)
    return PAYLOAD_TYPE_AUDIO


def audio_packetizer(track: AudioTrack, *, mtu_bytes: int = MTU_BYTES_DEFAULT) -> Packetizer:
    """The packetizer of an audio track, with a writer of its own."""
    writer = RtpWriter(audio_payload_type(track))
    if track.codec == "aac":
        return AacPacketizer(writer, mtu_bytes=mtu_bytes)
    tick_bytes = None if track.codec == "opus" else track.channels
    return PlainPacketizer(writer, tick_bytes=tick_bytes, mtu_bytes=mtu_bytes)
