"""The watcher's process: messages in and out on a pipe or socket (design/wire.md, section 9)."""

import contextlib
import logging
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from keepsight.core.clock import SystemClock
from keepsight.detect.config import ConfigError, read_config
from keepsight.detect.crew import Crew, TooManyHungError
from keepsight.detect.wire import (
    FromWatcher,
    Message,
    Reader,
    ToWatcher,
    WireError,
    pack_json,
    read_json,
    read_sound,
    read_stills,
    read_unit,
)

log = logging.getLogger(__name__)

READ_BYTES: Final = 256 << 10
PAUSE_SECONDS: Final = 0.02
"""Between two reads, unless much waits."""
OUTGOING_MAX: Final = 512
"""Messages that wait for the hub; then the workers wait, and fall behind, and say so."""
CHECK_SECONDS: Final = 1.0
EXIT_PROTOCOL: Final = 76
"""EX_PROTOCOL of sysexits.h."""
EXIT_HUNG: Final = 75
"""EX_TEMPFAIL: start me again."""


class Desk:
    """Takes the hub's messages to the crew."""

    def __init__(self, crew: Crew, send: Callable[[bytes], None]) -> None:
        self._crew = crew
        self._send = send

    def take(self, message: Message) -> None:
        """Do what a message says.

        Raises:
            WireError: it is none of the protocol.
        """
        if message.kind == ToWatcher.UNIT:
            self._crew.put(message.camera, read_unit(message))
        elif message.kind == ToWatcher.CAMERA:
            try:
                config = read_config(read_json(message))
            except ConfigError as error:
                document = {"state": "failed", "reason": f"configuration: {error}"}
                self._send(pack_json(FromWatcher.STATE, message.camera, document))
                return
            self._crew.watch(message.camera, config)
        elif message.kind == ToWatcher.FORGET:
            self._crew.forget(message.camera)
        elif message.kind == ToWatcher.BOXES:
            self._crew.want_boxes(message.camera, wants=message.body[:1] == b"\x01")
        elif message.kind == ToWatcher.SOUND:
            self._crew.hear(message.camera, read_sound(message))
        elif message.kind == ToWatcher.STILLS:
            self._crew.want_stills(message.camera, read_stills(message))
        else:
            raise WireError(f"a message of unknown type {message.kind}")


def _write_all(descriptor: int, outgoing: "queue.Queue[bytes | None]") -> None:
    """Write until None comes or the hub is gone."""
    with contextlib.suppress(OSError):
        while (message := outgoing.get()) is not None:
            view = memoryview(message)
            while view:
                view = view[os.write(descriptor, view) :]
        return
    while outgoing.get() is not None:  # nobody reads: let the workers go on to their end
        pass


def serve(incoming: int, outgoing: int, crew_of: Callable[[Callable[[bytes], None]], Crew]) -> int:
    """Serve until the hub closes its end; the exit status.

    Args:
        incoming: file descriptor of the hub's messages.
        outgoing: file descriptor for ours; may be the same, a socket.
        crew_of: makes the crew, given how to send.
    """
    letters: queue.Queue[bytes | None] = queue.Queue(OUTGOING_MAX)
    writer = threading.Thread(target=_write_all, args=(outgoing, letters), name="write")
    writer.start()
    crew = crew_of(letters.put)
    ended = threading.Event()
    status: list[int] = []

    def read() -> None:
        try:
            _read_all(incoming, Desk(crew, letters.put))
        except WireError as error:
            log.error("the hub's messages make no sense: %s", error)  # noqa: TRY400
            status.append(EXIT_PROTOCOL)
        finally:
            ended.set()

    threading.Thread(target=read, name="read", daemon=True).start()
    try:
        while not ended.wait(CHECK_SECONDS):
            crew.check()
    except TooManyHungError as error:
        log.error("%s; ending", error)  # noqa: TRY400
        os._exit(EXIT_HUNG)  # threads in foreign code cannot be ended otherwise
    crew.stop()
    letters.put(None)
    writer.join()
    return status[0] if status else 0


def _read_all(descriptor: int, desk: Desk) -> None:
    reader = Reader()
    while data := os.read(descriptor, READ_BYTES):
        for message in reader.feed(data):
            desk.take(message)
        if len(data) < READ_BYTES // 2:
            # The hub writes each picture as it comes; reading each alone costs more than this wait.
            time.sleep(PAUSE_SECONDS)


def main(arguments: list[str]) -> int:
    """Run on the socket whose path is given, or on standard input and output."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s"
    )
    incoming, outgoing = 0, os.dup(1)
    os.dup2(2, 1)  # what foreign code prints must not get between messages
    if arguments:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(arguments[0])
        incoming = outgoing = connection.detach()
    clock = SystemClock()
    return serve(incoming, outgoing, lambda send: Crew(send, clock))
