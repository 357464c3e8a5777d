"""Twenty households made of the real sealing code: keys, windows, pictures that say whose they are.

A picture's plaintext carries its truth (whose it is, of which sort, from which camera and event,
when it was taken), so that whatever comes out of any middle can be judged. The same picture exists
plain, as the control.
"""

import random
import struct
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from keepsight.seal.frame import Expectation, Opened, Refusal, Sealer, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import (
    FLAG_KEYFRAME,
    Context,
    HeaderError,
    Kind,
    Stream,
    read_header,
)
from keepsight.seal.keys import Purpose, camera_key, fragment_secret


class Sort(StrEnum):
    """What there is to fetch of a camera: everything that leaves a hub one by one."""

    STILL = "still"
    MASKED = "masked"
    """A still with privacy masks: a JPEG in a window of the still stream."""
    BOXES = "boxes"
    """What the watcher sees in a live picture, in the live window of the picture itself."""
    PICTURE = "picture"
    """Of an event: a window of its own, that never changes."""
    PREVIEW = "preview"
    """The strip of small pictures of the same event: another window."""


LIVE: Final = (Sort.STILL, Sort.MASKED, Sort.BOXES)
"""The newest is fetched, and an old one must not pass for it."""
OF_EVENTS: Final = (Sort.BOXES, Sort.PICTURE, Sort.PREVIEW)
EVENTS: Final = 2
"""Of each camera."""
_SORTS: Final = tuple(Sort)
_STREAM: Final = {
    Sort.STILL: Stream.MAIN, Sort.MASKED: Stream.STILL, Sort.BOXES: Stream.MAIN,
    Sort.PICTURE: Stream.EVENT, Sort.PREVIEW: Stream.EVENT,
}  # fmt: skip
_KIND: Final = {
    Sort.STILL: Kind.STILL, Sort.MASKED: Kind.THUMB, Sort.BOXES: Kind.EVENT,
    Sort.PICTURE: Kind.THUMB, Sort.PREVIEW: Kind.THUMB,
}  # fmt: skip
HOMES: Final = 20
CAMERAS: Final = 3
AGE_US_MAX: Final = 10_000_000
"""An older picture must not pass as a live one."""
START_US: Final = 1_577_318_400_000_000
"""26 December 2019, the day of the cache change."""
BLOCK_BYTES: Final = 512
BLOCKS: Final = 8
"""Of a still: each names its owner, so that a picture put together of two is noticed."""
_MARK: Final = struct.Struct(">4sHHBBQQ")
_MAGIC: Final = b"MARK"


class Ask(NamedTuple):
    """What a viewer asked for: something of its own."""

    home: int
    camera: int
    sort: Sort = Sort.STILL
    nth: int = 0
    """Which event of the camera."""

    @property
    def path(self) -> str:
        """How it is fetched: the same in every household."""
        return f"/{self.sort}/{self.camera}/{self.nth}"


def ask_of(home: int, path: str) -> Ask:
    """What a household asks for by a path.

    Raises:
        ValueError: it is no such path.
    """
    _, sort, camera, nth = path.split("/")
    return Ask(home, int(camera), Sort(sort), int(nth))


class Truth(NamedTuple):
    """What a picture says about itself."""

    ask: Ask
    """What it is the answer to."""
    number: int
    taken_us: int


def picture(truth: Truth) -> bytes:
    """A picture in which every part says whose it is."""
    home, camera, sort, nth = truth.ask
    marks = home, camera, _SORTS.index(sort), nth, truth.number, truth.taken_us
    block = _MARK.pack(_MAGIC, *marks).ljust(BLOCK_BYTES, b"\x5a")
    return block * BLOCKS


def read_picture(body: bytes) -> set[Truth]:
    """Whose pictures are in there: one truth normally, two when it was mixed."""
    found = set()
    for start in range(0, len(body) - _MARK.size + 1, BLOCK_BYTES):
        magic, home, camera, sort, nth, number, taken_us = _MARK.unpack_from(body, start)
        if magic == _MAGIC:
            named = _SORTS[sort % len(_SORTS)]  # whatever damage has made of it
            found.add(Truth(Ask(home, camera, named, nth), number, taken_us))
    return found


