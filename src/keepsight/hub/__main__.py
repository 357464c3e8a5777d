"""`python -m keepsight.hub --directory DIR`: one household's hub, as the supervisor starts it.

Standard input: one line of JSON with `demo` (null, or household, member and passphrase) and
`is_idle` (true: connect to no camera), then kept open; its end stops the hub. Standard output: one
line of JSON when the sockets listen.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
from pathlib import Path

import uvloop

from keepsight.core.clock import SystemClock
from keepsight.core.secret import Secret
from keepsight.hub.hub import Demo, Hub, HubState
from keepsight.hub.sockets import AlreadyRunningError, SocketDirectoryError

EXIT_FINAL = 78
GC_OBJECTS = 20_000
"""New objects between two looks of the cycle collector; 32 cameras make about 3,000 a second."""


def _say_ready(hub: Hub) -> None:
    line = {"state": hub.state.value}
    if hub.state is HubState.UNCLAIMED:
        line["setup_code"] = hub.setup_code.reveal()
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def _run(directory: Path, demo: Demo | None, *, is_idle: bool) -> None:
    hub = Hub(
        directory,
        clock=SystemClock(),
        environment=dict(os.environ),
        demo=demo,
        is_idle=is_idle,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, hub.stop)

    def on_stdin() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            hub.stop()

    loop.add_reader(0, on_stdin)
    await hub.run(_say_ready)


def _read_config_line() -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)  # not sys.stdin: its buffer would swallow what comes after the line
        if not byte:
            break
        line += byte
    return bytes(line)


def _calm_collector() -> None:
    """Access units have no cycles: looking for some cost 4 to 13 % of ingest."""
    gc.freeze()
    gc.set_threshold(GC_OBJECTS, 20, 20)


def main() -> int:
    """Run the hub; returns an exit status."""
    parser = argparse.ArgumentParser(prog="keepsight.hub")
    parser.add_argument("--directory", type=Path, required=True)
    directory: Path = parser.parse_args().directory
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    config = json.loads(_read_config_line() or b"{}")
    demo = None
    if config.get("demo"):
        found = config["demo"]
        demo = Demo(found["household"], found["member"], Secret(found["passphrase"]))
    _calm_collector()
    try:
        uvloop.run(_run(directory, demo, is_idle=bool(config.get("is_idle"))))
    except (AlreadyRunningError, SocketDirectoryError) as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 - expected; no traceback
        return EXIT_FINAL
    return 0


if __name__ == "__main__":
    sys.exit(main())
