"""Goal: viewers get their pictures at once, and only while signed in. Method: real sockets.

The hub's side is the real feed and the real sealing; the viewers are aiohttp WebSocket clients that
open what they get.
"""

import asyncio
import json

import aiohttp
import pytest

from keepsight.hub.camera import StreamState
from keepsight.seal import frame
from keepsight.seal.frame import Expectation, Opened, Refusal, WindowKey
from keepsight.seal.header import HEADER_BYTES, Kind, read_header
from tests.door.conftest import House, MakeHouse

EVERY_KIND = Expectation((Kind.INIT, Kind.STILL, Kind.GOP))


async def next_binary(viewer: aiohttp.ClientWebSocketResponse) -> tuple[bytes, bytes]:
    while True:
        message = await viewer.receive(timeout=30)
        if message.type is aiohttp.WSMsgType.BINARY:
            return message.data[:16], message.data[16:]
        assert message.type is aiohttp.WSMsgType.TEXT, message


async def next_text(viewer: aiohttp.ClientWebSocketResponse, wanted: str) -> dict[str, object]:
    while True:
        message = await viewer.receive(timeout=30)
        if message.type is aiohttp.WSMsgType.TEXT:
            content: dict[str, object] = json.loads(message.data)
            if wanted in content:
                return content
        else:
            assert message.type is aiohttp.WSMsgType.BINARY, message


async def watch(viewer: aiohttp.ClientWebSocketResponse, *opaques: bytes) -> None:
    await viewer.send_str(json.dumps({"watch": [opaque.hex() for opaque in opaques]}))


