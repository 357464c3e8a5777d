"""One child process that is kept running."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

log = logging.getLogger(__name__)
BACKOFF_SECONDS_MAX: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A child that ran this long starts anew at once when it ends."""
STOP_SECONDS: Final = 8.0
LINE_BYTES_MAX: Final = 64 * 1024
EXIT_FINAL: Final = 78
"""EX_CONFIG of sysexits.h: starting it again would not help."""


class ChildFailedError(Exception):
    """A child ended and must not be started again; it has said why on standard error."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} could not start")
        self.name = name


@dataclass(slots=True)
class Child:
    """How to start one, and what to do with the lines it prints."""

    name: str
    arguments: Sequence[str]
    """After the Python interpreter."""
    on_line: Callable[[str], None]
    stdin: bytes = b""
    """Written to its standard input, which then stays open: its end tells the child to stop."""
    pid: int | None = None
    starts: int = field(default=0)

    async def run(self) -> None:
        """Start it, and again when it ends, until cancelled; then stop it.

        Raises:
            ChildFailedError: it ended with EXIT_FINAL.
        """
        backoff_seconds = 0.5
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            code = await self._run_once()
            if code == EXIT_FINAL and self.starts == 1:
                raise ChildFailedError(self.name)  # later, the others must go on meanwhile
            if loop.time() - started > STEADY_SECONDS:
                backoff_seconds = 0.5
            log.warning("%s ended (%s); starting it again", self.name, code)
            await asyncio.sleep(backoff_seconds)
            backoff_seconds = min(2 * backoff_seconds, BACKOFF_SECONDS_MAX)

    async def _run_once(self) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
            start_new_session=True,  # Ctrl-C goes to the supervisor, which stops us in order
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.pid, self.starts = process.pid, self.starts + 1
        assert process.stdin is not None  # noqa: S101 - PIPE above
        assert process.stdout is not None  # noqa: S101 - PIPE above
        try:
            if self.stdin:
                process.stdin.write(self.stdin)
                with contextlib.suppress(ConnectionError):
                    await process.stdin.drain()
            while line := await self._read_line(process.stdout):
                self.on_line(line.decode(errors="replace").rstrip("\n"))
            return await process.wait()
        finally:
            await self._stop(process)

    async def _read_line(self, stream: asyncio.StreamReader) -> bytes:
        try:
            return await stream.readline()
        except ValueError:  # a line longer than the limit: not one of ours
            return b"\n"

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        self.pid = None
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            log.warning("%s did not stop in time and is killed", self.name)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
