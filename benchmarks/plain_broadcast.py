"""The door's peer: sends every message of a feed to every WebSocket, as aiohttp's manual shows it.

No sessions, no cache, no dropping. `python -m benchmarks.plain_broadcast FEED_SOCKET OPAQUE_HEX`
prints its port.
"""

import asyncio
import sys

import uvloop
from aiohttp import web


async def main(feed: str, opaque: bytes) -> None:
    """Serve until killed."""
    viewers: set[web.WebSocketResponse] = set()

    async def live(request: web.Request) -> web.WebSocketResponse:
        viewer = web.WebSocketResponse(compress=False, protocols=("keepsight.live.1",))
        await viewer.prepare(request)
        viewers.add(viewer)
        try:
            async for _ in viewer:
                pass
        finally:
            viewers.discard(viewer)
        return viewer

    app = web.Application()
    app.router.add_get("/live", live)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    reader, writer = await asyncio.open_unix_connection(feed)
    writer.write((17).to_bytes(4) + b"\x01" + opaque)
    print(f":{runner.addresses[0][1]}", flush=True)
    while True:
        body = await reader.readexactly(int.from_bytes(await reader.readexactly(4)))
        if body[0] == 3:
            for viewer in tuple(viewers):
                await viewer.send_bytes(body[1:])


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], bytes.fromhex(sys.argv[2])))
