"""What a session grants and to whom its packets go. Method: SETUP answers of a real server, UDP
included.
"""

import asyncio

import pytest

from keepsight.camera.server import ServerOptions
from keepsight.camera.session import SessionRules
from tests.camera.client import connect, parse_rtp, until
from tests.camera.conftest import running


class Heard(asyncio.DatagramProtocol):
    def __init__(self):
        self.packets = []

    def datagram_received(self, data, addr):
        self.packets.append((data, addr))


async def test_udp_goes_only_to_the_address_that_asked(h264_clip):
    loop = asyncio.get_running_loop()
    rtp, heard = await loop.create_datagram_endpoint(Heard, local_addr=("127.0.0.1", 0))
    rtcp, reports = await loop.create_datagram_endpoint(Heard, local_addr=("127.0.0.1", 0))
    ports = [t.get_extra_info("sockname")[1] for t in (rtp, rtcp)]
    async with running(h264_clip) as server:
        client = await connect(server.port)
        transport = f"RTP/AVP;unicast;destination=192.0.2.1;client_port={ports[0]}-{ports[1]}"
        answer = await client.ask("SETUP", client.url + "/track1", Transport=transport)
        assert answer.status == 200
        named = answer.header("Transport")
        assert "destination" not in named
        await client.ask("PLAY")
        await until(lambda: len(heard.packets) >= 30 and bool(reports.packets))
        client.close()
        await until(lambda: not server.sessions)
        count = len(heard.packets)
        await asyncio.sleep(0.3)
        assert len(heard.packets) == count, "packets went on after the client left"
    sequences = [parse_rtp(data).sequence for data, _ in heard.packets]
    assert len(set(sequences)) == len(sequences)
    server_port = int(named.partition("server_port=")[2].partition("-")[0])
    assert {address[1] for _, address in heard.packets} == {server_port}
    rtp.close()
    rtcp.close()


@pytest.mark.parametrize(
    ("transports", "offer", "status"),
    [
        ({"tcp"}, "RTP/AVP;unicast;client_port=5000-5001", 461),
        ({"tcp"}, "RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=0-1", 200),
        ({"udp"}, "RTP/AVP/TCP;unicast;interleaved=0-1", 461),
        ({"tcp", "udp"}, "RTP/AVP/TCP;unicast", 200),
    ],
)
async def test_only_the_transports_that_are_on(h264_clip, transports, offer, status):
    options = ServerOptions(rules=SessionRules(frozenset(transports)))
    async with running(h264_clip, options) as server:
        client = await connect(server.port)
        answer = await client.ask("SETUP", client.url + "/track1", Transport=offer)
        client.close()
    assert answer.status == status


async def test_channels_must_not_overlap_and_one_session_has_one_stream(h264_clip):
    async with running(h264_clip) as server:
        client = await connect(server.port)
        tcp = "RTP/AVP/TCP;unicast;interleaved="
        for track, channels, status in (("1", "4-5", 200), ("2", "5-6", 461), ("2", "6-7", 200)):
            url = f"{client.url}/track{track}"
            assert (await client.ask("SETUP", url, Transport=tcp + channels)).status == status
        assert (await client.ask("PLAY")).status == 200
        await client.collect(4, 3)
        await client.collect(6, 3)
        again = await client.ask("SETUP", client.url + "/track1", Transport=tcp + "0-1")
        assert again.status == 455
        client.close()


async def test_sound_alone_may_be_played(h264_clip):
    async with running(h264_clip) as server:
        client = await connect(server.port)
        await client.ask("SETUP", client.url + "/track2", Transport="RTP/AVP/TCP;interleaved=0-1")
        await client.ask("PLAY")
        packets = await client.collect(0, 5)
        client.close()
    assert {parse_rtp(packet).payload_type for packet in packets} == {97}
