"""Recordings for tests of what is kept: rows without files, and a clock that the test steers."""

from dataclasses import dataclass, field

from keepsight.hub.record.rounds import Rounds
from keepsight.hub.record.rules import RetentionRules
from keepsight.hub.record.vigil import Vigils
from keepsight.hub.recording import FragmentRef, Segment
from keepsight.hub.store.recordings import RecordingStore
from keepsight.seal import keys
from keepsight.seal.header import Kind, Stream
from tests.hub.record.footage import WALL_US
from tests.hub.record.room import CAMERA, HOUSEHOLD

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
ALWAYS = (0, 1 << 62)


class Times:
    """A clock that stands until the test moves it."""

    def __init__(self, wall_us):
        self.wall, self.monotonic = wall_us, 0

    def wall_us(self):
        return self.wall

    def monotonic_us(self):
        return self.monotonic

    def pass_us(self, us):
        self.wall += us
        self.monotonic += us


def segment(start_us, *, camera=CAMERA, stream=Stream.MAIN, length_us=MINUTE, size_bytes=1000):
    refs = (FragmentRef(0, Kind.INIT, start_us, size_bytes - 128),)
    return Segment(
        camera, stream, keys.new_id(), 1, start_us, start_us + length_us, "avc1", 320, 192, refs
    )


@dataclass
class Shelf:
    """An index of rows, the events that happened, and the rounds that look at both."""

    store: RecordingStore
    times: Times = field(default_factory=lambda: Times(WALL_US))
    happened: list = field(default_factory=list)
    rules: RetentionRules = field(default_factory=RetentionRules)
    page_segments: int = 4
    rows_read: int = 0

    def __post_init__(self):
        self.vigils = Vigils(self.times)
        self.rounds = self.new_rounds()
        self.is_broken = False
        plain = self.store.after

        def after(*args):
            found = plain(*args)
            self.rows_read += len(found)
            return found

        self.store.after = after

    def new_rounds(self):
        return Rounds(
            household=HOUSEHOLD, store=self.store, clock=self.times, vigils=self.vigils,
            events=self.events, page_segments=self.page_segments,
        )  # fmt: skip

    def events(self, camera, from_us, to_us):
        """As the store of events answers."""
        if self.is_broken:
            raise OSError("the disk is gone")
        return [
            (start, end, is_kept)
            for of, start, end, is_kept in self.happened
            if of == camera and start < to_us and (end is None or end >= from_us)
        ]

    def happen(self, start_us, end_us, *, camera=CAMERA, is_kept=False):
        self.happened.append((camera, start_us, end_us, is_kept))

    def record(self, minutes, *, start_us=WALL_US, camera=CAMERA, stream=Stream.MAIN):
        made = [
            segment(start_us + n * MINUTE, camera=camera, stream=stream) for n in range(minutes)
        ]
        self.store.add(HOUSEHOLD, made)
        return made

    def watch(self, us, *, camera=CAMERA, is_watched=True, step_us=5 * SECOND):
        for _ in range(0, us, step_us):
            self.vigils.note(camera, is_watched=is_watched)
            self.times.pass_us(step_us)

    def sweep(self, limit=16):
        """All sweeps there are to do; the segments that went."""
        gone = []
        while True:
            self.rounds.start()
            doomed = [
                found
                for camera, stream in self.store.streams(HOUSEHOLD)
                for found in self.rounds.doomed(self.rules, camera, stream, limit)
            ]
            self.store.remove(HOUSEHOLD, doomed)
            gone += doomed
            if not doomed and not self.rounds.is_behind:
                return gone

    def kept(self, camera=CAMERA, stream=Stream.MAIN):
        """Minutes since WALL_US at which what is there begins."""
        there = self.store.brief(HOUSEHOLD, camera, stream, *ALWAYS)
        return [(found.start_us - WALL_US) // MINUTE for found in there]
