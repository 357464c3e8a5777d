"""Goal: stills are keyframes, at most one a second, sealed for watchers only, under keys that open
nothing else. Method: a stream fed by hand; then a real hub and camera."""

import pytest

from keepsight.hub.live.still import StillStream
from keepsight.seal.frame import Refusal
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind, Stream, read_header
from tests.home import HOUSEHOLD, open_all, simulated_camera, split_fragments
from tests.hub.live.test_stream import ANY, CAMERA, FORMAT, Rig
from tests.hub.live.test_stream import HOUSEHOLD as RIG_HOUSEHOLD


def still_rig():
    rig = Rig(Stream.STILL)
    rig.live = StillStream(
        household=RIG_HOUSEHOLD, camera=CAMERA, stream=Stream.STILL, epoch=3,
        clock=rig.clock, window_secret=rig.secret,
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
