"""The fifteen ways in which caches, pools, tables and clocks have given people foreign pictures.

Each fault is a small middle between cameras and viewers that is wrong in one way, and works on
bytes it does not understand. It is run twice with the same seed: with plain stills (the control,
which it must mislead) and with sealed ones. The list is that of published incidents and their kin.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from keepsight.core.device import DeviceFacts
from keepsight.hub.ingest.identity import Likeness, compare
from keepsight.seal.header import read_header
from tests.hostile.homes import BLOCK_BYTES, BLOCKS, Ask, Judge, Source, Street

STEP_US: Final = 500_000
"""Between two requests of a run."""
SLOW_SHARE: Final = 0.3
"""Of the origin's answers."""


class View(Protocol):
    """How one of the two runs sees pictures."""

    is_sealed: bool

    def body(self, camera: Source) -> bytes:
        """What the origin answers."""
        ...

    def show(self, ask: Ask, body: bytes) -> None:
        """What the viewer does with what arrived."""
        ...


@dataclass
class PlainView:
    """The control."""

    judge: Judge
    is_sealed: bool = False

    def body(self, camera: Source) -> bytes:
        """The picture."""
        return camera.plain

    def show(self, ask: Ask, body: bytes) -> None:
        """Shows it."""
        self.judge.plain(ask, body)


@dataclass
class SealedView:
    """Ours."""

    judge: Judge
    is_sealed: bool = True

    def body(self, camera: Source) -> bytes:
        """The sealed fragment."""
        return camera.sealed

    def show(self, ask: Ask, body: bytes) -> None:
        """Opens it, or refuses."""
        self.judge.sealed(ask, body)


def household_dropped_from_key(street: Street, view: View, count: int) -> None:
    """A cache whose key is the path, which is the same in every household."""
    kept: dict[str, tuple[int, bytes]] = {}
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        taken_us, body = kept.get(ask.path, (0, b""))
        if street.now_us - taken_us > 2_000_000:
            body = view.body(street.camera(ask))
            kept[ask.path] = street.now_us, body
        view.show(ask, body)


def stale_on_timeout(street: Street, view: View, count: int) -> None:
    """The incident of 2019: right while the origin answers, anybody's newest when it does not."""
    kept: dict[str, bytes] = {}
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        if street.chance.random() < SLOW_SHARE and ask.path in kept:
            view.show(ask, kept[ask.path])
            continue
        kept[ask.path] = view.body(street.camera(ask))
        view.show(ask, kept[ask.path])