async def test_first_picture_comes_at_once_from_the_kept_gop(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    camera.shoot()
    camera.shoot()
    viewer = await house.connect()
    await watch(viewer, camera.opaque)
    key = camera.key()
    opened: list[Opened] = []
    for _ in range(4):  # no unit is published any more: all this was kept
        opaque, sealed = await next_binary(viewer)
        assert opaque == camera.opaque
        opened.append(frame.open(key, EVERY_KIND, sealed))
    assert [o.kind for o in opened] == [Kind.INIT, Kind.STILL, Kind.GOP, Kind.GOP]
    assert [o.sequence for o in opened] == [0, 1, 2, 3]
    assert opened[0].payload[4:8] == b"ftyp"
    assert opened[1].payload[4:8] == b"moof"
    await viewer.close()


async def test_second_viewer_is_served_by_the_door_alone(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    camera.shoot()
    first = await house.connect()
    await watch(first, camera.opaque)
    kept = [await next_binary(first) for _ in range(3)]
    second = await house.connect()
    await watch(second, camera.opaque)
    assert [await next_binary(second) for _ in range(3)] == kept
    camera.shoot()
    assert await next_binary(first) == await next_binary(second)
    await first.close()
    await second.close()


async def test_state_is_told_and_changes_follow(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    viewer = await house.connect()
    await watch(viewer, camera.opaque)
    assert (await next_text(viewer, "state"))["state"] == "running"
    house.hub.feed.set_state(camera.opaque, StreamState.SILENT)
    assert await next_text(viewer, "state") == {"stream": camera.opaque.hex(), "state": "silent"}
    await viewer.close()


def pause(viewer: aiohttp.ClientWebSocketResponse) -> asyncio.Transport:
    """Stop reading, as a page behind a poor network does."""
    connection = viewer._response.connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.pause_reading()
    return connection.transport


async def read_until(viewer: aiohttp.ClientWebSocketResponse, sequence: int) -> list[int]:
    got: list[int] = []
    while not got or got[-1] < sequence:
        _, sealed = await next_binary(viewer)
        got.append(read_header(sealed).sequence)
    return got


async def test_slow_viewer_skips_to_a_keyframe_and_the_fast_one_gets_all(
    make_house: MakeHouse,
) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    fast, slow = await house.connect(), await house.connect()
    await watch(fast, camera.opaque)
    await watch(slow, camera.opaque)
    await next_text(slow, "state")
    transport = pause(slow)
    got: list[int] = []
    sent = 1
    async with asyncio.timeout(60):
        for _ in range(20):  # 20 GOPs of about 1 MB: far beyond every buffer on the way
            camera.shoot(400_000, is_keyframe=True)
            for _ in range(6):
                camera.shoot(100_000)
            sent += 7
            got += await read_until(fast, sent)
    assert got == list(range(sent + 1))  # INIT is 0; nothing was lost
    transport.resume_reading()
    before: list[int] = []
    skipped = 0
    async with asyncio.timeout(60):
        while not skipped:
            camera.shoot(1000, is_keyframe=True)
            while not skipped:
                try:
                    message = await slow.receive(timeout=0.05)
                except TimeoutError:
                    break
                if message.type is aiohttp.WSMsgType.TEXT:
                    skipped = json.loads(message.data).get("skipped", 0)
                else:
                    before.append(read_header(message.data[16:]).sequence)
    _, sealed = await next_binary(slow)
    after = read_header(sealed)
    assert before == list(range(len(before)))  # never a hole that is not announced
    assert after.kind == Kind.STILL
    assert after.sequence - before[-1] - 1 == skipped > 20
    await fast.close()
    await slow.close()


async def test_end_of_session_hangs_up_without_asking_the_hub(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    ending = await house.connect()
    other_session = house.hub.add_session()
    staying = await house.connect(headers={**house.hub.cookie(other_session), "Origin": house.url})
    for viewer in (ending, staying):
        await watch(viewer, camera.opaque)
        await next_binary(viewer)
    house.hub.sessions.remove(house.session)
    asked = len(house.hub.requests)
    house.hub.feed.end_session(house.session.hash)
    while (message := await ending.receive(timeout=30)).type is aiohttp.WSMsgType.BINARY:
        pass
    assert len(house.hub.requests) == asked, "it is told, and need not come to it by itself"
    assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    assert ending.close_code == 4001
    camera.shoot()
    await next_binary(staying)
    await staying.close()


async def test_end_cuts_even_a_viewer_that_does_not_read(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(7_000_000, is_keyframe=True)
    viewer = await house.connect()
    transport = pause(viewer)
    await watch(viewer, camera.opaque)
    await asyncio.sleep(0.2)
    assert house.front._gate.count("127.0.0.1") == 1
    house.hub.feed.end_session(house.session.hash)
    async with asyncio.timeout(20):
        while house.front._gate.count("127.0.0.1"):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.02)
    transport.abort()


async def test_not_signed_in_gets_4001(make_house: MakeHouse) -> None:
    house = await make_house()
    viewer = await house.connect(headers={"Origin": house.url})
    message = await viewer.receive(timeout=30)
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert viewer.close_code == 4001


async def test_streams_of_another_household_are_refused(make_house: MakeHouse) -> None:
    home, other = await make_house("home"), await make_house("other")
    own, foreign = home.camera(), other.camera()
    own.shoot(is_keyframe=True)
    foreign.shoot(is_keyframe=True)
    viewer = await home.connect()
    await watch(viewer, foreign.opaque, own.opaque)
    assert (await next_text(viewer, "refused"))["refused"] == foreign.opaque.hex()
    opaque, _ = await next_binary(viewer)
    assert opaque == own.opaque
    assert not foreign.live.is_watched
    assert not other.hub.requests
    await viewer.close()


async def test_session_of_another_household_opens_nothing(make_house: MakeHouse) -> None:
    home, other = await make_house("home"), await make_house("other")
    cookie = other.hub.cookie(other.session)
    viewer = await home.connect(headers={**cookie, "Origin": home.url})
    await viewer.receive(timeout=30)
    assert viewer.close_code == 4001
    assert all("Cookie" not in headers for _, _, headers, _ in home.hub.requests)


@pytest.mark.parametrize(
    "origin", [None, "https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1"]
)
async def test_foreign_origin_is_refused(make_house: MakeHouse, origin: str | None) -> None:
    house = await make_house()
    headers = house.hub.cookie(house.session) | ({"Origin": origin} if origin else {})
    with pytest.raises(aiohttp.WSServerHandshakeError) as failure:
        await house.connect(headers=headers)
    assert failure.value.status == 403
    assert not house.hub.requests


async def test_wrong_subprotocol_is_refused(make_house: MakeHouse) -> None:
    house = await make_house()
    with pytest.raises(aiohttp.WSServerHandshakeError) as failure:
        await house.client.ws_connect(f"{house.url}/live", headers=house.headers)
    assert failure.value.status == 400


@pytest.mark.parametrize(
    "text",
    ["", "[]", "nonsense", '{"watch": 5}', '{"watch": ["zz"]}', "[" * 5000, '{"watch": [{}]}'],
)
async def test_nonsense_ends_this_viewer_only(make_house: MakeHouse, text: str) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    good, bad = await house.connect(), await house.connect()
    await watch(good, camera.opaque)
    await next_binary(good)
    await bad.send_str(text)
    while (await bad.receive(timeout=30)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert bad.close_code == 1008
    camera.shoot()
    await next_binary(good)
    await good.close()


async def test_flood_of_messages_ends_the_viewer(make_house: MakeHouse) -> None:
    house = await make_house()
    viewer = await house.connect()
    for _ in range(150):
        await viewer.send_str('{"pong": 1}')
    while (await viewer.receive(timeout=30)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert viewer.close_code == 1008


async def test_large_message_ends_the_viewer(make_house: MakeHouse) -> None:
    house = await make_house()
    viewer = await house.connect()
    await viewer.send_str('{"pong": "' + "x" * 100_000 + '"}')
    while (await viewer.receive(timeout=30)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert viewer.close_code == 1009


async def test_hub_that_comes_back_is_asked_before_pictures_flow(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    viewer = await house.connect()
    await watch(viewer, camera.opaque)
    await next_binary(viewer)
    await house.hub.feed.stop()
    assert (await next_text(viewer, "state"))["state"] in {"running", "starting"}
    house.hub.sessions.clear()  # it was revoked while the feed was away
    await house.hub.feed.start()
    while (message := await viewer.receive(timeout=30)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert viewer.close_code == 4001


async def test_hub_restart_goes_on_without_a_new_socket(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    viewer = await house.connect()
    await watch(viewer, camera.opaque)
    await next_binary(viewer)
    await next_binary(viewer)
    await house.hub.feed.stop()
    await house.hub.feed.start()
    assert read_header((await next_binary(viewer))[1]).kind == Kind.INIT
    await viewer.close()


def refused(key: WindowKey, sealed: bytes) -> bool:
    try:
        frame.open(key, EVERY_KIND, sealed)
    except Refusal:
        return True
    return False


async def test_malicious_door_moves_nothing_between_streams(make_house: MakeHouse) -> None:
    """A door that delivers each fragment under every other stream's id is refused every time."""
    home, other = await make_house("home"), await make_house("other")
    cameras = [(home, home.camera()), (home, home.camera()), (other, other.camera())]
    fragments: dict[bytes, list[bytes]] = {}
    for house, camera in cameras:
        camera.shoot(is_keyframe=True)
        camera.shoot()
        viewer = await house.connect()
        await watch(viewer, camera.opaque)
        fragments[camera.opaque] = [(await next_binary(viewer))[1] for _ in range(3)]
        await viewer.close()
    opened = refusals = 0
    for _, claimed in cameras:
        for _, true in cameras:
            for sealed in fragments[true.opaque]:
                if refused(claimed.key(), sealed):
                    refusals += 1
                else:
                    opened += 1
                    assert claimed is true
    assert (opened, refusals) == (9, 18)
    # and a header rewritten to fit the claim does not help
    _, victim = cameras[0]
    _, source = cameras[2]
    forged = fragments[victim.opaque][1][:HEADER_BYTES] + fragments[source.opaque][1][HEADER_BYTES:]
    assert refused(victim.key(), forged)


async def test_door_stop_says_1012(make_house: MakeHouse) -> None:
    house: House = await make_house()
    viewer = await house.connect()
    await watch(viewer, bytes(16))
    await next_text(viewer, "refused")
    await asyncio.gather(house.front.stop(), viewer.receive(timeout=30))
    assert viewer.close_code == 1012


async def test_in_a_new_epoch_old_names_lead_nowhere_and_new_ones_go_on_at_once(
    make_house: MakeHouse,
) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    viewer = await house.connect()
    before = camera.opaque
    await watch(viewer, before)
    await next_binary(viewer)
    house.hub.feed.renew()
    camera.opaque = bytes(reversed(before))
    camera.live.roll(epoch=2)
    house.hub.feed.rename_stream(before, camera.opaque)
    assert await next_text(viewer, "renewed") == {"renewed": True}
    await watch(viewer, camera.opaque)
    opaque, sealed = await next_binary(viewer)  # the camera has shot nothing to wait for
    assert opaque == camera.opaque
    assert (read_header(sealed).kind, read_header(sealed).epoch) == (Kind.INIT, 2)
    await watch(viewer, before)
    assert await next_text(viewer, "refused") == {"refused": before.hex()}
    await viewer.close()
