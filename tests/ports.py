"""Ports for programs that must be told theirs, and cannot say which one they took."""

import random
import socket
from pathlib import Path
from typing import Final

_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST: Final = 10_000
"""Below are ports that services have by custom."""


def free_port() -> int:
    """A port of loopback that nobody uses now.

    Not one of those that the kernel hands out: between this answer and the program's start it would
    give such a port to the next connection that anybody opens.
    """
    handed_out_from = int(_RANGE.read_text().split()[0])
    for port in random.sample(range(LOWEST, handed_out_from), 1000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("every port that was tried is in use")