@dataclass
class Window:
    """One window of a camera, and how the next one is made."""

    master: bytes
    household: bytes
    camera: bytes
    stream: Stream
    chance: random.Random
    key: WindowKey = field(init=False)
    sealer: Sealer = field(init=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Another one; no number of it was used."""
        writer = self.chance.randbytes(16)
        context = Context(self.household, self.camera, self.stream, 1, writer)
        if self.stream is Stream.EVENT:
            # As the hub does it: nothing derives this secret.
            self.key = WindowKey(self.chance.randbytes(32), context)
            self.sealer = Sealer(self.key)
            return
        purpose = Purpose.STILL if self.stream is Stream.STILL else Purpose.LIVE
        camera_secret = camera_key(self.master, self.household, self.camera, purpose)
        self.key = WindowKey(fragment_secret(camera_secret, context), context)
        self.sealer = Sealer(self.key, sequence=1)


@dataclass
class Source:
    """One thing to look at, at both levels: sealed and plain."""

    ask: Ask
    window: Window
    number: int = 0
    taken_us: int = 0
    plain: bytes = b""
    sealed: bytes = b""

    def shoot(self, now_us: int) -> None:
        """Take the next picture, unless there is one of this moment. Of an event there is one."""
        is_there = self.taken_us == now_us if self.ask.sort in LIVE else self.number > 0
        if is_there:
            return
        self.number += 1
        self.taken_us = now_us
        self.plain = picture(Truth(self.ask, self.number, now_us))
        self.sealed = self.seal(self.plain)

    def seal(self, plain: bytes) -> bytes:
        """Any picture, under this name. Each picture of an event has a window of its own."""
        sort = self.ask.sort
        if sort not in LIVE:
            self.window.renew()
        sealed = self.window.sealer.seal(
            _KIND[sort], plain, wall_us=self.taken_us, monotonic_us=self.taken_us - START_US,
            flags=FLAG_KEYFRAME if sort is Sort.STILL else 0,
        )  # fmt: skip
        return bytes(sealed)


@dataclass
class Street:
    """All households. Everything follows from the seed."""

    seed: int
    homes: int = HOMES
    cameras: int = CAMERAS
    now_us: int = START_US
    chance: random.Random = field(init=False)
    _all: dict[Ask, Source] = field(init=False)
    _asks: tuple[Ask, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        # Drawn apart, so that a sealed run makes the same choices as a plain one.
        writers = random.Random(self.seed + 1)
        self._all = {}
        for home in range(self.homes):
            household, master = self.chance.randbytes(16), self.chance.randbytes(32)
            for camera in range(self.cameras):
                name = self.chance.randbytes(16)
                windows = {
                    stream: Window(master, household, name, stream, writers)
                    for stream in (Stream.MAIN, Stream.STILL)
                }
                for sort in Sort:
                    for nth in range(1 if sort in LIVE else EVENTS):
                        window = windows.get(_STREAM[sort])
                        if window is None:
                            window = Window(master, household, name, Stream.EVENT, writers)
                        ask = Ask(home, camera, sort, nth)
                        self._all[ask] = Source(ask, window)
        self._asks = tuple(sorted(self._all))

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Everything of everybody, in order."""
        return self._asks

    def tick(self, elapsed_us: int) -> None:
        """Time passes."""
        self.now_us += elapsed_us

    def any_ask(self) -> Ask:
        """Somebody looks at something of their own."""
        return self.chance.choice(self._asks)

    def key(self, ask: Ask) -> WindowKey:
        """The window that this viewer asked the hub for."""
        return self._all[ask].window.key

    def camera(self, ask: Ask) -> Source:
        """With a picture of now."""
        source = self._all[ask]
        source.shoot(self.now_us)
        return source

    def restart(self, ask: Ask) -> None:
        """The hub starts anew from a backup: numbers begin again, the writer id is a new one."""
        source = self._all[ask]
        if ask.sort in LIVE:
            source.window.renew()
            source.number = 0


@dataclass
class Judge:
    """Looks at what arrived, with the eyes of a plain viewer and of a sealed one."""

    street: Street = field(repr=False)
    asked: int = 0
    right: int = 0
    foreign: int = 0
    """Of another household, camera or event, or of another sort, in whole or in part, shown as what
    was asked for."""
    old: int = 0
    """Shown as live although older than AGE_US_MAX."""
    opens: int = 0
    """Sealed bytes that claim another household or camera, or nothing, given to `open`."""
    refused: dict[str, int] = field(default_factory=dict)
    foreign_by: Counter[Sort] = field(default_factory=Counter)
    opens_by: Counter[Sort] = field(default_factory=Counter)
    """By what was asked for."""

    @property
    def wrong(self) -> int:
        """Pictures shown that must not be."""
        return self.foreign + self.old

    def plain(self, ask: Ask, body: bytes) -> None:
        """A viewer that shows what it is given."""
        self.asked += 1
        self._weigh(ask, body)

    def sealed(self, ask: Ask, body: bytes) -> None:
        """A viewer that opens: the key and the time are its own."""
        self.asked += 1
        key = self.street.key(ask)
        if _is_foreign(key, body):
            self.opens += 1
            self.opens_by[ask.sort] += 1
        try:
            opened: Opened = open_sealed(key, self._expected(ask.sort), body)
        except Refusal as refusal:
            self.refused[refusal.reason] = self.refused.get(refusal.reason, 0) + 1
            return
        self._weigh(ask, opened.payload)

    def _expected(self, sort: Sort) -> Expectation:
        """What the browser accepts."""
        if sort in LIVE:
            return Expectation((_KIND[sort],), now_us=self.street.now_us, age_us_max=AGE_US_MAX)
        return Expectation((_KIND[sort],), sequence_max=0)

    def _weigh(self, ask: Ask, body: bytes) -> None:
        truths = read_picture(body)
        if any(truth.ask != ask for truth in truths):
            self.foreign += 1
            self.foreign_by[ask.sort] += 1
        elif ask.sort in LIVE and any(
            self.street.now_us - truth.taken_us > AGE_US_MAX for truth in truths
        ):
            self.old += 1
        elif truths:
            self.right += 1


def _is_foreign(key: WindowKey, body: bytes) -> bool:
    try:
        header = read_header(body)
    except HeaderError:
        return True
    return (header.household, header.camera) != (key.context.household, key.context.camera)
