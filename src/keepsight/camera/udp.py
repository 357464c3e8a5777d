"""RTP and RTCP over UDP for one track of one viewer."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from keepsight.camera.mount import Batch

PORT_PAIR_TRIES_MAX: Final = 32
QUEUE_PACKETS_MAX: Final = 4096
"""About 5 MB; what comes on top is lost, as on a real network."""
BURST_PACKETS: Final = 24
BURST_SECONDS: Final = 0.002
"""A keyframe leaves in bursts of 24 packets each 2 ms (130 Mbit/s): a receive buffer of the usual
208 KiB loses packets when 400 KB arrive at once."""


class UdpError(OSError):
    """No pair of ports could be had."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, on_datagram: Callable[[], None]) -> None:
        self._on_datagram = on_datagram

    def datagram_received(self, _data: bytes, _addr: tuple[str, int]) -> None:
        self._on_datagram()

    def error_received(self, exc: Exception) -> None:
        """A port unreachable from a client that left: its session ends by its own timeout."""


class UdpTrack:
    """A pair of sockets, RTP on the even port. Sends only to the address that asked."""

    def __init__(
        self,
        rtp: asyncio.DatagramTransport,
        rtcp: asyncio.DatagramTransport,
        client: tuple[str, int, int],
        alter: Callable[[list[bytes]], list[bytes]],
    ) -> None:
        self._rtp = rtp
        self._rtcp = rtcp
        self._host, self._rtp_port, self._rtcp_port = client
        self._alter = alter
        self._queue: deque[bytes] = deque(maxlen=QUEUE_PACKETS_MAX)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def ports(self) -> tuple[int, int]:
        """Ours: RTP, RTCP."""
        rtp, rtcp = (t.get_extra_info("sockname")[1] for t in (self._rtp, self._rtcp))
        return rtp, rtcp

    def send(self, batch: Batch) -> None:
        """Queue the packets and start sending."""
        if batch.report is not None:
            self.send_rtcp(batch.report)
        self._queue.extend(self._alter(batch.packets))
        if self._timer is None:
            self._send_burst()

    def send_rtcp(self, packet: bytes) -> None:
        """One RTCP packet, at once."""
        if not self._rtcp.is_closing():
            self._rtcp.sendto(packet, (self._host, self._rtcp_port))

    def _send_burst(self) -> None:
        self._timer = None
        for _ in range(min(BURST_PACKETS, len(self._queue))):
            self._rtp.sendto(self._queue.popleft(), (self._host, self._rtp_port))
        if self._queue:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(BURST_SECONDS, self._send_burst)

    def close(self) -> None:
        """Give the ports back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._queue.clear()
        self._rtp.close()
        self._rtcp.close()


async def open_udp_track(
    host: str,
    client: tuple[str, int, int],
    on_rtcp: Callable[[], None],
    alter: Callable[[list[bytes]], list[bytes]],
) -> UdpTrack:
    """Bind an even port and the one above it.

    Args:
        host: our address, as the client reached it.
        client: its address, RTP port, RTCP port.
        on_rtcp: called when the client sends anything on the RTCP port: it is alive.
        alter: what the network does to packets (faults).

    Raises:
        UdpError: no pair was free.
    """
    loop = asyncio.get_running_loop()
    for _ in range(PORT_PAIR_TRIES_MAX):
        rtp, _protocol = await loop.create_datagram_endpoint(
            lambda: _Datagrams(lambda: None), local_addr=(host, 0)
        )
        port = rtp.get_extra_info("sockname")[1]
        if port % 2 == 0:
            try:
                rtcp, _protocol = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(on_rtcp), local_addr=(host, port + 1)
                )
            except OSError:
                pass
            else:
                return UdpTrack(rtp, rtcp, client, alter)
        rtp.close()
    raise UdpError("no pair of UDP ports is free")
