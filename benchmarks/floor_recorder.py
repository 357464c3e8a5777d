"""The floor: receives RTSP over TCP and writes the bytes as they are. No recorder can cost less.

`python -m benchmarks.floor_recorder PORT COUNT FOLDER`; ends with its input.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final, cast

import uvloop

BUFFER_BYTES: Final = 256 * 1024
TRACKS: Final = (("track1", 0), ("track2", 2))


class Floor(asyncio.BufferedProtocol):
    """Fills a buffer, writes it, looks at nothing."""

    def __init__(self, url: str, path: Path) -> None:
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._end = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._url = url

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for everything at once; the answers are written like the rest."""
        lines = [f"DESCRIBE {self._url} RTSP/1.0\r\nCSeq: 1\r\n\r\n"]
        lines += [
            f"SETUP {self._url}/{track} RTSP/1.0\r\nCSeq: 2\r\n"
            f"Transport: RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}\r\n\r\n"
            for track, channel in TRACKS
        ]
        lines.append(f"PLAY {self._url} RTSP/1.0\r\nCSeq: 4\r\nSession: 1\r\n\r\n")
        cast("asyncio.Transport", transport).write("".join(lines).encode())

    def get_buffer(self, _sizehint: int) -> memoryview:
        """What is free."""
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """Write when full."""
        self._end += nbytes
        if self._end == BUFFER_BYTES:
            os.write(self._file, self._buffer)
            self._end = 0


async def _main(port: int, count: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    for number in range(count):
        url = f"rtsp://127.0.0.1:{port}/{number}"
        path = folder / f"floor{number}"
        await loop.create_connection(lambda u=url, p=path: Floor(u, p), "127.0.0.1", port)  # type: ignore[misc]
    ended = asyncio.Event()
    loop.add_reader(0, ended.set)
    await ended.wait()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
