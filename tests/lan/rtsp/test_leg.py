"""Goal: both transports carry pictures, over a network that loses and shuffles. Method: a scripted
camera that sends over UDP, with a seeded network between."""

import asyncio
import itertools
import random
import re
import socket
import struct

import pytest

from keepsight.lan.rtsp.dialogue import ConnectionLostError, RefusedError
from keepsight.lan.rtsp.leg import _pair
from keepsight.lan.rtsp.message import Response
from tests.lan.rtsp.scripted import Film, Script, ScriptedCamera
from tests.lan.rtsp.test_client import Units, playing


class UdpCamera:
    """Answers SETUP for UDP and sends its film to the client's port, as the network allows."""

    def __init__(self, network=lambda packets: packets, *, refuses_tcp=True):
        self.network = network
        self.refuses_tcp = refuses_tcp
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.client_port = None

    def script(self):
        return Script(answers={"SETUP": self.set_up}, play=self.play)

    def set_up(self, _connection, request):
        asked = request.header("Transport")
        found = re.search(r"client_port=(\d+)-(\d+)", asked)
        if found is None:
            return Response(461, "Unsupported Transport")
        if self.client_port is None:
            self.client_port = int(found[1])
        ports = f";server_port={self.port}-{self.port}"
        return Response(200, "OK", (("Session", "u1"), ("Transport", asked + ports)))

    async def play(self, _connection):
        film = Film()
        while True:
            packets = [packet for _ in range(5) for packet in film.next_picture()]
            for packet in self.network(packets):
                self.socket.sendto(packet, ("127.0.0.1", self.client_port))
            await asyncio.sleep(0.02)


async def watch(camera, wanted, **options):
    sink = Units(wanted)
    async with ScriptedCamera(camera.script()) as server:
        async with playing(server, sink, **options) as session, asyncio.timeout(20):
            await sink.enough.wait()
        camera.socket.close()
        return session, sink, server


async def test_tcp_refused_with_461_becomes_udp():
    camera = UdpCamera()
    session, sink, server = await watch(camera, 60)
    assert session.transport == "udp"
    assert server.requests()[2:5] == ["SETUP", "SETUP", "SETUP"]
    assert not any(unit.is_after_loss for unit in sink.units)
    ticks = [unit.media_ticks for unit in sink.units]
    assert ticks == list(range(ticks[0], ticks[0] + len(ticks) * 4500, 4500))


async def test_the_hole_in_the_firewall_is_made_by_us():
    camera = UdpCamera()
    await watch_until_punched(camera)


async def watch_until_punched(camera):
    seen = []
    async with (
        ScriptedCamera(camera.script()) as server,
        playing(server, Units(), transport="udp"),
    ):
        async with asyncio.timeout(20):
            while len(seen) < 2:
                try:
                    seen.append(camera.socket.recv(100))
                except BlockingIOError:
                    await asyncio.sleep(0.01)
    camera.socket.close()
    assert seen[0][:1] == b"\x80"
    assert {packet[1] for packet in seen} == {0, 201}


async def test_shuffled_packets_are_put_in_order():
    rng = random.Random(7)

    def shuffled(packets):
        return rng.sample(packets, len(packets))

    _, sink, _ = await watch(UdpCamera(shuffled), 100, transport="udp")
    ticks = [unit.media_ticks for unit in sink.units]
    assert [b - a for a, b in itertools.pairwise(ticks[20:])].count(4500) >= 75


async def test_lost_packets_drop_whole_pictures_and_say_so():
    rng = random.Random(3)

    def lossy(packets):
        return [packet for packet in packets if rng.random() > 0.05]

    _, sink, _ = await watch(UdpCamera(lossy), 200, transport="udp")
    ticks = [unit.media_ticks for unit in sink.units]
    for before, unit in zip(ticks, sink.units[1:], strict=False):
        if unit.media_ticks - before > 4500:
            assert unit.is_after_loss
    assert any(unit.is_after_loss for unit in sink.units)


async def test_udp_alone_is_not_tried_where_tcp_was_asked_for():
    camera = UdpCamera()
    async with ScriptedCamera(camera.script()) as server:
        with pytest.raises(RefusedError) as caught:
            async with playing(server, Units(), transport="tcp"):
                pass
    camera.socket.close()
    assert caught.value.status == 461


async def test_a_goodbye_ends_the_session():
    async def leave(connection):
        for packet in Film(ssrc=7).next_picture():
            await connection.send(0, packet)
        await connection.send(1, struct.pack(">BBHI", 0x81, 203, 1, 99))
        await connection.send(1, struct.pack(">BBHI", 0x81, 203, 1, 7))

    async with (
        ScriptedCamera(Script(play=leave)) as camera,
        playing(camera, Units()) as session,
        asyncio.timeout(30),
    ):
        await session.ended
        assert isinstance(session.error, ConnectionLostError)
        assert "ended the stream" in str(session.error)


async def test_sender_reports_reach_the_timeline():
    async def play(connection):
        film = Film(stamp=0)
        report = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, 3_900_000_000, 0, 0, 0, 0)
        await connection.send(1, report)
        for _ in range(20):
            for packet in film.next_picture():
                await connection.send(0, packet)

    sink = Units(10)
    async with ScriptedCamera(Script(play=play)) as camera:
        async with playing(camera, sink) as session, asyncio.timeout(30):
            await sink.enough.wait()
        offset_us = session.tracks.timebase.camera_offset_us
    assert abs(offset_us) > 1_000_000
    assert not sink.units[0].is_sender_time


@pytest.mark.parametrize(
    ("transport", "name", "expected"),
    [
        ("RTP/AVP/TCP;interleaved=2-3", "interleaved", (2, 3)),
        ("RTP/AVP;server_port=5000", "server_port", (5000, 5001)),
        ("RTP/AVP; server_port=70000-70001", "server_port", None),
        ("RTP/AVP;xserver_port=1-2", "server_port", None),
    ],
)
def test_pairs_in_the_transport_header(transport, name, expected):
    assert _pair(transport, name) == expected
