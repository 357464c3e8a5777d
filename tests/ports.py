"""Ports for programs that must be told theirs, and cannot say which one they took."""

import random
import socket
from pathlib import Path
from typing import Final

_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST: Final = 10_000
"""Below are ports that services have by custom."""
HIGHEST: Final = 65_535
TRIES: Final = 1000


def _handed_out_from() -> int:
    try:
        return int(_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return LOWEST  # not known here


def free_port() -> int:
    """A port of loopback that nobody uses now.

    Not one of those that the kernel hands out: between this answer and the program's start it would
    give such a port to the next connection that anybody opens.
    """
    candidates = range(LOWEST, _handed_out_from())
    if len(candidates) < TRIES:  # the kernel hands out nearly all: then one of those
        candidates = range(LOWEST, HIGHEST + 1)
    for port in random.sample(candidates, TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("every port that was tried is in use")
