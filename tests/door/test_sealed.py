"""Goal: fragments over HTTP only for a session that may have them. Method: a real hub's answers."""

import secrets

import pytest
from aiohttp import web

from keepsight.seal.header import Kind, read_header
from tests.door.conftest import House, MakeHouse

WRITER = "b" * 32


async def get(house: House, path: str, *, signed_in: bool = True) -> tuple[int, bytes]:
    headers = house.hub.cookie(house.session) if signed_in else {}
    async with house.client.get(house.url + path, headers=headers) as answer:
        return answer.status, await answer.read()


async def test_still_comes_from_the_hub_or_from_the_watched_gop(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    path = f"/s/{camera.opaque.hex()}/still"
    status, body = await get(house, path)
    assert status == 404
    assert b"state" in body
    camera.shoot(is_keyframe=True)
    status, body = await get(house, path)
    first = read_header(body)
    second = read_header(body, 122 + first.length)
    assert (status, first.kind, second.kind) == (200, Kind.INIT, Kind.STILL)
    assert len(body) == 244 + first.length + second.length
    viewer = await house.connect()
    await viewer.send_str(f'{{"watch": ["{camera.opaque.hex()}"]}}')
    for _ in range(3):
        await viewer.receive(timeout=30)
    asked = len(house.hub.requests)
    assert await get(house, path) == (200, body)
    assert len(house.hub.requests) == asked  # answered by the door alone
    await viewer.close()


async def test_headers_of_stills_and_recordings(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    recorded = f"/s/{camera.opaque.hex()}/{WRITER}/0-3"
    house.hub.recorded[recorded] = b"KSF1"
    cookie = house.hub.cookie(house.session)
    async with house.client.get(
        f"{house.url}/s/{camera.opaque.hex()}/still", headers=cookie
    ) as still:
        assert still.headers["Cache-Control"] == "no-store"
        assert still.content_type == "application/octet-stream"
    async with house.client.get(
        house.url + recorded, headers={**cookie, "Range": "bytes=0-1"}
    ) as fragments:
        assert (fragments.status, await fragments.read()) == (200, b"KSF1")  # no ranges
        assert fragments.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert fragments.content_type == "application/octet-stream"
        assert fragments.headers["X-Content-Type-Options"] == "nosniff"
        assert "Accept-Ranges" not in fragments.headers


async def test_recorded_fragments_are_kept_and_still_need_a_session(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    path = f"/s/{camera.opaque.hex()}/{WRITER}/0-3"
    house.hub.recorded[path] = sealed = secrets.token_bytes(100_000)
    assert await get(house, path) == (200, sealed)
    house.hub.recorded.clear()  # now only the door has them
    assert await get(house, path) == (200, sealed)
    status, body = await get(house, path, signed_in=False)
    assert status == 401
    assert sealed not in body
    house.hub.sessions.clear()
    house.hub.feed.end_session(house.session.hash)
    for _ in range(100):
        status, body = await get(house, path)
        if status == 401:
            break
    assert status == 401
    assert sealed not in body


async def test_cache_can_be_switched_off(make_house: MakeHouse) -> None:
    house = await make_house(cache_bytes_max=0)
    camera = house.camera()
    path = f"/s/{camera.opaque.hex()}/{WRITER}/0-3"
    house.hub.recorded[path] = b"KSF1"
    assert (await get(house, path))[0] == 200
    house.hub.recorded.clear()
    assert (await get(house, path))[0] == 404


async def test_large_answers_are_streamed_and_not_kept(make_house: MakeHouse) -> None:
    house = await make_house()
    camera = house.camera()
    path = f"/s/{camera.opaque.hex()}/{WRITER}/0-255"
    house.hub.recorded[path] = sealed = secrets.token_bytes(3_000_000)
    assert await get(house, path) == (200, sealed)
    assert house.front._cache.bytes_held == 0


async def test_export_pieces_need_their_export(make_house: MakeHouse) -> None:
    house = await make_house()
    path = f"/s/export/{WRITER}/0-9"
    house.hub.recorded[path] = b"KSF1"
    assert (await get(house, path))[0] == 404
    assert not [r for r in house.hub.requests if r[1] == path]
    other = await make_house("other")
    other.hub.exports.append(WRITER)
    other.hub.recorded[path] = b"KSF1"
    assert await get(other, path) == (200, b"KSF1")
    assert other.front._cache.bytes_held == 0


@pytest.mark.parametrize(
    "path",
    [
        "/s/{opaque}/still/", "/s/{opaque}/still?x=1", "/s/{opaque}", "/s/{OPAQUE}/still",
        "/s/{opaque}/{w}/0", "/s/{opaque}/{w}/3-0", "/s/{opaque}/{w}/0-256",
        "/s/{opaque}/{w}/00-3", "/s/{opaque}/{w}/0-3/", "/s/{opaque}/{w}/-1-3",
        "/s/{opaque}/{w}/0-99999999999", "/s/{opaque}/{w}/٣-٤", "/s/{opaque}/../{w}/0-3",
        "/s/{other}/still", "/s/{other}/{w}/0-3", "/s/export/{w}/0-300", "/s/export/{w}x/0-3",
    ],
)  # fmt: skip
async def test_other_paths_and_streams_are_404_and_not_asked_for(
    make_house: MakeHouse, path: str
) -> None:
    house = await make_house()
    opaque = house.camera().opaque.hex()
    filled = path.format(opaque=opaque, OPAQUE="ABCDEF" + opaque[6:], w=WRITER, other="0" * 32)
    status, _ = await get(house, filled)
    assert status == 404
    assert not [r for r in house.hub.requests if r[1].startswith("/s/")]


async def test_only_get(make_house: MakeHouse) -> None:
    house = await make_house()
    path = f"{house.url}/s/{house.camera().opaque.hex()}/still"
    async with house.client.delete(path, headers=house.headers) as answer:
        assert answer.status == 405


async def test_hub_that_answers_a_page_is_not_passed_on(make_house: MakeHouse) -> None:
    """Whatever the hub says with 200 that is not sealed bytes does not leave as sealed bytes."""
    house = await make_house()
    opaque = house.camera().opaque.hex()

    async def page(_request: object) -> object:
        return web.Response(text="<script>", content_type="text/html")

    house.hub._recorded = page  # type: ignore[method-assign,assignment]
    await house.hub.stop()
    await house.hub.start()
    status, body = await get(house, f"/s/{opaque}/{WRITER}/0-3")
    assert status == 503
    assert b"script" not in body


async def test_without_a_hub_it_is_503(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.hub.stop()
    status, _ = await get(house, f"/s/{'0' * 32}/still")
    assert status == 503
