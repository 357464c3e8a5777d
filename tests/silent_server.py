"""A server that takes every connection, says so much and no more: what waits for it has to end."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Silence:
    """A running one."""

    port: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody is connected, has been told everything, and waits."""


@contextlib.asynccontextmanager
async def silent_server(*says: bytes, folder: Path | None = None):
    """Says one thing after each line it hears, the first at once; then it is silent.

    With a folder (of `mail_server.make_certificate`) it speaks TLS; without, and without a word, it
    does not even shake hands.
    """
    silence, open_now = Silence(), set()

    async def serve(reader, writer):
        open_now.add(writer)
        for number, word in enumerate(says):
            if number:
                await reader.readline()
            writer.write(word)
        if says:
            await reader.readline()
        silence.reached.set()

    context = None
    if folder is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    silence.port = server.sockets[0].getsockname()[1]
    try:
        yield silence
    finally:
        server.close()
        for writer in open_now:
            writer.transport.abort()
