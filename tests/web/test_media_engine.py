"""Goal: only pictures that prove whose they are are shown. Method: real Chromium, real seals.

The page is web/tests/harness under the door's own content security policy; the household in
house.py seals with the hub's code and can be told to hand out another household's fragments.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

import pytest

from tests.web.conftest import Visit, is_near
from tests.web.house import Film, House, now_us, shoot

pytestmark = pytest.mark.browser
Open = Callable[..., Awaitable[Visit]]

RED, GREEN, BLUE = (200, 30, 30), (30, 180, 30), (40, 40, 200)
DECODES_H265 = "MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L93.90\"')"
WITHOUT_WEBCODECS = "delete globalThis.VideoDecoder; delete globalThis.AudioDecoder;"
START_US = 1_790_000_000_000_000


@pytest.fixture(scope="module")
def red() -> Film:
    return shoot(RED)


@pytest.fixture(scope="module")
def green() -> Film:
    return shoot(GREEN, width=320, height=180)


def own_complaints(visit: Visit) -> list[str]:
    """Errors of the page, less the browser's remark on answers with status 404."""
    return [text for text in visit.complaints if "404" not in text]


async def test_a_live_picture_is_opened_decoded_and_drawn(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    page = await visit(house)
    tile = await page.call("live", house.document(camera), "main")
    look = await page.until_colour(tile, RED)
    assert (look["kind"], look["width"], look["height"]) == ("canvas", 640, 360)
    report = await page.until_state(tile, "live")
    assert (report["stream"], report["width"], report["isSubstitute"]) == ("main", 640, False)
    assert 0 <= report["ageSeconds"] < 4
    assert await page.call("snapshot", tile) == "image/png"
    assert await page.call("refusals") == {}
    assert own_complaints(page) == []


async def test_a_window_change_goes_unnoticed(visit: Open, red: Film) -> None:
    house = House()
    house.window_us = 1_500_000
    camera = house.add_camera(main=red)
    page = await visit(house)
    tile = await page.call("live", house.document(camera), "main")
    await page.until_state(tile, "live")
    windows = len(house.key_requests)

    async def has_changed_twice() -> bool:
        return len(house.key_requests) >= windows + 2

    await page.until(has_changed_twice, "two changes of the window")
    await page.until_colour(tile, RED)
    assert {report["state"] for report in await page.call("reports", tile)} <= {
        "connecting",
        "live",
    }
    assert await page.call("refusals") == {}


async def test_another_households_fragments_are_refused_and_never_drawn(
    visit: Open, red: Film, green: Film
) -> None:
    ours, theirs = House(), House()
    camera = ours.add_camera(main=red)
    their_camera = theirs.add_camera(main=green)
    for _ in range(3):
        theirs.advance(theirs.tracks[their_camera, "main"])
    ours.impostor = theirs
    page = await visit(ours)
    tile = await page.call("live", ours.document(camera), "main")
    report = await page.until_state(tile, "refused")
    assert report["reason"] == "foreign_household"
    look = await page.call("look", tile)
    assert look is None or not is_near(look["colour"], GREEN)

    async def is_told() -> bool:
        return bool(ours.refusals)

    await page.until(is_told, "the refusal reached the hub")
    assert ours.refusals[0]["camera"] == camera.hex()
    assert ours.refusals[0]["reason"] == "foreign_household"
    asked = len(ours.key_requests)
    ours.impostor = None
    await page.until_colour(tile, RED)
    await page.until_state(tile, "live")
    assert len(ours.key_requests) == asked, "a foreign fragment must not make anybody ask for keys"


async def test_a_mixture_in_the_middle_clears_the_screen(
    visit: Open, red: Film, green: Film
) -> None:
    ours, theirs = House(), House()
    camera = ours.add_camera(main=red)
    theirs.advance(theirs.tracks[theirs.add_camera(main=green), "main"])
    page = await visit(ours)
    tile = await page.call("live", ours.document(camera), "main")
    await page.until_colour(tile, RED)
    ours.impostor = theirs
    await page.until_state(tile, "refused")
    for _ in range(10):
        look = await page.call("look", tile)
        assert look is None or is_near(look["colour"], (0, 0, 0))
        await asyncio.sleep(0.05)


async def test_without_webcodecs_media_source_extensions_play(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    page = await visit(house, WITHOUT_WEBCODECS)
    tile = await page.call("live", house.document(camera), "main")
    look = await page.until_colour(tile, RED)
    assert look["kind"] == "video"
    await page.until_state(tile, "live")
    assert own_complaints(page) == []


async def test_a_codec_the_browser_lacks_gives_way_to_the_sub_stream(
    visit: Open, green: Film
) -> None:
    house = House()
    camera = house.add_camera(main=shoot(RED, codec="libx265", count=20), sub=green)
    page = await visit(house)
    if await page.page.evaluate(DECODES_H265):
        pytest.skip("this Chromium decodes H.265")
    tile = await page.call("live", house.document(camera), "main")
    await page.until_colour(tile, GREEN)
    report = await page.until_state(tile, "live")
    assert (report["stream"], report["isSubstitute"], report["reason"]) == ("sub", True, "codec")


async def test_a_silent_camera_is_called_stale(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    page = await visit(house)
    tile = await page.call("live", house.document(camera), "main")
    await page.until_state(tile, "live")
    house.tracks[camera, "main"].is_silent = True
    report = await page.until_state(tile, "stale")
    assert report["ageSeconds"] > 4
    house.tracks[camera, "main"].is_silent = False
    await page.until_state(tile, "live")


async def test_a_slow_viewer_gets_stills_with_their_age(
    visit: Open, red: Film, green: Film
) -> None:
    house = House()
    camera = house.add_camera(main=red, sub=green)
    page = await visit(house)
    tile = await page.call("live", house.document(camera), "main")
    await page.until_colour(tile, RED)
    track = house.tracks[camera, "main"]
    for _ in range(3):
        for socket in tuple(house.sockets):
            await socket.send_json({"stream": track.opaque.hex(), "skipped": 20})
    report = await page.until_state(tile, "stale")
    assert report["isStills"]
    await page.until_colour(tile, GREEN)


async def test_a_lost_connection_comes_back(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    page = await visit(house)
    tile = await page.call("live", house.document(camera), "main")
    await page.until_state(tile, "live")
    for socket in tuple(house.sockets):
        await socket.close()

    async def is_back() -> bool:
        return bool(house.sockets)

    await page.until(is_back, "a new connection")
    shown_us = now_us()

    async def is_newer() -> bool:
        marks = await page.call("marks", tile)
        return bool(marks["latencies"][-1][0] > shown_us)

    await page.until(is_newer, "a new picture")
    assert await page.call("refusals") == {}


async def test_recordings_seek_play_step_and_jump_over_a_gap(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    house.record(camera, "main", START_US, segments=2)
    house.record(camera, "main", START_US + 60_000_000, segments=1)
    page = await visit(house)
    tile = await page.call("playback", house.document(camera), False)
    await page.player(tile, "seek", START_US + 5_260_000)
    await page.until_colour(tile, RED)
    report = await page.until_state(tile, "paused")

    async def is_exact() -> bool:
        return await page.time_us(tile) == START_US + 5_250_000

    await page.until(is_exact, "the exact picture")
    for direction, expected_us in ((1, 5_300_000), (-1, 5_250_000), (-1, 5_200_000)):
        await page.player(tile, "step", direction)

        async def is_there(wanted: int = START_US + expected_us) -> bool:
            return await page.time_us(tile) == wanted

        await page.until(is_there, f"a step to {expected_us}")
    await page.player(tile, "seek", START_US + 18_500_000)
    await page.player(tile, "setSpeed", 4)
    await page.player(tile, "play")

    async def is_over() -> bool:
        return await page.time_us(tile) >= START_US + 61_000_000

    await page.until(is_over, "playing across the gap")
    states = {report["state"] for report in await page.call("reports", tile)}
    assert "playing" in states
    assert "refused" not in states
    await page.player(tile, "pause")
    await page.player(tile, "seek", START_US + 30_000_000)
    await page.until_state(tile, "gap")
    await page.player(tile, "setSpeed", 16)
    await page.player(tile, "seek", START_US + 1_000_000)
    await page.player(tile, "play")
    report = await page.until_state(tile, "ended")
    assert report["timeUs"] >= START_US + 69_000_000
    assert own_complaints(page) == []


@pytest.mark.parametrize("script", ["", WITHOUT_WEBCODECS], ids=["webcodecs", "mse"])
async def test_a_recording_the_browser_cannot_decode_gives_way_to_the_sub_stream(
    visit: Open, green: Film, script: str
) -> None:
    house = House()
    camera = house.add_camera(main=shoot(RED, codec="libx265", count=20), sub=green)
    for name in ("main", "sub"):
        house.record(camera, name, START_US, segments=2)
    page = await visit(house, script)
    if await page.page.evaluate(DECODES_H265):
        pytest.skip("this Chromium decodes H.265")
    tile = await page.call("playback", house.document(camera), False)
    await page.player(tile, "seek", START_US + 5_000_000)
    await page.until_colour(tile, GREEN)
    assert (await page.until_state(tile, "paused"))["isSubstitute"]
    await page.player(tile, "play")
    report = await page.until_state(tile, "playing")
    assert report["timeUs"] >= START_US + 5_000_000
    if not script:
        assert await page.call("thumbnail", house.document(camera), START_US + 5_000_000)


async def test_a_recording_that_nothing_here_decodes_says_so(visit: Open) -> None:
    house = House()
    camera = house.add_camera(main=shoot(RED, codec="libx265", count=20))
    house.record(camera, "main", START_US, segments=1)
    page = await visit(house)
    if await page.page.evaluate(DECODES_H265):
        pytest.skip("this Chromium decodes H.265")
    tile = await page.call("playback", house.document(camera), False)
    await page.player(tile, "seek", START_US + 5_000_000)
    report = await page.until_state(tile, "undecodable")
    assert (report["reason"], report["isSubstitute"]) == ("codec", False)


async def test_two_recordings_share_a_clock(visit: Open, red: Film, green: Film) -> None:
    house = House()
    cameras = [house.add_camera(main=red), house.add_camera(main=green)]
    for camera in cameras:
        house.record(camera, "main", START_US, segments=1)
    page = await visit(house)
    tiles = [await page.call("playback", house.document(camera), True) for camera in cameras]
    await page.player(tiles[0], "seek", START_US + 2_000_000)
    await page.player(tiles[0], "play")
    for tile, colour in zip(tiles, (RED, GREEN), strict=True):
        await page.until_state(tile, "playing")
        await page.until_colour(tile, colour)
    times = [await page.time_us(tile) for tile in tiles]
    assert abs(times[0] - times[1]) < 1_000_000


async def test_another_households_recording_is_refused(visit: Open, red: Film, green: Film) -> None:
    ours, theirs = House(), House()
    camera = ours.add_camera(main=red)
    ours.record(camera, "main", START_US, segments=1)
    theirs.record(theirs.add_camera(main=green), "main", START_US, segments=1)
    ours.impostor = theirs
    page = await visit(ours)
    tile = await page.call("playback", ours.document(camera), False)
    await page.player(tile, "seek", START_US + 5_000_000)
    report = await page.until_state(tile, "refused")
    assert report["reason"] == "foreign_household"
    assert not is_near((await page.call("look", tile))["colour"], GREEN)


async def test_thumbnails(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    house.record(camera, "main", START_US, segments=1)
    page = await visit(house)
    document = house.document(camera)
    assert await page.call("thumbnail", document, START_US + 3_000_000) == [320, 180]
    assert await page.call("thumbnail", document, START_US + 30_000_000) is None


async def test_an_export_arrives_whole(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    content = bytes(range(256)) * 40
    job = house.export(camera, content, piece_bytes=1000)
    page = await visit(house)
    assert await page.call("exported", job) == hashlib.sha256(content).hexdigest()


async def test_without_webcodecs_recordings_play_too(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    house.record(camera, "main", START_US, segments=1)
    house.record(camera, "main", START_US + 60_000_000, segments=1)
    page = await visit(house, WITHOUT_WEBCODECS)
    tile = await page.call("playback", house.document(camera), False)
    await page.player(tile, "seek", START_US + 5_260_000)
    look = await page.until_colour(tile, RED)
    assert look["kind"] == "video"
    await page.until_state(tile, "paused")
    await page.player(tile, "step", 1)

    async def has_stepped() -> bool:
        return 5_290_000 < await page.time_us(tile) - START_US < 5_330_000

    await page.until(has_stepped, "one picture on")
    await page.player(tile, "setSpeed", 4)
    await page.player(tile, "play")

    async def is_beyond_the_gap() -> bool:
        return await page.time_us(tile) > START_US + 61_000_000

    await page.until(is_beyond_the_gap, "playing across the gap")
    assert own_complaints(page) == []


async def test_a_time_in_the_present_waits_for_the_recorder(visit: Open, red: Film) -> None:
    house = House()
    camera = house.add_camera(main=red)
    start_us = now_us() - 12_000_000
    house.record(camera, "main", start_us, segments=1)
    page = await visit(house)
    tile = await page.call("playback", house.document(camera), False)
    wanted_us = start_us + 11_000_000
    await page.player(tile, "seek", wanted_us)
    await page.until_colour(tile, RED)
    await page.until_state(tile, "loading")
    house.record(camera, "main", start_us + 10_000_000, segments=1)
    await page.until_state(tile, "paused")

    async def is_exact() -> bool:
        return await page.time_us(tile) == wanted_us

    await page.until(is_exact, "the picture that was asked for")
    assert "gap" not in {report["state"] for report in await page.call("reports", tile)}
