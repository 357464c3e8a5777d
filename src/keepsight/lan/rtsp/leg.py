"""One track on its way in: interleaved or over UDP, with its RTCP in both directions."""

import re
from collections.abc import Callable
from typing import Final

from keepsight.core.clock import Clock
from keepsight.lan.rtsp.message import Interleaved
from keepsight.lan.rtsp.receive import Receiver
from keepsight.lan.rtsp.rtcp import Goodbye, Reception, SenderReport, parse_rtcp, receiver_report
from keepsight.lan.rtsp.rtp import RtpTrack
from keepsight.lan.rtsp.udp import PortPair, ReorderBuffer, open_ports

CHANNEL_MAX: Final = 255


def _pair(transport: str, name: str) -> tuple[int, int] | None:
    """`name=a-b` or `name=a` of a Transport header."""
    found = re.search(rf"(?:^|;)\s*{name}=(\d{{1,5}})(?:-(\d{{1,5}}))?", transport)
    if found is None:
        return None
    first = int(found[1])
    second = int(found[2]) if found[2] else first + 1
    return (first, second) if 0 < second <= 0xFFFF and first <= 0xFFFF else None


class Leg:
    """The way of one track."""

    def __init__(
        self,
        track: RtpTrack,
        channel: int,
        clock: Clock,
        on_report: Callable[[SenderReport], None],
        on_goodbye: Callable[[], None],
    ) -> None:
        """`channel` is even: the interleaved channel for RTP, or its number inside over UDP."""
        self.track = track
        self._channel = channel
        self._rtcp_channel = channel + 1
        self._clock = clock
        self._on_report = on_report
        self._on_goodbye = on_goodbye
        self._ports: PortPair | None = None
        self._last: SenderReport | None = None
        self._last_us = 0
        self._received_before = 0
        self._lost_before = 0

    def offer_tcp(self) -> str:
        """The Transport header for interleaved packets."""
        return f"RTP/AVP/TCP;unicast;interleaved={self._channel}-{self._channel + 1}"

    def accept_tcp(self, answered: str, receiver: Receiver) -> None:
        """Receive on the channels that the camera chose."""
        given = _pair(answered, "interleaved")
        if given is not None and max(given) <= CHANNEL_MAX:
            self._channel, self._rtcp_channel = given
        receiver.add_track(self._channel, self.track)
        receiver.add_control(self._rtcp_channel, self.on_rtcp)

    async def offer_udp(self, receiver: Receiver, local_ip: str, guard: "Guarded") -> str:
        """Bind ports and give the Transport header for them.

        Raises:
            OSError: no ports are free.
        """
        receiver.add_track(self._channel, self.track)
        clock, channel = self._clock, self._channel
        order = ReorderBuffer(lambda data: receiver.packet(channel, data))
        self._ports = await open_ports(
            lambda data: guard(lambda: order.push(data, clock.monotonic_us())),
            lambda data: guard(lambda: self.on_rtcp(data)),
            local_ip,
        )
        port = self._ports.rtp_port
        return f"RTP/AVP;unicast;client_port={port}-{port + 1}"

    def accept_udp(self, answered: str, camera_ip: str) -> None:
        """Receive from the camera's address; what other address it names is not used."""
        if self._ports is not None:
            self._ports.begin(camera_ip, _pair(answered, "server_port"))

    def on_rtcp(self, data: bytes) -> None:
        """Take a compound RTCP packet."""
        for item in parse_rtcp(data):
            if isinstance(item, Goodbye):
                if self.track.ssrc in item.ssrcs:
                    self._on_goodbye()
            elif self.track.ssrc in (-1, item.ssrc):
                self._last, self._last_us = item, self._clock.monotonic_us()
                self._on_report(item)

    def _reception(self) -> Reception:
        track = self.track
        track.settle()
        received = track.received - self._received_before
        lost = track.lost - self._lost_before
        self._received_before, self._lost_before = track.received, track.lost
        expected = received + lost
        delay_us = self._clock.monotonic_us() - self._last_us if self._last else 0
        return Reception(
            track.ssrc,
            min(255, lost * 256 // expected) if expected else 0,
            track.lost,
            track.highest_sequence,
            self._last.ntp_middle if self._last else 0,
            delay_us * 65_536 // 1_000_000,
        )

    def report(self, own_ssrc: int, write: Callable[[bytes], None]) -> None:
        """Send a receiver report; some cameras end a session that sends none."""
        if self.track.ssrc < 0:
            return
        data = receiver_report(own_ssrc, [self._reception()])
        if self._ports is not None:
            self._ports.send_rtcp(data)
        else:
            write(Interleaved(self._rtcp_channel, data).to_bytes())

    def close(self) -> None:
        """Give UDP ports back."""
        if self._ports is not None:
            self._ports.close()
            self._ports = None


Guarded = Callable[[Callable[[], None]], None]
"""Runs what may raise because of hostile bytes, and ends the session if it does."""