def request_coalescing(street: Street, view: View, count: int) -> None:
    """Requests for the same path that meet are answered with one answer."""
    for _ in range(count // 8 + 1):
        street.tick(STEP_US)
        waiting: dict[str, list[Ask]] = {}
        for ask in [street.any_ask() for _ in range(8)]:
            waiting.setdefault(ask.path, []).append(ask)
        for asks in waiting.values():
            answer = view.body(street.camera(asks[0]))
            for ask in asks:
                view.show(ask, answer)


def etag_collision(street: Street, view: View, count: int) -> None:
    """ETags are picture numbers; a shared cache answers 304 out of what it holds under one."""
    kept: dict[int, bytes] = {}
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        camera = street.camera(ask)
        etag = camera.number % 64
        if etag in kept and street.chance.random() < 0.5:  # If-None-Match, and "304"
            view.show(ask, kept[etag])
            continue
        kept[etag] = view.body(camera)
        view.show(ask, kept[etag])


def vary_ignored(street: Street, view: View, count: int) -> None:
    """The address is the same for everybody and the answer depends on the cookie; nobody looked."""
    kept: dict[str, bytes] = {}
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        address = ask.path
        headers = {"Vary": "Cookie", "Cookie": f"session-of-{ask.home}"}
        del headers["Vary"]  # what the cache does with it
        if address not in kept or street.chance.random() < 0.2:
            kept[address] = view.body(street.camera(ask))
        view.show(ask, kept[address])


def range_mix(street: Street, view: View, count: int) -> None:
    """An answer put together of ranges, one of which is from somebody else's object."""
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        whose = ask if street.chance.random() < 0.1 else street.any_ask()
        own, other = view.body(street.camera(ask)), view.body(street.camera(whose))
        cut = BLOCK_BYTES * street.chance.randrange(1, BLOCKS)
        at = cut if not view.is_sealed else len(own) * cut // (BLOCKS * BLOCK_BYTES)
        view.show(ask, own[:at] + other[at:])


def reuse_after_cancel(street: Street, view: View, count: int) -> None:
    """A pooled connection goes back with the reply of a cancelled request still in it."""
    pools = [deque[bytes]() for _ in range(4)]
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        unread = street.chance.choice(pools)
        unread.append(view.body(street.camera(ask)))
        if street.chance.random() < 0.1:
            continue  # cancelled: nobody reads the reply, the connection is used again
        view.show(ask, unread.popleft())
        if len(unread) > 16:
            unread.clear()  # somebody noticed and closed it


def shifted_replies(street: Street, view: View, count: int) -> None:
    """Pipelined requests on one connection: one reply is lost, the others move up."""
    for _ in range(count // 12 + 1):
        street.tick(STEP_US)
        asks = [street.any_ask() for _ in range(12)]
        replies = [view.body(street.camera(ask)) for ask in asks]
        if street.chance.random() < 0.5:
            del replies[street.chance.randrange(len(replies))]
        for ask, reply in zip(asks, replies, strict=False):
            view.show(ask, reply)


def batch_index_swap(street: Street, view: View, count: int) -> None:
    """A batch comes back in the order in which it was finished."""
    for _ in range(count // 16 + 1):
        street.tick(STEP_US)
        asks = [street.any_ask() for _ in range(16)]
        answers = [view.body(street.camera(ask)) for ask in asks]
        first, second = street.chance.sample(range(16), 2)
        answers[first], answers[second] = answers[second], answers[first]
        for ask, answer in zip(asks, answers, strict=True):
            view.show(ask, answer)


def database_row_mix(street: Street, view: View, count: int) -> None:
    """An upgrade ties accounts to the wrong rows: some groups of them are exchanged."""
    homes = list(range(street.homes))
    moved = street.chance.sample(homes, street.homes // 3)
    rows = dict(zip(moved, moved[1:] + moved[:1], strict=True))
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        row = ask._replace(home=rows.get(ask.home, ask.home))
        view.show(ask, view.body(street.camera(row)))


def list_shift(street: Street, view: View, count: int) -> None:
    """A list on screen loses an entry; the pictures that arrive by position move up by one."""
    asks = street.asks
    for _ in range(count // len(asks) + 1):
        street.tick(STEP_US)
        arriving = [view.body(street.camera(ask)) for ask in asks]
        del arriving[street.chance.randrange(len(arriving))]
        for ask, body in zip(asks, arriving, strict=False):
            view.show(ask, body)


def lookup_by_id_in_the_bytes(street: Street, view: View, count: int) -> None:
    """A member of two households: the wrong home's picture arrives, and its key is at hand.

    The control takes the key that the bytes ask for; ours takes that of the tile.
    """
    by_camera = {street.key(ask).context.camera: (ask.home, ask.camera) for ask in street.asks}
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        other = ask._replace(home=(ask.home + street.chance.randrange(2)) % street.homes)
        sealed = street.camera(other).sealed
        if view.is_sealed:
            view.show(ask, sealed)
            continue
        home, camera = by_camera[read_header(sealed).camera]
        view.show(ask, street.camera(ask._replace(home=home, camera=camera)).plain)


def _facts(ask: Ask) -> DeviceFacts:
    serial = f"SN{ask.home:03d}{ask.camera:03d}"
    return DeviceFacts(realm=f"Login to {serial}", server="Camera/1.0", serial=serial)


def camera_dhcp_swap(street: Street, view: View, count: int, *, is_pinned: bool = True) -> None:
    """After a power cut the cameras get each other's addresses. Whose picture is sealed as whose?

    The hub's own comparison decides (`hub/ingest/identity.py`); the control has none.
    """
    devices = sorted({ask[:2] for ask in street.asks})
    answering = {device: device for device in devices}
    for number in range(count):
        street.tick(STEP_US)
        if number % 50 == 0:
            first, second = street.chance.sample(devices, 2)
            answering[first], answering[second] = answering[second], answering[first]
        ask = street.any_ask()
        home, camera = answering[ask[:2]]
        there = ask._replace(home=home, camera=camera)
        taken = street.camera(there).plain
        if not view.is_sealed:
            view.show(ask, taken)
            continue
        seen = compare(_facts(ask), _facts(there), is_complete=True)
        if is_pinned and seen.likeness is Likeness.OTHER:
            continue  # nothing is sealed; the tile says that another device answers here
        view.show(ask, street.camera(ask).seal(taken))


def restored_backup(street: Street, view: View, count: int) -> None:
    """A hub comes back from yesterday's backup; a cache by (camera, number) still has the future.

    Numbers begin again where the backup was made, and the cache answers with what it kept: pictures
    of before the restoration, under the numbers of now.
    """
    kept: dict[tuple[Ask, int], bytes] = {}
    for round_ in range(2):
        if round_ == 1:
            street.tick(3_600_000_000)
            for ask in street.asks:
                street.restart(ask)
        for _ in range(count // 2):
            street.tick(STEP_US)
            ask = street.any_ask()
            camera = street.camera(ask)
            name = ask, camera.number
            kept.setdefault(name, view.body(camera))
            view.show(ask, kept[name])


def clock_jump(street: Street, view: View, count: int) -> None:
    """The cache's clock jumps back by an hour: what it holds stays fresh for an hour too long."""
    kept: dict[Ask, tuple[int, bytes]] = {}
    jumped_us = 0
    for number in range(count):
        street.tick(STEP_US)
        if number == count // 4:
            jumped_us = -3_600_000_000
        ask = street.any_ask()
        cache_us = street.now_us + jumped_us
        fresh_until_us, body = kept.get(ask, (0, b""))
        if cache_us > fresh_until_us:
            body = view.body(street.camera(ask))
            kept[ask] = cache_us + 2_000_000, body
        view.show(ask, body)


Fault = Callable[[Street, View, int], None]
FAULTS: Final[tuple[Fault, ...]] = (
    household_dropped_from_key,
    stale_on_timeout,
    request_coalescing,
    etag_collision,
    vary_ignored,
    range_mix,
    reuse_after_cancel,
    shifted_replies,
    batch_index_swap,
    database_row_mix,
    list_shift,
    lookup_by_id_in_the_bytes,
    camera_dhcp_swap,
    restored_backup,
    clock_jump,
)


def hostile_relay(street: Street, view: View, count: int) -> None:
    """All at once: swaps, repeats, delays, returns neighbours, loses and damages."""
    past: deque[bytes] = deque(maxlen=200)
    earlier: dict[Ask, bytes] = {}
    for _ in range(count):
        street.tick(STEP_US)
        ask = street.any_ask()
        own = view.body(street.camera(ask))
        past.append(own)
        neighbour = ask._replace(home=(ask.home + 1) % street.homes)
        earlier.setdefault(ask, own)
        match street.chance.randrange(8):
            case 0:
                body = view.body(street.camera(neighbour))
            case 1:
                body = past[0]
            case 2:
                body = street.chance.choice(past)
            case 3:
                body = own[: street.chance.randrange(len(own))]
            case 4:
                damaged = bytearray(own)
                damaged[street.chance.randrange(len(own))] ^= 0x10
                body = bytes(damaged)
            case 5:
                body = view.body(street.camera(street.any_ask()))
            case 6:
                body = earlier[ask]
            case _:
                body = own
        view.show(ask, body)
