"""RTP and RTCP over UDP: a port pair for each track, and packets put back in order."""

import asyncio
import random
import socket
from collections.abc import Callable
from functools import partial
from typing import Final

from keepsight.lan.rtsp.rtp import RTP_HEADER_BYTES

PORT_TRIES_MAX: Final = 32
PORT_FIRST: Final = 20_000
PORT_LAST: Final = 60_000
REORDER_PACKETS_MAX: Final = 64
REORDER_US_MAX: Final = 100_000
"""How long a missing packet is waited for, once a later one came."""
RECEIVE_BYTES: Final = 2 * 1024 * 1024
DATAGRAM_BYTES_MAX: Final = 65_507


class ReorderBuffer:
    """Gives packets on in order of sequence number, or after the wait is over, without the lost."""

    def __init__(self, deliver: Callable[[bytes], None]) -> None:
        self._deliver = deliver
        self._next = -1
        self._held: dict[int, bytes] = {}
        self._since_us = 0

    def push(self, data: bytes, now_us: int) -> None:
        """Take one datagram; `now_us` is monotonic."""
        if not RTP_HEADER_BYTES <= len(data) <= DATAGRAM_BYTES_MAX:
            return
        sequence = data[2] << 8 | data[3]
        ahead = (sequence - self._next) & 0xFFFF
        if self._next < 0 or ahead == 0:
            self._give(sequence, data)
        elif ahead < REORDER_PACKETS_MAX:
            if not self._held:
                self._since_us = now_us
            self._held[sequence] = data
        elif ahead < 0x10000 - 4 * REORDER_PACKETS_MAX:
            # Far ahead, or the sender began anew: waiting would not fill that gap.
            self._skip(all_held=True)
            self._give(sequence, data)
        if self._held and now_us - self._since_us > REORDER_US_MAX:
            self._skip(all_held=False)
            self._since_us = now_us

    def _give(self, sequence: int, data: bytes) -> None:
        self._deliver(data)
        self._next = (sequence + 1) & 0xFFFF
        while self._held and (held := self._held.pop(self._next, None)) is not None:
            self._deliver(held)
            self._next = (self._next + 1) & 0xFFFF

    def _skip(self, *, all_held: bool) -> None:
        """Give up the gap before the nearest packet held, or every gap."""
        while self._held:
            nearest = min(self._held, key=lambda sequence: (sequence - self._next) & 0xFFFF)
            self._give(nearest, self._held.pop(nearest))
            if not all_held:
                return


class _Port(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self.transport: asyncio.DatagramTransport | None = None
        self.peer_ip = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        # A keyframe comes in one burst; the kernel grants what it allows.
        found = transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr[0] == self.peer_ip:
            self._take(data)

    def error_received(self, exc: Exception) -> None:
        """A port of the camera's is closed; the silence that follows is noticed elsewhere."""

    def send(self, data: bytes, port: int) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(data, (self.peer_ip, port))


class PortPair:
    """An even port for RTP and the odd one above it for RTCP (RFC 3550 section 11)."""

    def __init__(self, rtp: _Port, rtcp: _Port, rtp_port: int) -> None:
        self._rtp = rtp
        self._rtcp = rtcp
        self.rtp_port = rtp_port
        self._camera_rtcp_port = 0

    def begin(self, peer_ip: str, camera_ports: tuple[int, int] | None) -> None:
        """Accept datagrams from the camera, and open firewalls between by sending first."""
        self._rtp.peer_ip = self._rtcp.peer_ip = peer_ip
        if camera_ports is None:
            return
        self._camera_rtcp_port = camera_ports[1]
        # An RTP packet without payload and an empty receiver report: harmless to any camera.
        self._rtp.send(b"\x80\x00" + bytes(10), camera_ports[0])
        self.send_rtcp(b"\x80\xc9\x00\x01" + bytes(4))

    def send_rtcp(self, data: bytes) -> None:
        """Send to the camera's RTCP port, if it told us one."""
        if self._camera_rtcp_port:
            self._rtcp.send(data, self._camera_rtcp_port)

    def close(self) -> None:
        """Give the ports back."""
        for port in (self._rtp, self._rtcp):
            if port.transport is not None:
                port.transport.close()


def _same(port: _Port) -> _Port:
    return port


async def open_ports(
    take_rtp: Callable[[bytes], None], take_rtcp: Callable[[bytes], None], local_ip: str
) -> PortPair:
    """Bind a pair of ports on the address that the control connection uses.

    Raises:
        OSError: none was free in PORT_TRIES_MAX tries.
    """
    loop = asyncio.get_running_loop()
    for attempt in range(PORT_TRIES_MAX):
        even = random.randrange(PORT_FIRST, PORT_LAST, 2)  # noqa: S311 - only to avoid collisions
        rtp, rtcp = _Port(take_rtp), _Port(take_rtcp)
        try:
            await loop.create_datagram_endpoint(partial(_same, rtp), (local_ip, even))
            await loop.create_datagram_endpoint(partial(_same, rtcp), (local_ip, even + 1))
        except OSError:
            if rtp.transport is not None:
                rtp.transport.close()
            if attempt == PORT_TRIES_MAX - 1:
                raise
            continue
        return PortPair(rtp, rtcp, even)
    raise OSError("no pair of free UDP ports")
