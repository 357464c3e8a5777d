"""`day.key`: the wrapped key of one stream's UTC day, beside its segments.

One record of 64 bytes (epoch, u32, and the wrapped key) for each epoch that wrote on that day, so
that a new master key in the middle of a day never writes under a key wrapped with the old one.
"""

import contextlib
import logging
import os
from pathlib import Path
from typing import Final

from keepsight.hub.record.segment import BAD_SUFFIX, day_folder, make_folder, sync_folder
from keepsight.hub.recording import RecordingKeys
from keepsight.seal.header import Stream
from keepsight.seal.keys import WRAPPED_BYTES, UnwrapError

log = logging.getLogger(__name__)
FILE_NAME: Final = "day.key"
RECORD_BYTES: Final = 4 + WRAPPED_BYTES
_EPOCHS_MAX: Final = 1000
_CACHED_MAX: Final = 4096


def _read(path: Path) -> dict[int, bytes]:
    try:
        with path.open("rb") as file:
            raw = file.read(RECORD_BYTES * _EPOCHS_MAX)
    except FileNotFoundError:
        return {}
    records = (raw[at : at + RECORD_BYTES] for at in range(0, len(raw), RECORD_BYTES))
    return {int.from_bytes(r[:4]): r for r in records if len(r) == RECORD_BYTES and any(r)}


def _replace(path: Path, records: dict[int, bytes]) -> None:
    part = path.with_name(FILE_NAME + ".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
        file.write(b"".join(records[epoch] for epoch in sorted(records)))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


class DayKeys:
    """Reads and makes day keys; remembers the recent ones."""

    def __init__(self, root: Path, keys: RecordingKeys) -> None:
        self._root = root
        self._keys = keys
        self._cache: dict[tuple[bytes, Stream, str, int], bytes] = {}

    @property
    def epoch(self) -> int:
        """Of the household's newest master key."""
        return self._keys.epoch

    def for_writing(self, camera: bytes, stream: Stream, day: str) -> tuple[int, bytes]:
        """(epoch, RK) for a segment that starts now; made durable before it is used.

        A damaged file is set aside: what it protected is lost, but recording goes on.

        Raises:
            OSError: the disk refused.
        """
        epoch = self._keys.epoch
        place = (camera, stream, day, epoch)
        if place not in self._cache:
            folder = day_folder(self._root, camera, stream, day)
            path = folder / FILE_NAME
            records = _read(path)
            key = None
            if epoch in records:
                try:
                    key, _ = self._keys.day_key(camera, stream, day, records[epoch])
                except UnwrapError as error:
                    log.error("%s is damaged and was set aside: %s", path, error)  # noqa: TRY400
                    path.rename(path.with_name(f"{FILE_NAME}.{epoch}{BAD_SUFFIX}"))
                    records = {}
            if key is None:
                make_folder(folder)
                key, records[epoch] = self._keys.day_key(camera, stream, day, None)
                _replace(path, records)
            self._remember(place, key)
        return epoch, self._cache[place]

    def forget(self) -> None:
        """Read everything again: folders may have gone."""
        self._cache.clear()

    def for_reading(self, camera: bytes, stream: Stream, day: str, epoch: int) -> bytes:
        """RK of a segment written in that epoch.

        Raises:
            UnwrapError: the day was erased, or its file is damaged or belongs elsewhere.
        """
        place = (camera, stream, day, epoch)
        if place not in self._cache:
            path = day_folder(self._root, camera, stream, day) / FILE_NAME
            record = _read(path).get(epoch)
            if record is None:
                raise UnwrapError(f"there is no key for {day}: it was erased or is missing")
            self._remember(place, self._keys.day_key(camera, stream, day, record)[0])
        return self._cache[place]

    def erase(self, camera: bytes, stream: Stream, day: str) -> None:
        """Overwrite, sync and unlink a day's key, then drop its empty folder.

        Raises:
            OSError: the disk refused.
        """
        for place in [p for p in self._cache if p[:3] == (camera, stream, day)]:
            del self._cache[place]
        folder = day_folder(self._root, camera, stream, day)
        path = folder / FILE_NAME
        if path.exists():
            with path.open("r+b") as file:
                file.write(bytes(os.fstat(file.fileno()).st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        # Something of the user's may lie there too.
        with contextlib.suppress(OSError):
            folder.rmdir()

    def _remember(self, place: tuple[bytes, Stream, str, int], key: bytes) -> None:
        if len(self._cache) >= _CACHED_MAX:
            self._cache.pop(next(iter(self._cache)))
        self._cache[place] = key
