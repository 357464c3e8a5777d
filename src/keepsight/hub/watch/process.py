"""One run of the watcher: started behind its walls, listened to, ended when it hangs or lies.

What the walls are made of: `hub/walls/`. It reads the interpreter, its libraries and the models,
writes nothing, opens no socket, and has one line to the hub: its standard input and output.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from keepsight.core.clock import Clock
from keepsight.hub.walls.confine import EXIT_NOT_CONFINED, Plan, missing_protection
from keepsight.hub.walls.surroundings import ENVIRONMENT, readable_paths
from keepsight.hub.watch.outlet import Outlet
from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.wire import Framer, Message, ProtocolError

log = logging.getLogger(__name__)

MEMORY_BYTES_MAX: Final = 6 << 30
"""Of address space; the watcher bounds itself to the same."""
OPEN_FILES_MAX: Final = 256
NICE: Final = 5
WRITTEN_BYTES_MAX: Final = 0
SOCKET_BYTES: Final = 1 << 20
"""Room in the socket: a keyframe of a large picture at once."""
SILENCE_SECONDS_MAX: Final = 60.0
"""It says something of each camera every ten seconds, and needs a few to load its libraries."""
STOP_SECONDS: Final = 3.0
CHECK_SECONDS: Final = 1.0
FLOOD_SECONDS: Final = 10.0
FLOOD_MESSAGES_MAX: Final = 10_000
"""In FLOOD_SECONDS: 34 cameras that are all looked at say a fifth of it."""
FLOOD_BYTES_MAX: Final = 64 << 20
LINE_BYTES_MAX: Final = 4 * 1024
LINES_MAX: Final = 50
"""Of its standard error that go to the log, in one run."""
EXIT_HUNG: Final = 75
"""EX_TEMPFAIL of sysexits.h: workers hang, start me again."""
FROM_OUTSIDE: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
"""Signals that somebody else sends: the owner of the machine, or its kernel when memory is out."""
PROGRAM: Final = "keepsight.detect"
MACHINE_FACTS: Final = ("/proc/cpuinfo", "/sys/devices/system/cpu")
"""What numeric libraries choose their code by."""
PASSED_ON: Final = ("TZ", "LANG")
ONE_ARENA: Final = {"MALLOC_ARENA_MAX": "1"}
"""glibc gives each thread a heap of its own. With pictures that pass between threads these grew
from 127 to 140 MB in half an hour of visits, and went on; with one heap it stayed at 127."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    status: int | None
    """Exit status, negative for a signal; None where it could not be started."""
    reason: Reason | None
    """Why; None where it was let go."""
    ran_seconds: float
    is_crash: bool = False
    """What it looked at may be to blame: it was neither let go nor ended from outside."""


class NoWallsError(OSError):
    """This kernel cannot keep a program from the keys. `missing`: what it lacks."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(f"this kernel has no {' and no '.join(missing)}")
        self.missing = missing


class FloodError(ProtocolError):
    """More messages than there can be."""


def prepare(
    models: Path, secret: Path, environment: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Command line and environment of the watcher.

    Args:
        models: folder of the model files; made if it is missing, so that models that are
            installed later can be read.
        secret: the household's folder, to which it must have no way.
        environment: the hub's.

    Raises:
        NoWallsError: this kernel has none.
        OSError: the folder cannot be made.
        keepsight.hub.walls.surroundings.ExposedError: what it needs to read contains the secret.
    """
    missing = missing_protection()
    if missing:
        raise NoWallsError(missing)
    models.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        view="",
        links=(),
        readable=readable_paths(secret, models, *map(Path, MACHINE_FACTS)),
        writable=(),
        scratch=(),
        memory_bytes=MEMORY_BYTES_MAX,
        cpu_seconds=None,
        file_bytes=WRITTEN_BYTES_MAX,
        open_files=OPEN_FILES_MAX,
        nice=NICE,
    )
    python = [sys.executable, "-I", "-B", "-X", "utf8", "-m"]
    command = [*python, "keepsight.hub.walls.confine", plan.dump(), "--", *python, PROGRAM]
    passed = {name: environment[name] for name in PASSED_ON if name in environment}
    return command, {**ENVIRONMENT, **ONE_ARENA, **passed, "KEEPSIGHT_MODELS": str(models)}


class _Line(asyncio.Protocol):
    """The hub's end of the line."""

    def __init__(self, run: "WatcherRun") -> None:
        self._run = run

    def data_received(self, data: bytes) -> None:
        self._run._hear(data)  # noqa: SLF001 - two halves of one thing

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._run.is_over.set()


