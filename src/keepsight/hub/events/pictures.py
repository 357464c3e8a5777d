"""Pictures of events: sealed into files, found, read and removed. Blocking; any thread.

Each picture is a key window of its own. Its secret is random and lies, wrapped, in its row alone:
when the row goes, the file opens for nobody, so files may go a little later.
"""

import errno
import logging
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub.event import Event, EventPicture
from keepsight.hub.events.intake import PendingPicture
from keepsight.hub.keyring import Keyring, write_private
from keepsight.hub.store.events import StoredPicture
from keepsight.seal import keys
from keepsight.seal.frame import Sealer, WindowKey
from keepsight.seal.header import Context, Kind, Stream

log = logging.getLogger(__name__)
FREE_BYTES_MIN: Final = 128 * 1024 * 1024
"""With less free space no picture is written: recordings come first."""
BYTES_PER_DAY_MAX: Final = 1024 * 1024 * 1024
"""Of one camera's pictures."""


def day_of(wall_us: int) -> str:
    """The UTC day, YYYY-MM-DD."""
    return datetime.fromtimestamp(wall_us / 1e6, UTC).strftime("%Y-%m-%d")


class PictureFiles:
    """The folder `events` of a household."""

    def __init__(self, root: Path, keyring: Keyring, clock: Clock) -> None:
        self._root = root
        self._keyring = keyring
        self._clock = clock
        self._lock = threading.Lock()
        """Folders that look empty are removed: not while something is being written into one."""
        self._written: Counter[tuple[bytes, str]] = Counter()
        """Bytes by camera and day of writing, of today only."""

    def path(self, stored: StoredPicture) -> Path:
        """Where its file is."""
        folder = self._root / stored.camera.hex() / stored.day
        return folder / stored.picture.picture_id.hex()

    def context(self, camera: bytes, picture: EventPicture) -> Context:
        """Its window."""
        household = self._keyring.household
        return Context(household, camera, Stream.EVENT, picture.epoch, picture.picture_id)

    def _place(self, camera: bytes, event: bytes, picture_id: bytes) -> bytes:
        household = self._keyring.household
        return keys.join_parts(b"event picture 1", household, camera, event, picture_id)

    def press(self, event: Event, new: PendingPicture) -> StoredPicture:
        """Seal a picture and write its file; durable on return. Its row comes second.

        Raises:
            OSError: the disk refused, or there is too little space or too much already.
        """
        self._check_room(event.camera_id, len(new.jpeg))
        camera, picture_id, secret = event.camera_id, keys.new_id(), keys.new_key()
        epoch = self._keyring.epoch
        wrapping = self._keyring.camera_key(camera, keys.Purpose.EVENT, epoch)
        wrapped = keys.wrap(wrapping, secret, self._place(camera, event.event_id, picture_id))
        household = self._keyring.household
        context = Context(household, camera, Stream.EVENT, epoch, picture_id)
        sealed = Sealer(WindowKey(secret, context)).seal(
            Kind.THUMB,
            new.jpeg,
            wall_us=event.best_us if new.role == "picture" else event.start_us,
            monotonic_us=self._clock.monotonic_us(),
        )
        picture = EventPicture(
            picture_id, new.role, epoch, wrapped, len(sealed), new.columns, new.rows, new.count
        )
        stored = StoredPicture(
            camera,
            event.event_id,
            day_of(event.start_us),
            event.start_us,
            max(event.last_us, new.arrived_us),
            picture,
        )
        with self._lock:
            write_private(self.path(stored), bytes(sealed))
        return stored

    def _check_room(self, camera: bytes, size_bytes: int) -> None:
        today = day_of(self._clock.wall_us())
        if self._written[camera, today] + size_bytes > BYTES_PER_DAY_MAX:
            raise OSError(errno.EDQUOT, "this camera's pictures take too much space today")
        if shutil.disk_usage(self._root.parent).free < FREE_BYTES_MIN:
            raise OSError(errno.ENOSPC, "too little space for pictures of events")
        self._written = Counter({k: n for k, n in self._written.items() if k[1] == today})
        self._written[camera, today] += size_bytes

    def secret(self, stored: StoredPicture) -> bytes:
        """The secret of a picture's window.

        Raises:
            keepsight.seal.keys.UnwrapError: the row is damaged or was moved from elsewhere.
            keepsight.hub.keyring.KeyringError: it is of an epoch whose master key is not here.
        """
        picture = stored.picture
        wrapping = self._keyring.camera_key(stored.camera, keys.Purpose.EVENT, picture.epoch)
        place = self._place(stored.camera, stored.event, picture.picture_id)
        return keys.unwrap(wrapping, picture.wrapped_secret, place)

    def read(self, stored: StoredPicture) -> bytes | None:
        """The sealed picture; None where its file is gone or cut short."""
        try:
            sealed = self.path(stored).read_bytes()
        except OSError:
            return None
        return sealed if len(sealed) == stored.picture.size_bytes else None

    def remove(self, gone: Iterable[StoredPicture]) -> None:
        """Remove the files of pictures whose rows are gone. What cannot be removed is swept later.

        Their folders go with the last of them.
        """
        with self._lock:
            folders = set()
            for stored in gone:
                path = self.path(stored)
                folders.add(path.parent)
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    log.warning("a picture of an event could not be removed: %s", error)
            for folder in folders:
                _remove_empty(folder)

    def sweep(self, known: Callable[[bytes, str], set[bytes]]) -> int:
        """Remove files that no row names, as a crash between file and row leaves them; how many.

        Args:
            known: ids of the pictures that belong to a camera and day.
        """
        removed = 0
        for folder in sorted(self._root.glob("*/*")):
            try:
                camera = bytes.fromhex(folder.parent.name)
                names = {path.name: path for path in folder.iterdir()}
            except (ValueError, OSError):
                continue  # not ours
            wanted = {picture_id.hex() for picture_id in known(camera, folder.name)}
            for name, path in names.items():
                if name not in wanted:
                    path.unlink(missing_ok=True)
                    removed += 1
            if not names or not wanted:
                with self._lock:
                    _remove_empty(folder)
        return removed


def _remove_empty(folder: Path) -> None:
    for one in (folder, folder.parent):
        try:
            one.rmdir()
        except OSError:
            return  # there is more in it, or it is gone already
