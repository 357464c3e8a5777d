"""How often somebody may be wrong: per name, and for everybody together.

Failures are kept in a file beside the database, so that stopping and starting the hub is no way
around them, and so that they hold while the household is locked and its database closed. The file
knows names only as salted hashes: what people type as a name is now and then their passphrase.
"""

import hashlib
import json
import logging
import secrets
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub.keyring import write_private

log = logging.getLogger(__name__)
SECOND_US: Final = 1_000_000
WINDOWS: Final = ((60, 5), (3600, 20), (86_400, 100))
"""Seconds, and how many failures of one name they may hold. NIST SP 800-63B-4 allows 100 at all."""
WINDOWS_OF_ALL: Final = ((60, 30), (3600, 200))
"""The same for all names together: guessing one passphrase with many names."""
NAMES_MAX: Final = 1000
FILE_BYTES_MAX: Final = 4 * 1024 * 1024
_ALL: Final = "all"


class TooManyTriesError(Exception):
    """Closed for this name for a while."""

    def __init__(self, retry_seconds: int) -> None:
        super().__init__(f"too many tries: wait {retry_seconds} seconds")
        self.retry_seconds = retry_seconds


def _wait_us(failures: deque[int], windows: tuple[tuple[int, int], ...], now_us: int) -> int:
    """How long until one more may fail; 0 for now."""
    waits = [0]
    for seconds, most in windows:
        if len(failures) >= most:
            waits.append(failures[-most] + seconds * SECOND_US - now_us)
    return max(waits)


class TryLimit:
    """Counts failures. Threads may call it; the file is written by whoever failed."""

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        """Take up what was counted before.

        Args:
            clock: monotonic time counts; wall time only carries the counts over a restart.
            path: where failures are kept; None: in memory only.
        """
        self._clock = clock
        self._path = path
        self._salt = secrets.token_hex(16)
        self._failures: dict[str, deque[int]] = {}
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()
        if path is not None and path.exists():
            self._read(path)

    def _key(self, name: str) -> str:
        return hashlib.sha256(f"{self._salt} {name.strip().casefold()}".encode()).hexdigest()[:32]

    def check(self, name: str) -> None:
        """Raise if this name has to wait.

        Raises:
            TooManyTriesError: with the seconds to wait.
        """
        now_us = self._clock.monotonic_us()
        with self._lock:
            wait_us = max(
                self._wait_us(self._key(name), WINDOWS, now_us),
                self._wait_us(_ALL, WINDOWS_OF_ALL, now_us),
            )
        if wait_us > 0:
            raise TooManyTriesError(wait_us // SECOND_US + 1)

    def _wait_us(self, key: str, windows: tuple[tuple[int, int], ...], now_us: int) -> int:
        failures, running = self._failures.get(key, deque()), self._running[key]
        # A try whose answer is not known yet counts as a failure of now: many at once are many.
        return _wait_us(deque([*failures, *[now_us] * running]), windows, now_us)

    @contextmanager
    def trying(self, name: str) -> Iterator[None]:
        """Check, and hold a place while it turns out whether this try is right.

        Raises:
            TooManyTriesError: with the seconds to wait.
        """
        self.check(name)
        places = (self._key(name), _ALL)
        with self._lock:
            self._running.update(places)
        try:
            yield
        finally:
            with self._lock:
                for place in places:
                    self._running[place] -= 1
                    if not self._running[place]:
                        del self._running[place]

    def failed(self, name: str) -> None:
        """Count a failed try, and write it down."""
        now_us = self._clock.monotonic_us()
        with self._lock:
            for key, windows in ((_ALL, WINDOWS_OF_ALL), (self._key(name), WINDOWS)):
                most = max(count for _, count in windows)
                # Put at the end: the name that failed longest ago is forgotten first.
                failures = self._failures.pop(key, deque(maxlen=most))
                failures.append(now_us)
                self._failures[key] = failures
            while len(self._failures) > NAMES_MAX:
                self._failures.pop(next(iter(self._failures)))
            self._write()

    def succeeded(self, name: str) -> None:
        """Forget the failures of this name."""
        with self._lock:
            if self._failures.pop(self._key(name), None) is not None:
                self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        offset_us = self._clock.wall_us() - self._clock.monotonic_us()
        kept = {key: [at + offset_us for at in times] for key, times in self._failures.items()}
        document = {"version": 1, "salt": self._salt, "failures_wall_us": kept}
        try:
            write_private(self._path, json.dumps(document).encode())
        except OSError as error:
            # The count in memory holds; only a restart would forget it.
            log.warning("failed sign-ins cannot be written down: %s", error)

    def _read(self, path: Path) -> None:
        now_us, wall_us = self._clock.monotonic_us(), self._clock.wall_us()
        try:
            with path.open("rb") as file:
                document = json.loads(file.read(FILE_BYTES_MAX))
            self._salt = str(document["salt"])
            for key, times in list(document["failures_wall_us"].items())[:NAMES_MAX]:
                windows = WINDOWS_OF_ALL if key == _ALL else WINDOWS
                # A wall clock set back must not stretch a wait: nothing failed in the future.
                ages_us = sorted((max(0, wall_us - int(at)) for at in times), reverse=True)
                most = max(count for _, count in windows)
                self._failures[str(key)] = deque((now_us - age for age in ages_us), maxlen=most)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s cannot be read, counting failed sign-ins anew: %s", path.name, error)
            self._failures = {}
