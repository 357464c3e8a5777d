"""What the watcher's process gives up before the first picture: network, memory, privileges.

It decodes streams that a camera, or whoever took it over, made. What it does not have, a decoder's
hole cannot use. Each step is tried; what this machine does not allow is returned, to be logged.
"""

import ctypes
import os
import resource
import socket
from typing import Final

MEMORY_BYTES_MAX: Final = 6 << 30
"""Of address space; one camera and one detector take 0.5 GB of it, 34 cameras 0.22 GB resident."""
OPEN_FILES_MAX: Final = 256
NICE: Final = 5
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES: Final = 38


def limit(memory_bytes: int = MEMORY_BYTES_MAX) -> None:
    """Bound memory and files, make no core dumps, and let everything else here go first."""
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))
    os.nice(max(0, NICE - os.nice(0)))


def leave_network() -> list[str]:
    """Go without network and without new privileges; returns what could not be given up."""
    library = ctypes.CDLL(None, use_errno=True)
    missed = []
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        missed.append("no_new_privs")
    if library.unshare(_NEW_USER | _NEW_NET) != 0 and library.unshare(_NEW_NET) != 0:
        reason = os.strerror(ctypes.get_errno())
        if _may_have_sockets():
            missed.append(f"network ({reason})")
    return missed


def _may_have_sockets() -> bool:
    """False where whoever started this process took them already, as the hub does."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True
