"""A bad network and a bad middle between browsers and doors, for several households at once.

One TCP listener for each household, in front of its door. It understands just enough HTTP and
WebSocket to be wrong in the right places: pictures of one household are handed to the other, old
ones come again, bytes flip, connections stall and break. What it does changes every few seconds;
the order follows from the seed. The API passes with delays only: this is about pictures.
"""

import asyncio
import contextlib
import random
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

CALM_SECONDS: Final = 6.0
STORM_SECONDS: Final = 1.5
STALL_SECONDS: Final = 7.0
OPAQUE_BYTES: Final = 16
BODY_BYTES_MAX: Final = 64 * 1024 * 1024
KEPT_MAX: Final = 64
"""Messages of each household that can come again, or come to somebody else."""
STORMS: Final = (
    "swap", "delay", "cut", "neighbour", "loss", "flip", "swap", "stall", "replay", "truncate",
    "duplicate",
)  # fmt: skip


@dataclass
class Weather:
    """What is wrong at the moment."""

    chance: random.Random
    now: str = "calm"

    async def change(self) -> None:
        """Calm and storms in turn, until cancelled."""
        storms = ["swap"]  # first, so that a short run has seen it
        while True:
            for storm in storms:
                self.now = "calm"
                await asyncio.sleep(CALM_SECONDS)
                self.now = storm
                await asyncio.sleep(STALL_SECONDS if storm == "stall" else STORM_SECONDS)
            storms = self.chance.sample(STORMS, len(STORMS))


