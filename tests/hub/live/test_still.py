"""Goal: stills are keyframes, at most one a second, sealed for watchers only, under keys that open
nothing else; with privacy masks they are the watcher's pictures, or there are none.
Method: a stream fed by hand; then a real hub and camera."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.hub.camera import StreamState
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.live.still import (
    ASKED_US,
    FIRST_US_MAX,
    MASKED_BYTES_MAX,
    MASKED_US_MAX,
    StillStream,
)
from keepsight.hub.watching import Watching
from keepsight.seal.frame import Refusal, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind, Stream, read_header
from tests.home import HOUSEHOLD, open_all, simulated_camera, split_fragments
from tests.hub.live.test_stream import ANY, CAMERA, FORMAT, Rig
from tests.hub.live.test_stream import HOUSEHOLD as RIG_HOUSEHOLD

MASK = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0))
OTHER_MASK = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
JPEG = b"\xff\xd8\xff" + bytes(500) + b"\xff\xd9"


def still_rig(*masks):
    rig = Rig(Stream.STILL)
    rig.watching = Watching(privacy_masks=masks)
    rig.live = StillStream(
        household=RIG_HOUSEHOLD, camera=CAMERA, stream=Stream.STILL, epoch=3,
        clock=rig.clock, window_secret=rig.secret, watching=lambda: rig.watching,
    )  # fmt: skip
    rig.live.on_format(FORMAT)
    return rig


def test_only_keyframes_and_at_most_one_a_second():
    rig = still_rig()
    rig.live.watch(rig.got.append)
    for number in range(40):
        rig.shoot(key=number % 2 == 0)
        rig.clock.tick(0.1)
    kinds = [read_header(sealed).kind for sealed in rig.got]
    assert kinds == [Kind.INIT, *[Kind.STILL] * 4]
    assert [read_header(sealed).stream for sealed in rig.got] == [Stream.STILL] * 5


def test_nothing_is_sealed_while_nobody_watches():
    rig = still_rig()
    for _ in range(5):
        rig.shoot(key=True)
        rig.clock.tick(2)
    assert rig.secrets == {}
    assert rig.live.still() is not None
    assert len(rig.secrets) == 1


def test_a_revocation_changes_the_key_of_the_picture_that_is_kept():
    rig = still_rig()
    rig.live.watch(rig.got.append)
    rig.shoot(key=True)
    rig.live.roll(epoch=4)
    first, second = (read_header(rig.got[at]) for at in (1, 3))
    assert (first.epoch, second.epoch) == (3, 4)
    assert first.writer != second.writer


def kinds_of(sealed):
    return [read_header(one).kind for one in split_fragments(sealed)]


def test_with_masks_a_keyframe_is_never_given_and_the_watchers_picture_is():
    rig = still_rig(MASK)
    rig.live.watch(rig.got.append)
    rig.shoot(key=True)
    assert rig.live.still() is None
    assert rig.got == []
    number = rig.live.wanted_number()
    assert rig.live.take_masked(number, rig.clock.wall_us(), JPEG)
    rig.shoot(key=True)
    sealed = rig.live.still()
    assert kinds_of(sealed) == [read_header(one).kind for one in rig.got] == [Kind.INIT, Kind.THUMB]
    _, thumb = split_fragments(sealed)
    context = rig.live.current_window().context
    key = WindowKey(rig.secrets[context], context)
    assert open_sealed(key, replace(ANY, kinds=(Kind.THUMB,)), thumb).payload == JPEG


def test_masks_that_are_drawn_later_take_the_picture_and_its_key_away():
    rig = still_rig()
    rig.live.watch(rig.got.append)
    rig.shoot(key=True)
    before = rig.live.current_window().context
    rig.watching = Watching(privacy_masks=(MASK,))
    assert rig.live.still() is None
    assert rig.live.current_window().context != before
    rig.shoot(key=True)
    rig.live.roll(epoch=9)
    assert [read_header(one).kind for one in rig.got] == [Kind.INIT, Kind.STILL]


@pytest.mark.parametrize("meet_first", ["roll", "watch", "still", "current_window", "on_unit"])
def test_whoever_asks_first_after_a_change_gets_no_old_picture(meet_first):
    rig = still_rig()
    rig.shoot(key=True)
    assert rig.live.still() is not None
    rig.watching = Watching(privacy_masks=(MASK,))
    got = []
    {
        "roll": rig.live.roll,
        "watch": lambda: None,
        "still": rig.live.still,
        "current_window": rig.live.current_window,
        "on_unit": lambda: rig.shoot(key=True),
    }[meet_first]()
    rig.live.watch(got.append)
    assert not [one for one in got if read_header(one).kind == Kind.STILL]
    assert rig.live.still() is None


def test_a_picture_made_with_older_masks_is_not_taken():
    rig = still_rig(MASK)
    rig.live.still()
    old = rig.live.wanted_number()
    rig.watching = Watching(privacy_masks=(MASK, OTHER_MASK))
    assert not rig.live.take_masked(old, rig.clock.wall_us(), JPEG)
    assert rig.live.still() is None
    new = rig.live.wanted_number()
    assert new != old
    assert rig.live.take_masked(new, rig.clock.wall_us(), JPEG)
    rig.watching = Watching(privacy_masks=())  # and without masks keyframes are back
    assert rig.live.still() is None
    rig.shoot(key=True)
    assert kinds_of(rig.live.still()) == [Kind.INIT, Kind.STILL]
    assert not rig.live.take_masked(new, rig.clock.wall_us(), JPEG)


@given(
    st.integers(-(2**40), 2**40),
    st.binary(max_size=50) | st.just(bytes(MASKED_BYTES_MAX + 1)),
    st.integers(0, 3),
)
def test_nothing_that_the_watcher_says_breaks_it_or_shows_an_old_picture(late_us, jpeg, number):
    rig = still_rig(MASK)
    was_taken = rig.live.take_masked(number, rig.clock.wall_us() - late_us, jpeg)
    is_right = -1_000_000 <= late_us <= MASKED_US_MAX and 0 < len(jpeg) <= MASKED_BYTES_MAX
    assert was_taken is (is_right and number == 1)
    assert (rig.live.still() is not None) is was_taken


def test_an_old_masked_picture_goes():
    rig = still_rig(MASK)
    rig.live.still()
    rig.live.take_masked(rig.live.wanted_number(), rig.clock.wall_us(), JPEG)
    rig.clock.tick(MASKED_US_MAX / 1e6 + 1)
    assert rig.live.still() is None
    rig.live.watch(rig.got.append)
    assert Kind.THUMB not in [read_header(one).kind for one in rig.got]
    rig.live.take_masked(rig.live.wanted_number(), rig.clock.wall_us(), JPEG)
    rig.live.on_break(BreakReason.CONNECTION_LOST, 0)
    assert rig.live.still() is None  # the camera is gone


def test_they_are_made_only_while_somebody_asks():
    rig = still_rig(MASK)
    assert rig.live.wanted_number() is None
    rig.live.still()
    assert rig.live.wanted_number() == 1
    rig.clock.tick(ASKED_US / 1e6 + 1)
    assert rig.live.wanted_number() is None
    rig.live.watch(rig.got.append)
    assert rig.live.wanted_number() == 1
    rig.live.unwatch(rig.got.append)
    assert still_rig().live.wanted_number() is None


def test_its_state_says_why_there_is_none():
    rig = still_rig(MASK)
    running = StreamState.RUNNING
    assert rig.live.state(StreamState.UNREACHABLE) is StreamState.UNREACHABLE
    rig.live.still()
    assert rig.live.state(running) is StreamState.STARTING
    rig.clock.tick(FIRST_US_MAX / 1e6 + 1)
    assert rig.live.state(running) is StreamState.HIDDEN  # the watcher failed
    rig.live.take_masked(rig.live.wanted_number(), rig.clock.wall_us(), JPEG)
    assert rig.live.state(running) is running
    rig.clock.tick(MASKED_US_MAX / 1e6 + 1)
    assert rig.live.state(running) is StreamState.HIDDEN
    off = still_rig(MASK)
    off.watching = Watching(is_on=False, privacy_masks=(MASK,))
    assert off.live.state(running) is StreamState.HIDDEN  # at once
    assert still_rig().live.state(running) is running


async def test_still_keys_open_stills_and_nothing_else(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = await home.add_camera(camera.url)
        running = home.household.roster.find(bytes.fromhex(added["id"]))
        opaque = running.opaque(Stream.STILL).hex()

        async def picture():
            return (await ann.ask("GET", f"/s/{opaque}/still")).status == 200

        await home.wait_for(picture)
        wanted = [{"camera": added["id"], "stream": "still"}]
        (release,) = (await ann.ask("POST", "/api/keys", {"live": wanted})).json()["keys"]
        assert (release["purpose"], release["stream"]) == ("still", "still")
        key = await ann.window(HOUSEHOLD, release)
        sealed = (await ann.ask("GET", f"/s/{opaque}/still")).body
        assert [one.kind for one in open_all(key, sealed)] == [Kind.INIT, Kind.STILL]
        main = (await ann.ask("GET", f"/s/{running.opaque(Stream.MAIN).hex()}/still")).body
        for one in split_fragments(main):
            with pytest.raises(Refusal):
                open_sealed(key, ANY, one)
        streams = {s["stream"] for s in (await ann.get("/api/cameras"))[0]["streams"]}
        assert "still" in streams
