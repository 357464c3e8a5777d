"""Goal: datagrams come out in order; hostile ones do no harm. Method: shuffles, sockets."""

import asyncio
import random
import socket

from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.udp import REORDER_PACKETS_MAX, REORDER_US_MAX, ReorderBuffer, open_ports
from tests.lan.rtsp.scripted import rtp


def sequences(packets):
    return [int.from_bytes(packet[2:4], "big") for packet in packets]


def pushed(order, *, step_us=1000):
    out = []
    buffer = ReorderBuffer(out.append)
    for index, number in enumerate(order):
        buffer.push(rtp(number, 0, b"x"), index * step_us)
    return sequences(out)


def test_in_order_across_the_wrap():
    assert pushed(range(65_530, 65_545)) == [n & 0xFFFF for n in range(65_530, 65_545)]


@given(st.randoms(use_true_random=False))
def test_a_shuffle_within_the_window_is_undone(rng):
    rng = random.Random(rng.random())
    order = list(range(1, 200))
    for start in range(0, len(order), 20):
        part = order[start : start + 20]
        rng.shuffle(part)
        order[start : start + 20] = part
    assert pushed([0, *order], step_us=10) == list(range(200))


def test_a_lost_packet_is_given_up_after_the_wait():
    step = REORDER_US_MAX // 4
    assert pushed([1, 2, 4, 5, 6, 7, 8, 9], step_us=step) == [1, 2, 4, 5, 6, 7, 8, 9]


def test_a_lost_packet_is_given_up_when_too_many_wait():
    order = [0, *range(2, REORDER_PACKETS_MAX + 10)]
    assert pushed(order, step_us=0) == order


def test_duplicates_and_late_packets_are_dropped():
    assert pushed([1, 2, 2, 1, 3, 2, 4]) == [1, 2, 3, 4]


def test_a_restart_is_followed():
    assert pushed([1, 2, 30_000, 30_001]) == [1, 2, 30_000, 30_001]


@given(st.lists(st.binary(max_size=20), max_size=200))
def test_arbitrary_datagrams_hold_bounded_memory(datagrams):
    buffer = ReorderBuffer(lambda _data: None)
    for index, data in enumerate(datagrams):
        buffer.push(data, index)
        buffer.push(b"\x80\x60" + data + bytes(12), index)
        assert len(buffer._held) < REORDER_PACKETS_MAX


async def test_ports_are_a_pair_and_only_the_camera_is_heard():
    rtp_seen, rtcp_seen = [], []
    ports = await open_ports(rtp_seen.append, rtcp_seen.append, "127.0.0.1")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as camera,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        camera.bind(("127.0.0.1", 0))
        camera.settimeout(20)
        stranger.bind(("127.0.0.2", 0))
        port = camera.getsockname()[1]
        assert ports.rtp_port % 2 == 0
        ports.begin("127.0.0.1", (port, port))
        assert len(camera.recv(100)) == 12
        assert camera.recv(100)[1] == 201
        stranger.sendto(b"bad", ("127.0.0.1", ports.rtp_port))
        camera.sendto(b"good", ("127.0.0.1", ports.rtp_port))
        camera.sendto(b"rtcp", ("127.0.0.1", ports.rtp_port + 1))
        async with asyncio.timeout(20):
            while not (rtp_seen and rtcp_seen):  # noqa: ASYNC110 - heard by the loop
                await asyncio.sleep(0.01)
    ports.close()
    assert (rtp_seen, rtcp_seen) == ([b"good"], [b"rtcp"])