@dataclass
class Lane:
    """One household's way."""

    name: str
    target_port: int
    weather: Weather
    port: int = 0
    others: list["Lane"] = field(default_factory=list)
    kept: deque[bytes] = field(default_factory=lambda: deque(maxlen=KEPT_MAX))
    """Live messages seen: opaque id and fragment."""
    still: bytes = b""
    """The newest body of a still."""
    done: Counter[str] = field(default_factory=Counter)
    """What was done to whom, and how often."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a browser."""
        up_writer = None
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
            while await self._exchange(reader, writer, up_reader, up_writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        except asyncio.CancelledError:
            pass  # everything ends
        finally:
            for one in (writer, up_writer):
                if one is not None:
                    one.close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        up_writer.write(head + await reader.readexactly(_length(head) or 0))
        answer = await up_reader.readuntil(b"\r\n\r\n")
        if answer.startswith(b"HTTP/1.1 101"):
            writer.write(answer)
            upwards = asyncio.ensure_future(_pump(reader, up_writer))
            try:
                await self._live(up_reader, writer)
            finally:
                upwards.cancel()
            return False
        body = await _body(up_reader, answer)
        path = head.split(b" ", 2)[1].decode("latin-1")
        if path.endswith("/still") and b" 200 " in answer[:16]:
            answer, body = self._other_still(answer, body)
        if self.weather.now in {"delay", "stall"}:
            await asyncio.sleep(self.weather.chance.uniform(0.05, 0.5))
        writer.write(answer + body)
        await writer.drain()
        return b"connection: close" not in answer.lower()

    def _other_still(self, answer: bytes, body: bytes) -> tuple[bytes, bytes]:
        self.still = body
        other = next((lane.still for lane in self.others if lane.still), b"")
        if not other or self.weather.chance.random() > 0.3:
            return answer, body
        self.done["swapped stills"] += 1
        return _with_length(answer, len(other)), other

    async def _live(self, up_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass WebSocket messages on, or do something to them."""
        weather, chance = self.weather, self.weather.chance
        held_until = 0.0
        loop = asyncio.get_running_loop()
        while True:
            opcode, payload = await _frame(up_reader)
            if weather.now == "stall" and loop.time() > held_until + 3 * STALL_SECONDS:
                held_until = loop.time() + STALL_SECONDS
                self.done["stalls"] += 1
            await asyncio.sleep(max(0.0, held_until - loop.time()))
            if weather.now == "delay":
                await asyncio.sleep(chance.uniform(0, 0.12))
            if opcode != 2:
                writer.write(_framed(opcode, payload))
                continue
            if weather.now == "cut" and chance.random() < 0.02:
                whole = _framed(opcode, payload)
                writer.write(whole[: chance.randrange(len(whole))])
                self.done["cuts"] += 1
                await writer.drain()
                return
            for changed in self._changed(payload):
                writer.write(_framed(opcode, changed))
            self.kept.append(payload)
            await writer.drain()

    def _changed(self, payload: bytes) -> list[bytes]:
        """What arrives in place of a message."""
        chance, storm = self.weather.chance, self.weather.now
        if chance.random() > 0.3 or storm in {"calm", "delay", "cut", "stall"}:
            return [payload]
        opaque, sealed = payload[:OPAQUE_BYTES], bytearray(payload[OPAQUE_BYTES:])
        arriving = [payload]
        match storm:
            case "swap":
                # The other household's picture under this household's stream.
                other = [kept for lane in self.others for kept in lane.kept]
                arriving = [opaque + kept[OPAQUE_BYTES:] for kept in self._one_of(other)]
            case "neighbour":
                kept = [one for one in self.kept if one[:OPAQUE_BYTES] != opaque]
                arriving = [opaque + one[OPAQUE_BYTES:] for one in self._one_of(kept)]
            case "replay":
                arriving = [*self._one_of(list(self.kept)), payload]
            case "duplicate":
                arriving = [payload, payload]
            case "flip":
                sealed[chance.randrange(len(sealed))] ^= 1 << chance.randrange(8)
                arriving = [opaque + sealed]
            case "truncate":
                arriving = [opaque + sealed[: chance.randrange(len(sealed))]]
            case "loss":
                arriving = []
        self.done[storm] += arriving != [payload]
        return arriving

    def _one_of(self, messages: list[bytes]) -> list[bytes]:
        return [self.weather.chance.choice(messages)] if messages else []


@asynccontextmanager
async def chaos(seed: int, ports: dict[str, int]) -> AsyncIterator[dict[str, Lane]]:
    """Listeners in front of the doors of these households, with one weather for all."""
    weather = Weather(random.Random(seed))
    lanes = {name: Lane(name, port, weather) for name, port in ports.items()}
    async with AsyncExitStack() as stack:
        for lane in lanes.values():
            lane.others = [other for other in lanes.values() if other is not lane]
            server = await asyncio.start_server(lane.serve, "127.0.0.1", 0, limit=1024 * 1024)
            stack.callback(server.close)
            lane.port = server.sockets[0].getsockname()[1]
        changing = asyncio.ensure_future(weather.change())
        try:
            yield lanes
        finally:
            changing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await changing


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _field(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        found, _, value = line.partition(b":")
        if found.strip().lower() == name:
            return value.strip()
    return None


def _length(head: bytes) -> int | None:
    value = _field(head, b"content-length")
    return None if value is None else min(int(value), BODY_BYTES_MAX)


def _with_length(head: bytes, length: int) -> bytes:
    lines = [
        b"Content-Length: %d" % length if line.lower().startswith(b"content-length:") else line
        for line in head.split(b"\r\n")
    ]
    return b"\r\n".join(lines)


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if head.startswith((b"HTTP/1.1 204", b"HTTP/1.1 304")):
        return b""
    length = _length(head)
    if length is not None:
        return await reader.readexactly(length)
    if (_field(head, b"transfer-encoding") or b"").lower() != b"chunked":
        return await reader.read()
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        body += line + await reader.readexactly(int(line, 16) + 2)
        if int(line, 16) == 0:
            return body


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, length = await reader.readexactly(2)
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2))
    elif length == 127:
        length = int.from_bytes(await reader.readexactly(8))
    if length > BODY_BYTES_MAX:
        raise ValueError("too long a message")
    return first & 0x0F, await reader.readexactly(length)


def _framed(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, size))
    elif size < 1 << 16:
        head = bytes((0x80 | opcode, 126)) + size.to_bytes(2)
    else:
        head = bytes((0x80 | opcode, 127)) + size.to_bytes(8)
    return head + payload
