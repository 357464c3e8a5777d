"""The Unix sockets of one household: where they lie and who may open them."""

import fcntl
import hashlib
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Final

PATH_BYTES_MAX: Final = 100
"""A Unix socket's path has at most 107 bytes on Linux."""
API: Final = "api.sock"
CONTROL: Final = "control.sock"
FEED: Final = "feed.sock"


class SocketDirectoryError(Exception):
    """The directory for the sockets cannot be used."""


class AlreadyRunningError(Exception):
    """Another hub holds this household's directory."""


def run_directory(household_directory: Path) -> Path:
    """Where the sockets of a household lie: in its directory, or elsewhere if that is too long.

    The same directory always gives the same answer, so that the command line finds the hub.

    Raises:
        SocketDirectoryError: the directory exists and is not this user's alone.
    """
    directory = household_directory.resolve() / "run"
    if len(os.fsencode(directory / CONTROL)) > PATH_BYTES_MAX:
        digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
        base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        directory = Path(base) / f"keepsight-{os.getuid()}-{digest}"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise SocketDirectoryError(f"{directory} is not a directory of this user")
    directory.chmod(0o700)
    return directory


def listen(path: Path) -> socket.socket:
    """A listening Unix socket of mode 0600, replacing one that a dead process left."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(128)
    listener.setblocking(False)
    return listener


def lock_directory(household_directory: Path) -> int:
    """Take the household's lock for the life of this process; returns the open descriptor.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    descriptor = os.open(household_directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise AlreadyRunningError(
            f"another hub is running on {household_directory}: stop it first, or use its pages"
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor
