"""A million ways of giving one household's fragment to another household's reader.

Each attack takes a fragment that somebody else's key would open, changes it or not, and gives it to
`open` with the reader's own key and expectation. Pure work for a processor: it is split over
processes, each with a seed of its own.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from keepsight.seal.frame import Expectation, Refusal, Sealer, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import (
    FLAG_KEYFRAME,
    HEADER_BYTES,
    Context,
    Header,
    Kind,
    Stream,
    read_header,
)

EPOCHS: Final = (1, 2)
KINDS: Final = {
    Stream.MAIN: (Kind.STILL, Kind.GOP, Kind.EVENT),
    Stream.SUB: (Kind.STILL, Kind.GOP, Kind.EVENT),
    Stream.AUDIO: (Kind.GOP, Kind.GOP, Kind.GOP),
    Stream.STILL: (Kind.THUMB, Kind.THUMB, Kind.THUMB),
    Stream.EVENT: (Kind.THUMB,),
}
"""The fragments of a window. A picture of an event has a window of its own, and is its only one."""
STREAMS: Final = tuple(KINDS)
_HOMES: Final = 12
_CAMERAS: Final = 2
_PAYLOAD_BYTES: Final = (40, 1500)
CHECK_EVERY: Final = 500
"""So often the fragment is also opened by its owner: what is refused was worth opening."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A window of one household with some of its fragments."""

    home: int
    secret: bytes
    key: WindowKey
    fragments: tuple[bytes, ...]


def make_windows(chance: random.Random) -> list[Owned]:
    """Windows of all households, cameras, streams and epochs."""
    windows = []
    for home in range(_HOMES):
        household = chance.randbytes(16)
        for _ in range(_CAMERAS):
            camera = chance.randbytes(16)
            for stream in STREAMS:
                for epoch in EPOCHS:
                    context = Context(household, camera, stream, epoch, chance.randbytes(16))
                    secret = chance.randbytes(32)
                    key = WindowKey(secret, context)
                    windows.append(Owned(home, secret, key, _fragments(key, chance)))
    return windows


def _fragments(key: WindowKey, chance: random.Random) -> tuple[bytes, ...]:
    stream = key.context.stream
    first = 0 if stream is Stream.EVENT else chance.randrange(1, 1 << 20)
    sealer = Sealer(key, sequence=first)
    return tuple(
        bytes(
            sealer.seal(
                kind, chance.randbytes(chance.randint(*_PAYLOAD_BYTES)),
                wall_us=1_000_000, monotonic_us=1_000_000,
                flags=FLAG_KEYFRAME if kind is Kind.STILL else 0,
            )
        )
        for kind in KINDS[stream]
    )  # fmt: skip


def _claim(header: Header, reader: Owned, **more: object) -> bytes:
    """The foreign header rewritten to name the reader's window."""
    context = reader.key.context
    claims = {
        "household": context.household, "camera": context.camera, "stream": context.stream,
        "epoch": context.epoch, "writer": context.writer,
    }  # fmt: skip
    return header._replace(**{**claims, **more}).pack()


