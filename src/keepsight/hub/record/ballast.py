"""A file of 64 MiB that is given up when the disk is full.

SQLite cannot even delete a row on a full disk. Freeing the ballast makes room for the index to
change, so that old recordings can be removed in order; it comes back when there is space again.
"""

import logging
import os
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)
BALLAST_BYTES: Final = 64 * 1024 * 1024


class Ballast:
    """Disk thread only."""

    def __init__(self, path: Path, size_bytes: int = BALLAST_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def ensure(self, free_bytes: int) -> bool:
        """Create it if it is missing and four times its size is free. Never raises."""
        try:
            if self._path.stat().st_size >= self._size_bytes:
                return True
        except OSError:
            pass
        if free_bytes < 4 * self._size_bytes:
            return False
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size_bytes)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.warning("the ballast file could not be made: %s", error)
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the space free. True if there was any; never raises."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            log.warning("the ballast file could not be removed: %s", error)
            return False
        return True
