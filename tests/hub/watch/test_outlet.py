"""The outlet: goal: it never waits and never keeps more than its bound; method: a real socket that
nobody reads."""

import asyncio
import contextlib
import socket

from keepsight.hub.watch.outlet import UNSENT_BYTES_MAX, UNSENT_BYTES_SOFT, Outlet


@contextlib.asynccontextmanager
async def line():
    """An open outlet, and the socket at its other end."""
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    own.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_unix_connection(asyncio.Protocol, sock=own)
    outlet = Outlet()
    outlet.open(transport)
    try:
        yield outlet, theirs
    finally:
        transport.abort()
        theirs.close()


async def test_parts_arrive_as_one():
    async with line() as (outlet, theirs):
        assert outlet.write(b"a", memoryview(b"bc"), bytearray(b"d"), size_bytes=4)
        assert theirs.recv(10) == b"abcd"
        assert outlet.is_open
        assert outlet.sent_bytes == 4


async def test_without_a_watcher_nothing_is_written():
    outlet = Outlet()
    assert (outlet.is_open, outlet.is_full, outlet.write(b"x")) == (False, True, False)
    async with line() as (outlet, _theirs):
        outlet.close()
        assert (outlet.is_open, outlet.is_full, outlet.write(b"x")) == (False, True, False)


async def test_one_that_does_not_read_gets_no_more_than_the_bound():
    async with line() as (outlet, _theirs):
        piece, written = bytes(1 << 20), 0
        while not outlet.is_full:
            assert outlet.write(piece, size_bytes=len(piece))
            written += len(piece)
        assert UNSENT_BYTES_SOFT < written <= UNSENT_BYTES_SOFT + (4 << 20)
        while outlet.write(piece, size_bytes=len(piece)):
            written += len(piece)
        assert written <= UNSENT_BYTES_MAX + (4 << 20)
        assert outlet.is_open


async def test_it_closes_with_the_other_end():
    async with line() as (outlet, theirs):
        theirs.close()
        for _ in range(100):
            outlet.write(b"x")
            await asyncio.sleep(0)
        assert not outlet.is_open