def as_it_is(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """A cache without the household in its key."""
    return foreign


def random_bytes(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """Nothing of anybody, in the right shape."""
    header = read_header(foreign)
    return _claim(header, reader) + chance.randbytes(header.length)


def claims_the_window(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """Every id rewritten to the reader's; the commitment still tells."""
    return _claim(read_header(foreign), reader) + foreign[HEADER_BYTES:]


def claims_the_key(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """Every id and the commitment rewritten to the reader's; the tag tells."""
    header = _claim(read_header(foreign), reader, commitment=reader.key.commitment)
    return header + foreign[HEADER_BYTES:]


def spliced_header(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """A true header of the reader's own, another household's ciphertext behind it."""
    own = read_header(chance.choice(reader.fragments))
    length = len(foreign) - HEADER_BYTES
    return own._replace(length=length).pack() + foreign[HEADER_BYTES:]


def swapped_epoch(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """The reader's window, but for the other epoch, with everything else claimed."""
    other = 3 - reader.key.context.epoch
    header = _claim(read_header(foreign), reader, epoch=other, commitment=reader.key.commitment)
    return header + foreign[HEADER_BYTES:]


def swapped_camera(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """Only the household rewritten: a camera or stream that the reader did not ask for."""
    header = read_header(foreign)._replace(household=reader.key.context.household)
    return header.pack() + foreign[HEADER_BYTES:]


def swapped_stream(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """Everything claimed but the stream."""
    stream = chance.choice([s for s in STREAMS if s is not reader.key.context.stream])
    header = _claim(read_header(foreign), reader, stream=stream, commitment=reader.key.commitment)
    return header + foreign[HEADER_BYTES:]


def flipped_bits(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """Claims everything, and some bits of the rest are flipped as well."""
    body = bytearray(claims_the_key(reader, foreign, chance))
    for _ in range(chance.randint(1, 8)):
        body[chance.randrange(HEADER_BYTES, len(body))] ^= 1 << chance.randrange(8)
    return bytes(body)


def truncated(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """Claims everything and ends early, with a length that fits or does not."""
    cut = chance.randint(1, len(foreign) - HEADER_BYTES)
    rest = foreign[HEADER_BYTES : len(foreign) - cut]
    header = read_header(foreign)
    length = len(rest) if chance.random() < 0.5 else header.length
    return _claim(header, reader, commitment=reader.key.commitment, length=length) + rest


def replayed(reader: Owned, foreign: bytes, chance: random.Random) -> bytes:
    """Claims everything, with the number of a fragment that the reader expects next."""
    sequence = read_header(chance.choice(reader.fragments)).sequence
    header = _claim(
        read_header(foreign), reader, commitment=reader.key.commitment, sequence=sequence
    )
    return header + foreign[HEADER_BYTES:]


Attack = Callable[[Owned, bytes, random.Random], bytes]
ATTACKS: Final[tuple[Attack, ...]] = (
    as_it_is, random_bytes, claims_the_window, claims_the_key, spliced_header, swapped_epoch,
    swapped_camera, swapped_stream, flipped_bits, truncated, replayed,
)  # fmt: skip
KEY_SWAP: Final = "foreign_key"
TWO_HOUSEHOLDS: Final = "member_of_two"
NAMES: Final = (*(attack.__name__ for attack in ATTACKS), KEY_SWAP, TWO_HOUSEHOLDS)


def _is_of_event(header: Header) -> bool:
    return header.stream == Stream.EVENT or header.kind == Kind.EVENT


def _is_opened(key: WindowKey, sealed: bytes) -> bool:
    try:
        open_sealed(key, Expectation(tuple(Kind)), sealed)
    except Refusal:
        return False
    return True


def _foreign_key(owner: Owned, sealed: bytes, reader: Owned) -> bool:
    """The reader puts its own secret under the owner's name, and tries the true bytes."""
    return _is_opened(WindowKey(reader.secret, owner.key.context), sealed)


@dataclass
class Outcome:
    """What one process saw."""

    tried: Counter[str]
    opened: Counter[str]
    owners: int
    """Foreign fragments that their owner could open, of those that were checked."""
    checked: int
    of_events: int
    """Foreign fragments that were an event's picture, or the boxes of a live one."""
    looked_up: int
    """Foreign fragments that a member of two households opened by looking up the id in the bytes:
    the control."""
    looked_up_of_events: int


def attack_all(seed: int, count: int) -> Outcome:
    """Try `count` opens. Every attack in turn; who reads whose is drawn."""
    chance = random.Random(seed)
    windows = make_windows(chance)
    keys = {window.key.context: window.key for window in windows}
    outcome = Outcome(Counter(), Counter(), 0, 0, 0, 0, 0)
    for number in range(count):
        reader, owner = chance.choice(windows), chance.choice(windows)
        while owner.home == reader.home:
            owner = chance.choice(windows)
        sealed = chance.choice(owner.fragments)
        is_of_event = _is_of_event(read_header(sealed))
        outcome.of_events += is_of_event
        name = NAMES[number % len(NAMES)]
        if name == KEY_SWAP:
            is_opened = _foreign_key(owner, sealed, reader)
        elif name == TWO_HOUSEHOLDS:
            # Both keys are in this member's hands; the tile asked for is the reader's.
            is_opened = _is_opened(reader.key, sealed)
            h = read_header(sealed)
            claimed = Context(h.household, h.camera, Stream(h.stream), h.epoch, h.writer)
            is_looked_up = _is_opened(keys[claimed], sealed)
            outcome.looked_up += is_looked_up
            outcome.looked_up_of_events += is_looked_up and is_of_event
        else:
            attack = ATTACKS[number % len(NAMES)]
            is_opened = _is_opened(reader.key, attack(reader, sealed, chance))
        outcome.tried[name] += 1
        outcome.opened[name] += is_opened
        if number % CHECK_EVERY == 0:
            outcome.checked += 1
            outcome.owners += _is_opened(owner.key, sealed)
    return outcome
