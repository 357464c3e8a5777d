"""Goal: sequence numbers, loss and foreign packets are judged right. Method: hand-built headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.chunk import Chunk
from keepsight.lan.rtsp.rtp import FragmentRun, RtpTrack
from tests.lan.rtsp.scripted import rtp


class Payloads:
    def __init__(self):
        self.seen = []

    def payload(self, chunk, begin, stop, _stamp, **_is_marked):
        self.seen.append(bytes(chunk.data[begin:stop]))
        return False

    def lose(self):
        self.seen.append("lost")

    def on_chunk(self):
        pass


@pytest.fixture
def sink():
    return Payloads()


@pytest.fixture
def track(sink):
    return RtpTrack(96, sink, FragmentRun())


def give(track, packet):
    chunk = Chunk()
    chunk.data[8 : 8 + len(packet)] = packet
    track.packet(chunk, 8, 8 + len(packet))


def test_in_order_across_the_wrap(track, sink):
    for number in range(65_533, 65_540):
        give(track, rtp(number, 0, b"x"))
    assert sink.seen == [b"x"] * 7
    assert (track.received, track.lost) == (7, 0)
    assert track.highest_sequence == 65_539


def test_a_gap_is_a_loss_with_its_size(track, sink):
    for number in (1, 2, 6, 7):
        give(track, rtp(number, 0, b"x"))
    assert sink.seen == [b"x", b"x", "lost", b"x", b"x"]
    assert track.lost == 3


def test_a_gap_across_the_wrap_keeps_count(track):
    give(track, rtp(65_535, 0, b"x"))
    give(track, rtp(65_535 + 4, 0, b"x"))
    assert (track.lost, track.highest_sequence) == (3, 65_539)


def test_late_duplicates_are_dropped(track, sink):
    for number in (10, 11, 10, 9, 12):
        give(track, rtp(number, 0, bytes((number,))))
    assert sink.seen == [b"\x0a", b"\x0b", b"\x0c"]


def test_a_restart_of_the_sender_is_followed(track, sink):
    give(track, rtp(30_000, 0, b"a"))
    give(track, rtp(5, 0, b"b", ssrc=99))
    give(track, rtp(6, 0, b"c", ssrc=99))
    assert sink.seen == [b"a", "lost", b"b", b"c"]
    assert (track.ssrc, track.lost) == (99, 0)


@pytest.mark.parametrize(
    "packet",
    [b"", b"\x80\x60", rtp(2, 0, b"x", payload_type=97), rtp(2, 0, b"x", first=0x40)],
)
def test_foreign_packets_are_counted_and_left(track, sink, packet):
    give(track, rtp(1, 0, b"a"))
    give(track, packet)
    give(track, rtp(2, 0, b"b"))
    assert sink.seen == [b"a", b"b"]
    assert track.strange == 1


def test_extension_sources_and_padding_are_cut_off(track, sink):
    extension = b"\xab\xac\x00\x02" + bytes(8)
    packet = rtp(1, 0, b"SRC1" + b"SRC2" + extension + b"data" + b"\x00\x00\x03", first=0xB2)
    give(track, packet)
    assert sink.seen == [b"data"]


@pytest.mark.parametrize(
    "payload", [b"", b"\x00\x00\x00\xff", b"\xab\xac\xff\xff", b"\xab\xac\x00\x00"]
)
def test_a_header_longer_than_the_packet_holds_nothing(track, sink, payload):
    give(track, rtp(1, 0, payload, first=0xB0))
    assert sink.seen == []
    assert track.received == 1


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_arbitrary_packets_raise_nothing(packets):
    track = RtpTrack(96, Payloads(), FragmentRun())
    for packet in packets:
        give(track, packet)
        give(track, b"\x80\x60" + packet)
    assert track.highest_sequence >= 0
