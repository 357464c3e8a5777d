"""A bare RTSP client that does what it is told, right or wrong, and keeps every packet."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from keepsight.lan.rtsp.message import Interleaved, MessageReader, Request, Response


@dataclass(frozen=True)
class Rtp:
    """One RTP packet."""

    sequence: int
    ticks: int
    is_marked: bool
    payload_type: int
    payload: bytes


def parse_rtp(packet: bytes) -> Rtp:
    return Rtp(
        int.from_bytes(packet[2:4]),
        int.from_bytes(packet[4:8]),
        bool(packet[1] & 0x80),
        packet[1] & 0x7F,
        packet[12:],
    )


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    url: str
    messages: MessageReader = field(default_factory=MessageReader)
    packets: dict[int, list[bytes]] = field(default_factory=dict)
    answers: list[Response] = field(default_factory=list)
    session: str = ""

    async def ask(self, method: str, url: str | None = None, **headers: str) -> Response:
        """One request and its answer; `_` in a header's name stands for `-`."""
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        if self.session:
            named = (("Session", self.session), *named)
        self.writer.write(Request(method, url or self.url, (("CSeq", "1"), *named)).to_bytes())
        async with asyncio.timeout(10):
            while not self.answers:
                await self.read()
        answer = self.answers.pop(0)
        if (session := answer.header("Session")) and method == "SETUP":
            self.session = session.partition(";")[0]
        return answer

    async def read(self) -> None:
        """Take in what comes next."""
        data = await self.reader.read(65536)
        if not data:
            raise ConnectionError("the server hung up")
        for message in self.messages.feed(data):
            if isinstance(message, Interleaved):
                self.packets.setdefault(message.channel, []).append(message.payload)
            elif isinstance(message, Response):
                self.answers.append(message)

    async def play(self, tracks: int = 1) -> None:
        """SETUP over TCP and PLAY."""
        for number in range(tracks):
            channels = f"{2 * number}-{2 * number + 1}"
            answer = await self.ask(
                "SETUP",
                f"{self.url}/track{number + 1}",
                Transport=f"RTP/AVP/TCP;unicast;interleaved={channels}",
            )
            assert answer.status == 200
        assert (await self.ask("PLAY")).status == 200

    async def collect(self, channel: int, count: int, seconds: float = 15) -> list[bytes]:
        """Read until `count` packets came on a channel."""
        async with asyncio.timeout(seconds):
            while len(self.packets.get(channel, ())) < count:
                await self.read()
        return self.packets[channel]

    def rtp(self, channel: int = 0) -> list[Rtp]:
        return [parse_rtp(packet) for packet in self.packets.get(channel, ())]

    def close(self) -> None:
        self.writer.transport.abort()


async def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for something that nobody announces."""
    for _ in range(round(seconds * 100)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("it did not happen")


async def connect(port: int, path: str = "/main") -> Client:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    return Client(reader, writer, f"rtsp://127.0.0.1:{port}{path}")
