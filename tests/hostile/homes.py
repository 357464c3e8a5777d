"""Twenty households made of the real sealing code: keys, windows, stills that say whose they are.

A still's plaintext carries its truth (whose it is, from which camera, when it was taken), so that
whatever comes out of any middle can be judged. The same still exists plain, as the control.
"""

import random
import struct
from dataclasses import dataclass, field
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

HOMES: Final = 20
CAMERAS: Final = 3
AGE_US_MAX: Final = 10_000_000
"""An older picture must not pass as a live one."""
START_US: Final = 1_577_318_400_000_000
"""26 December 2019, the day of the cache change."""
BLOCK_BYTES: Final = 512
BLOCKS: Final = 8
"""Of a still: each names its owner, so that a picture put together of two is noticed."""
_MARK: Final = struct.Struct(">4sHHQQ")
_MAGIC: Final = b"MARK"


class Ask(NamedTuple):
    """What a viewer asked for: its own camera."""

    home: int
    camera: int


class Truth(NamedTuple):
    """What a picture says about itself."""

    home: int
    camera: int
    number: int
    taken_us: int


def picture(truth: Truth) -> bytes:
    """A still in which every part says whose it is."""
    block = _MARK.pack(_MAGIC, *truth).ljust(BLOCK_BYTES, b"\x5a")
    return block * BLOCKS


def read_picture(body: bytes) -> set[Truth]:
    """Whose pictures are in there: one truth normally, two when it was mixed."""
    found = set()
    for start in range(0, len(body) - _MARK.size + 1, BLOCK_BYTES):
        magic, *fields = _MARK.unpack_from(body, start)
        if magic == _MAGIC:
            found.add(Truth(*fields))
    return found


@dataclass
class StillCamera:
    """One camera with its window, at both levels: sealed and plain."""

    ask: Ask
    master: bytes
    key: WindowKey
    sealer: Sealer
    number: int = 0
    taken_us: int = 0
    plain: bytes = b""
    sealed: bytes = b""

    def shoot(self, now_us: int) -> None:
        """Take the next picture, unless there is one of this moment."""
        if now_us == self.taken_us:
            return
        self.number += 1
        self.taken_us = now_us
        self.plain = picture(Truth(*self.ask, self.number, now_us))
        self.sealed = self.seal(self.plain)

    def seal(self, plain: bytes) -> bytes:
        """Any picture, under this camera's name."""
        taken_us = self.taken_us
        sealed = self.sealer.seal(
            Kind.STILL, plain, wall_us=taken_us, monotonic_us=taken_us - START_US,
            flags=FLAG_KEYFRAME,
        )  # fmt: skip
        return bytes(sealed)


def make_window(master: bytes, household: bytes, camera: bytes, writer: bytes) -> WindowKey:
    """The live window that the hub would derive."""
    context = Context(household, camera, Stream.MAIN, 1, writer)
    camera_secret = camera_key(master, household, camera, Purpose.LIVE)
    return WindowKey(fragment_secret(camera_secret, context), context)


@dataclass
class Street:
    """All households. Everything follows from the seed."""

    seed: int
    homes: int = HOMES
    cameras: int = CAMERAS
    now_us: int = START_US
    chance: random.Random = field(init=False)
    _all: dict[Ask, StillCamera] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._all = {}
        for home in range(self.homes):
            household, master = self.chance.randbytes(16), self.chance.randbytes(32)
            for number in range(self.cameras):
                camera, writer = self.chance.randbytes(16), self.chance.randbytes(16)
                key = make_window(master, household, camera, writer)
                ask = Ask(home, number)
                self._all[ask] = StillCamera(ask, master, key, Sealer(key, sequence=1))

    @property
    def asks(self) -> list[Ask]:
        """Every camera of everybody, in order."""
        return sorted(self._all)

    def tick(self, elapsed_us: int) -> None:
        """Time passes."""
        self.now_us += elapsed_us

    def any_ask(self) -> Ask:
        """Somebody looks at one of their own cameras."""
        return Ask(self.chance.randrange(self.homes), self.chance.randrange(self.cameras))

    def key(self, ask: Ask) -> WindowKey:
        """The window that this viewer asked the hub for."""
        return self._all[ask].key

    def camera(self, ask: Ask) -> StillCamera:
        """With a picture of now."""
        camera = self._all[ask]
        camera.shoot(self.now_us)
        return camera

    def restart(self, ask: Ask) -> None:
        """The hub starts anew from a backup: numbers begin again, the writer id is a new one."""
        camera = self._all[ask]
        household, place = camera.key.context.household, camera.key.context.camera
        camera.key = make_window(camera.master, household, place, self.chance.randbytes(16))
        camera.sealer, camera.number = Sealer(camera.key, sequence=1), 0


@dataclass
class Judge:
    """Looks at what arrived, with the eyes of a plain viewer and of a sealed one."""

    street: Street = field(repr=False)
    asked: int = 0
    right: int = 0
    foreign: int = 0
    """Of another household or camera, in whole or in part, shown as the one asked for."""
    old: int = 0
    """Shown as live although older than AGE_US_MAX."""
    opens: int = 0
    """Sealed bytes that claim another household or camera, or nothing, given to `open`."""
    refused: dict[str, int] = field(default_factory=dict)

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
        self.opens += _is_foreign(key, body)
        expected = Expectation((Kind.STILL,), now_us=self.street.now_us, age_us_max=AGE_US_MAX)
        try:
            opened: Opened = open_sealed(key, expected, body)
        except Refusal as refusal:
            self.refused[refusal.reason] = self.refused.get(refusal.reason, 0) + 1
            return
        self._weigh(ask, opened.payload)

    def _weigh(self, ask: Ask, body: bytes) -> None:
        truths = read_picture(body)
        if any(truth[:2] != ask for truth in truths):
            self.foreign += 1
        elif any(self.street.now_us - truth.taken_us > AGE_US_MAX for truth in truths):
            self.old += 1
        elif truths:
            self.right += 1


def _is_foreign(key: WindowKey, body: bytes) -> bool:
    try:
        header = read_header(body)
    except HeaderError:
        return True
    return (header.household, header.camera) != (key.context.household, key.context.camera)
