"""UDP tracks send in bursts from an even port and give their ports back. Method: real sockets."""

import asyncio

from keepsight.camera.mount import Batch
from keepsight.camera.udp import BURST_PACKETS, QUEUE_PACKETS_MAX, open_udp_track
from tests.camera.client import until


class Heard(asyncio.DatagramProtocol):
    def __init__(self):
        self.packets = []

    def datagram_received(self, data, _addr):
        self.packets.append(data)


async def listen():
    loop = asyncio.get_running_loop()
    transport, heard = await loop.create_datagram_endpoint(Heard, local_addr=("127.0.0.1", 0))
    return transport, heard, transport.get_extra_info("sockname")[1]


async def test_sends_what_it_is_given_and_hears_the_client():
    rtp, heard, rtp_port = await listen()
    rtcp, reports, rtcp_port = await listen()
    alive = asyncio.Event()
    track = await open_udp_track(
        "127.0.0.1", ("127.0.0.1", rtp_port, rtcp_port), alive.set, lambda packets: packets
    )
    ours, control = track.ports
    assert ours % 2 == 0
    assert control == ours + 1
    packets = [n.to_bytes(2) for n in range(BURST_PACKETS * 3 + 1)]
    track.send(Batch(0, True, True, packets, report=b"report"))
    rtcp.sendto(b"receiver report", ("127.0.0.1", control))
    async with asyncio.timeout(5):
        await alive.wait()
    await until(lambda: len(heard.packets) == len(packets))
    assert heard.packets == packets
    assert reports.packets == [b"report"]
    track.close()
    again = await open_udp_track("127.0.0.1", ("127.0.0.1", 9, 10), alive.set, lambda p: p)
    again.close()
    rtp.close()
    rtcp.close()
    await asyncio.sleep(0)


async def test_the_queue_is_bounded_and_the_network_may_lose():
    track = await open_udp_track(
        "127.0.0.1", ("127.0.0.1", 9, 10), lambda: None, lambda packets: packets[::2]
    )
    track.send(Batch(0, True, True, [b"x"] * (QUEUE_PACKETS_MAX * 4)))
    assert len(track._queue) <= QUEUE_PACKETS_MAX
    track.close()
    assert not track._queue
    await asyncio.sleep(0)
