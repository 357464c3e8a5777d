"""Fifteen seeded faults of caches, pools, tables and clocks. Method: each runs twice with one seed;
it must mislead viewers of plain stills at least once, and viewers of sealed ones never.
"""

import secrets
import zlib

import pytest

from keepsight.core.clock import SystemClock
from keepsight.hub.live.stream import LiveStream
from keepsight.seal.frame import Expectation, Reason, Refusal, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind, Stream, read_header
from keepsight.seal.keys import Purpose, camera_key, fragment_secret
from tests.door.fake_hub import VIDEO, FakeCamera
from tests.home import split_fragments
from tests.hostile.faults import (
    FAULTS,
    Fault,
    PlainView,
    SealedView,
    camera_dhcp_swap,
    hostile_relay,
)
from tests.hostile.homes import Judge, Street
from tests.hostile.tally import Tally

REQUESTS = 2000


def run(fault: Fault, seed: int, count: int) -> tuple[Judge, Judge]:
    """The control's judge and the sealed one's."""
    judges = []
    for make in (PlainView, SealedView):
        street = Street(seed ^ zlib.crc32(fault.__name__.encode()))
        judge = Judge(street)
        fault(street, make(judge), count)
        judges.append(judge)
    return judges[0], judges[1]


def check(fault: Fault, seed: int, count: int, tally: Tally) -> None:
    plain, sealed = run(fault, seed, count)
    tally.add(plain, sealed)
    if plain.wrong:
        tally.faults.add(fault.__name__)
    print(f"{fault.__name__}: plain {plain}\nsealed {sealed}")
    assert plain.wrong > 0, "the control was not misled: this test cannot see"
    assert plain.right > 0, "a fault that never serves anything right is no fault of a cache"
    assert sealed.wrong == 0, sealed
    assert sealed.right > 0, "nothing was shown at all"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_misleads_the_plain_and_never_the_sealed(fault: Fault, seed: int, tally: Tally) -> None:
    check(fault, seed, REQUESTS, tally)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_same_a_hundred_times_longer(fault: Fault, seed: int, tally: Tally) -> None:
    check(fault, seed + 1, 100 * REQUESTS, tally)


def test_there_are_fifteen() -> None:
    assert len(set(FAULTS)) == 15


def test_a_relay_that_does_everything_wrong_at_once(seed: int, tally: Tally) -> None:
    plain, sealed = run(hostile_relay, seed, 5 * REQUESTS)
    tally.add(plain, sealed)
    assert plain.foreign > REQUESTS
    assert plain.old > 0
    assert sealed.wrong == 0, sealed
    assert set(sealed.refused) >= {Reason.FOREIGN_HOUSEHOLD, Reason.STALE, Reason.MALFORMED}
    assert Reason.TAMPERED in sealed.refused


def test_sealing_alone_does_not_notice_a_swapped_camera(seed: int) -> None:
    """Why a camera's identity is pinned: else the neighbour is sealed under one's own name."""
    street = Street(seed)
    judge = Judge(street)
    camera_dhcp_swap(street, SealedView(judge), REQUESTS, is_pinned=False)
    assert judge.foreign > 0


def test_a_restored_backup_repeats_no_nonce_and_brings_back_no_picture() -> None:
    """The hub's real live stream, started twice from the same master key."""
    master, household, place = (secrets.token_bytes(size) for size in (32, 16, 16))
    secret = camera_key(master, household, place, Purpose.LIVE)

    def start() -> tuple[LiveStream, bytes]:
        camera = FakeCamera(household)
        camera.live = LiveStream(
            household=household, camera=place, stream=Stream.MAIN, epoch=1, clock=SystemClock(),
            window_secret=lambda context: fragment_secret(secret, context),
        )  # fmt: skip
        camera.live.on_format(VIDEO)
        camera.shoot(is_keyframe=True)
        init_and_still = camera.live.still()
        assert init_and_still is not None
        return camera.live, split_fragments(bytes(init_and_still))[1]

    _, before = start()
    live, after = start()
    assert read_header(before).sequence == read_header(after).sequence, "numbers begin again"
    assert read_header(before).writer != read_header(after).writer, "under another window"
    window = live.current_window()
    assert window is not None
    key = WindowKey(fragment_secret(secret, window.context), window.context)
    expected = Expectation((Kind.STILL,), now_us=SystemClock().wall_us(), age_us_max=10_000_000)
    assert open_sealed(key, expected, after)
    with pytest.raises(Refusal, match="wrong_window"):
        open_sealed(key, expected, before)
