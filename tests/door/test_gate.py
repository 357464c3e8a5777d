"""Goal: one address cannot take every connection. Method: a gate, and a listener behind one."""

import asyncio
from typing import cast

import pytest

from keepsight.door import gate as gate_module
from keepsight.door.gate import ADDRESS_CONNECTIONS_MAX, Gate, GatedProtocol


def test_addresses_count_apart() -> None:
    gate = Gate()
    assert all(gate.enter("10.0.0.1") for _ in range(ADDRESS_CONNECTIONS_MAX))
    assert not gate.enter("10.0.0.1")
    assert gate.enter("10.0.0.2")
    gate.leave("10.0.0.1")
    assert gate.enter("10.0.0.1")
    assert gate.count("10.0.0.1") == ADDRESS_CONNECTIONS_MAX


def test_loopback_may_hold_more() -> None:
    gate = Gate()
    for address in ("127.0.0.1", "::1"):
        assert all(gate.enter(address) for _ in range(ADDRESS_CONNECTIONS_MAX + 1))


def test_all_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "CONNECTIONS_MAX", 10)
    gate = Gate()
    assert sum(gate.enter(f"10.0.0.{n}") for n in range(20)) == 10


def test_nothing_is_kept_of_addresses_that_left() -> None:
    gate = Gate()
    for number in range(100):
        gate.enter(f"10.0.0.{number}")
        gate.leave(f"10.0.0.{number}")
    assert gate.count("10.0.0.1") == 0
    assert not gate._counts


async def test_flood_writes_one_line(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    for number in range(1000):
        gate.warn(f"10.0.0.{number}")
    assert len(caplog.records) == 1
    gate._speak_again()
    gate.warn("10.0.0.1")
    assert len(caplog.records) == 2


class Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


async def test_listener_passes_on_and_counts_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "LOOPBACK_CONNECTIONS_MAX", 1)
    gate = Gate()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: GatedProtocol(gate, Echo), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    assert await asyncio.wait_for(reader.readexactly(5), 30) == b"hello"
    refused, refused_writer = await asyncio.open_connection("127.0.0.1", port)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(refused.readexactly(1), 30)
    assert gate.count("127.0.0.1") == 1
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 30) == b""
    writer.close()
    refused_writer.close()
    async with asyncio.timeout(30):
        while gate.count("127.0.0.1"):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    server.close()