class WatcherRun:
    """One process, from start to end."""

    def __init__(self, clock: Clock, outlet: Outlet, on_message: Callable[[Message], None]) -> None:
        self._clock = clock
        self._outlet = outlet
        self._on_message = on_message
        self._framer = Framer()
        self._pid: int | None = None
        self._why: Reason | None = None
        self._is_let_go = False
        self._heard_us = 0
        self._window_us = 0
        self._window_messages = 0
        self._window_bytes = 0
        self._transport: asyncio.Transport | None = None
        self.is_over = asyncio.Event()
        self.silence_seconds_max = SILENCE_SECONDS_MAX
        self.has_spoken = False

    @property
    def pid(self) -> int | None:
        """Of the process, while it runs."""
        return self._pid

    def end(self, why: Reason) -> None:
        """Kill it, and whatever it started; `run` then returns with this reason."""
        if not self._is_let_go:
            self._why = self._why or why
        self._kill()

    def _kill(self) -> None:
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)

    def let_go(self) -> None:
        """Tell it that nothing more comes: it says what it still has to say, and ends."""
        self._is_let_go = self._why is None
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):
                self._transport.write_eof()

    async def run(
        self, command: list[str], environment: dict[str, str], *, on_ready: Callable[[], None]
    ) -> Ending:
        """Run it to its end.

        Args:
            command: as `prepare` made it.
            environment: all that it gets.
            on_ready: called when the outlet is open; the watcher itself takes seconds to listen.
        """
        began_us = self._clock.monotonic_us()
        own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        process = None
        try:
            for each in (own, theirs):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
            own.setblocking(False)
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=asyncio.subprocess.PIPE,
                limit=LINE_BYTES_MAX,
                env=environment,
                cwd="/",
                start_new_session=True,  # one group, ended as a whole
            )
            self._pid = process.pid
            theirs.close()
            status = await self._attend(own, process, on_ready)
        except OSError as error:
            own.close()
            log.warning("the watcher could not be started: %s", error)
            self._why = self._why or Reason(ReasonCode.NOT_STARTED)
            status = None
        finally:
            theirs.close()
            self._outlet.close()
            if process is not None:
                self._kill()
                await process.wait()
            self._pid = None
        ran_us = self._clock.monotonic_us() - began_us
        is_outside = self._why is None and status is not None and -status in FROM_OUTSIDE
        is_crash = self.has_spoken and not self._is_let_go and not is_outside
        why = None if self._is_let_go else self._why or _reason_of(status)
        return Ending(status, why, ran_us / 1e6, is_crash)

    async def _attend(
        self,
        own: socket.socket,
        process: asyncio.subprocess.Process,
        on_ready: Callable[[], None],
    ) -> int:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_unix_connection(lambda: _Line(self), sock=own)
        self._transport = transport
        self._heard_us = self._window_us = self._clock.monotonic_us()
        self._outlet.open(cast("asyncio.WriteTransport", transport))
        try:
            on_ready()
            async with asyncio.TaskGroup() as tasks:
                checking = tasks.create_task(self._check())
                assert process.stderr is not None  # noqa: S101 - PIPE above
                reading = tasks.create_task(self._read_errors(process.stderr))
                await self.is_over.wait()
                # It closed its end: it has ended, or it is of no more use.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STOP_SECONDS):
                        await process.wait()
                if process.returncode is None:
                    self.end(Reason(ReasonCode.LINE_CLOSED))
                status = await process.wait()
                checking.cancel()
                await asyncio.wait((reading,), timeout=STOP_SECONDS)
                reading.cancel()
        finally:
            transport.abort()
        return status

    # --- listening --------------------------------------------------------------------------

    def _hear(self, data: bytes) -> None:
        self._heard_us = self._clock.monotonic_us()
        self._window_bytes += len(data)
        try:
            for message in self._framer.feed(data):
                self._window_messages += 1
                self._check_flood()
                self.has_spoken = True
                self._on_message(message)
        except ProtocolError as error:
            log.error("the watcher is ended: %s", error)  # noqa: TRY400 - no fault of ours
            if self._transport is not None:
                self._transport.abort()
            is_flood = isinstance(error, FloodError)
            self.end(Reason(ReasonCode.FLOOD if is_flood else ReasonCode.PROTOCOL))

    def _check_flood(self) -> None:
        if self._heard_us - self._window_us > FLOOD_SECONDS * 1e6:
            self._window_us = self._heard_us
            self._window_messages = self._window_bytes = 0
        if self._window_messages > FLOOD_MESSAGES_MAX or self._window_bytes > FLOOD_BYTES_MAX:
            raise FloodError("it says more than there can be to say")

    async def _check(self) -> None:
        """End it when it is silent for too long."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            silent_us = self._clock.monotonic_us() - self._heard_us
            if silent_us > self.silence_seconds_max * 1e6:
                self.end(Reason(ReasonCode.SILENT, {"seconds": silent_us // 1_000_000}))

    async def _read_errors(self, stream: asyncio.StreamReader) -> None:
        """Its standard error, for the log: bounded, and one line a line."""
        count = 0
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than any line of ours
                continue
            if not line:
                return
            count += 1
            if count <= LINES_MAX:
                text = line.decode(errors="replace").rstrip()
                printable = "".join(c if c.isprintable() else "?" for c in text)
                log.info("watcher: %s", printable[:400])


def _reason_of(status: int | None) -> Reason:
    if status is None:
        return Reason(ReasonCode.NOT_STARTED)
    if status == EXIT_NOT_CONFINED:
        return Reason(ReasonCode.NOT_CONFINED)
    if status == EXIT_HUNG:
        return Reason(ReasonCode.HUNG)
    if status < 0:
        with contextlib.suppress(ValueError):
            return Reason(ReasonCode.KILLED, {"signal": signal.Signals(-status).name})
    return Reason(ReasonCode.ENDED, {"status": status})
