"""`python -m keepsight.door --config FILE`: the door as a process of its own."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import uvloop
from setproctitle import setproctitle

from keepsight.core.clock import SystemClock
from keepsight.door.config import ConfigError, read_config
from keepsight.door.door import run_door
from keepsight.door.front import ListenError
from keepsight.door.tls import CertificateError

EXIT_FINAL = 78
"""EX_CONFIG of sysexits.h: starting again would not help before something else changes."""


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; 0 after a clean stop, EXIT_FINAL if it cannot start."""
    parser = argparse.ArgumentParser(prog="keepsight.door", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file; see door/config.py")
    parser.add_argument("--child", action="store_true", help="stop when standard input ends")
    options = parser.parse_args(arguments)
    path: Path = options.config
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="door %(levelname)s %(name)s: %(message)s"
    )
    setproctitle("keepsight door")
    try:
        config = read_config(path)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run_door(config, SystemClock(), path, is_child=options.child))
    except (ConfigError, CertificateError, ListenError) as error:
        sys.stderr.write(f"door: {error}\n")
        return EXIT_FINAL
    return 0


if __name__ == "__main__":
    sys.exit(main())
