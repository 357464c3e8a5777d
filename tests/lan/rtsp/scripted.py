"""A camera that follows a script: right by default, wrong in exactly the way a test asks for."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from keepsight.core.clock import SystemClock
from keepsight.core.destination import Credentials, Destination
from keepsight.core.secret import Secret
from keepsight.lan.rtsp.auth import Guard, Verdict
from keepsight.lan.rtsp.message import Interleaved, MessageReader, Request, Response

SPS = bytes.fromhex("6742c01eda0280bf e5c044000003000400000300a03c58ba80")
PPS = bytes.fromhex("68ce3c80")
SDP = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns={name}\r\na=tool:{tool}\r\na=control:*\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1\r\na=control:trackID=0\r\n"
    "m=audio 0 RTP/AVP 8\r\na=control:trackID=1\r\n"
)
USER = Credentials("anna", Secret("s3cret"))


def rtp(sequence, stamp, payload, *, is_marked=False, payload_type=96, ssrc=7, first=0x80):
    """One RTP packet."""
    head = bytes((first, payload_type | (0x80 if is_marked else 0)))
    numbers = (sequence & 0xFFFF).to_bytes(2, "big") + (stamp & 0xFFFFFFFF).to_bytes(4, "big")
    return head + numbers + ssrc.to_bytes(4, "big") + payload


def picture(number, *, size=200):
    """NAL units of one small picture: every tenth is a keyframe with its parameter sets."""
    if number % 10 == 0:
        return [SPS, PPS, b"\x65\x88" + bytes((number & 0xFF,)) * size]
    return [b"\x41\x9a" + bytes((number & 0xFF,)) * size]


class Film:
    """Endless packets: 20 pictures a second, each NAL unit a packet, and G.711."""

    def __init__(self, *, sequence=65_530, stamp=0xFFFF0000, ssrc=7, size=200):
        self.sequence = sequence
        self.stamp = stamp
        self.ssrc = ssrc
        self.size = size
        self.number = 0

    def next_picture(self):
        """The packets of the next picture."""
        nals = picture(self.number, size=self.size)
        packets = []
        for nal in nals:
            is_marked = nal is nals[-1]
            packets.append(rtp(self.sequence, self.stamp, nal, is_marked=is_marked, ssrc=self.ssrc))
            self.sequence += 1
        self.number += 1
        self.stamp += 4500
        return packets


@dataclass
class Script:
    """What this camera does differently."""

    answers: dict = field(default_factory=dict)
    """By method: a Response, bytes to send as they are, None for no answer, or a callable."""
    credentials: Credentials | None = None
    schemes: tuple = ("MD5",)
    realm: str = "Scripted"
    name: str = "Front door"
    tool: str = "script 1"
    server: str = "Scripted/1.0"
    sdp: str = SDP
    greeting: bytes = b""
    """Sent at once."""
    session: str = "abc;timeout=60"
    play: Callable | None = None
    """`async (connection) -> None` instead of an endless film."""
    interval: float = 0.01
    tls: object = None


class Connection:
    """One client of the scripted camera."""

    def __init__(self, script, writer):
        self.script = script
        self.writer = writer
        self.requests = []
        self.frames = []
        self.is_left = False

    async def send(self, channel, packet):
        """One interleaved packet."""
        self.writer.write(Interleaved(channel, packet).to_bytes())
        await self.writer.drain()

    async def film(self):
        """Pictures until the client leaves."""
        film = Film()
        while True:
            for packet in film.next_picture():
                await self.send(0, packet)
            await asyncio.sleep(self.script.interval)


class ScriptedCamera:
    """A real TCP server on an ephemeral port; use with `async with`."""

    def __init__(self, script=None):
        self.script = script or Script()
        self.connections = []
        self._tasks = set()

    async def __aenter__(self):
        self.guard = None
        if self.script.credentials:
            self.guard = Guard(
                self.script.realm,
                self.script.credentials,
                SystemClock(),
                schemes=self.script.schemes,
            )
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.script.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        scheme = "rtsps" if self.script.tls else "rtsp"
        self.destination = Destination(scheme, "127.0.0.1", self.port, "/stream1")
        return self

    async def __aexit__(self, *_exc):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self.connections:
            if not connection.is_left:
                connection.writer.transport.abort()
        await asyncio.sleep(0)

    def requests(self):
        """Methods asked so far, over all connections."""
        return [request.method for c in self.connections for request in c.requests]

    async def _serve(self, reader, writer):
        connection = Connection(self.script, writer)
        self.connections.append(connection)
        messages = MessageReader()
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            writer.write(self.script.greeting)
            while data := await reader.read(65536):
                for item in messages.feed(data):
                    if isinstance(item, Interleaved):
                        connection.frames.append(item)
                    elif isinstance(item, Request):
                        connection.requests.append(item)
                        await self._answer(connection, item)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            connection.is_left = True
            writer.close()

    async def _answer(self, connection, request):
        answer = self.script.answers.get(request.method, self._right)
        if callable(answer):
            answer = answer(connection, request)
            if isinstance(answer, Awaitable):
                answer = await answer
        if answer is None:
            return
        if isinstance(answer, Response):
            headers = (("CSeq", request.header("CSeq")), *answer.headers)
            answer = Response(answer.status, answer.reason, headers, answer.body).to_bytes()
        connection.writer.write(answer)
        if request.method == "TEARDOWN":
            connection.writer.close()
        if request.method == "PLAY" and answer.startswith(b"RTSP/1.0 200"):
            play = self.script.play or Connection.film
            task = asyncio.ensure_future(self._play(play, connection))
            self._tasks.add(task)

    async def _play(self, play, connection):
        with contextlib.suppress(ConnectionError):
            await play(connection)

    def _right(self, _connection, request):
        script = self.script
        headers = [("Server", script.server)]
        if self.guard is not None and request.method != "OPTIONS":
            verdict = self.guard.verify(
                request.header("Authorization"), request.method, request.url
            )
            if verdict is not Verdict.ALLOWED:
                challenges = self.guard.challenges(is_stale=verdict is Verdict.STALE)
                return Response(
                    401,
                    "Unauthorized",
                    tuple(("WWW-Authenticate", value) for value in challenges),
                )
        body = b""
        if request.method == "OPTIONS":
            headers.append(("Public", "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"))
        elif request.method == "DESCRIBE":
            body = script.sdp.format(name=script.name, tool=script.tool).encode()
        elif request.method == "SETUP":
            headers += [("Session", script.session), ("Transport", request.header("Transport"))]
        return Response(200, "OK", tuple(headers), body)
