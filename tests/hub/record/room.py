"""A household's recording room for tests: real files, real index, real keys, a clock of our own."""

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path

from keepsight.hub.record.catalogue import Catalogue
from keepsight.hub.record.daykey import DayKeys
from keepsight.hub.record.disk import Disk
from keepsight.hub.record.playback import Playback
from keepsight.hub.record.recorder import Recorder
from keepsight.hub.record.reel import Desk, Reel
from keepsight.hub.store.recordings import RecordingStore, open_recording_store
from keepsight.seal import keys as seal_keys
from keepsight.seal.header import Stream
from keepsight.seal.press import Press

HOUSEHOLD = bytes.fromhex("11" * 16)
CAMERA = bytes.fromhex("22" * 16)
OTHER_CAMERA = bytes.fromhex("33" * 16)
MAIN = Stream.MAIN


@dataclass
class MemoryKeys:
    """RecordingKeys whose master keys follow from a seed that child processes share."""

    household: bytes = HOUSEHOLD
    epoch: int = 1
    seed: bytes = b"\5" * 32

    def day_key(self, camera, stream, day, wrapped):
        place = seal_keys.join_parts(
            b"day key 1", self.household, camera, bytes((stream,)), day.encode()
        )
        epoch = self.epoch if wrapped is None else int.from_bytes(wrapped[:4])
        master = seal_keys.expand(self.seed, b"test master", epoch.to_bytes(4))
        above = seal_keys.camera_key(master, self.household, camera, seal_keys.Purpose.RECORDING)
        if wrapped is None:
            key = seal_keys.new_key()
            return key, epoch.to_bytes(4) + seal_keys.wrap(above, key, place)
        return seal_keys.unwrap(above, wrapped[4:], place), wrapped


@dataclass
class SteeredClock:
    """Monotonic time runs; wall time is where the test puts it."""

    wall_offset_us: int = 0
    _start_ns: int = field(default_factory=time.monotonic_ns)

    def wall_us(self):
        return self.monotonic_us() + self.wall_offset_us

    def monotonic_us(self):
        return (time.monotonic_ns() - self._start_ns) // 1000 + 1_000_000


@dataclass
class RecordingRoom:
    """The writing side, wired as `record/record.py` wires it, with every part at hand."""

    folder: Path
    keys: MemoryKeys
    clock: object
    store: RecordingStore
    disk: Disk
    catalogue: Catalogue
    desk: Desk
    playback: Playback
    acknowledged: list
    _recorders: dict = field(default_factory=dict)

    @property
    def root(self):
        return self.folder / "segments"

    def reel(self, camera=CAMERA, stream=MAIN):
        self.recorder(camera, stream)
        return self._recorders[camera, stream][1]

    def recorder(self, camera=CAMERA, stream=MAIN):
        if (camera, stream) not in self._recorders:
            reel = Reel(self.desk, camera, stream)
            self._recorders[camera, stream] = Recorder(reel, self.disk), reel
        return self._recorders[camera, stream][0]

    def settle(self):
        """Wait until everything handed over so far is written and durable."""
        self.disk.call(self.disk._sync_all).result(30)

    def files(self, pattern="*.ksg*"):
        return sorted(self.root.rglob(pattern))


@contextlib.contextmanager
def open_room(folder, *, keys=None, clock=None, make_room=lambda: False, **disk_limits):
    keys, clock = keys or MemoryKeys(), clock or SteeredClock()
    root, acknowledged = folder / "segments", []
    folder.mkdir(exist_ok=True)
    store = open_recording_store(folder / "recordings.db", keys.household)
    disk, day_keys = Disk(clock, **disk_limits), DayKeys(root, keys)
    catalogue = Catalogue(keys.household, store)
    desk = Desk(
        household=keys.household, root=root, day_keys=day_keys, disk=disk,
        press=Press(), catalogue=catalogue,
        clock=clock, make_room=make_room, acknowledge=acknowledged.append,
    )  # fmt: skip
    playback = Playback(root, keys.household, day_keys)
    disk.every_tick(catalogue.retry)
    disk.start()
    try:
        yield RecordingRoom(
            folder, keys, clock, store, disk, catalogue, desk, playback, acknowledged
        )
    finally:
        assert disk.stop(), "the disk thread is stuck"
        store.close()
