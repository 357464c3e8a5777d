"""Goal: what is not named is 404, and nothing hostile gets past. Method: real and raw clients."""

import asyncio
import io
import json

import aiohttp
import pytest
from yarl import URL

from tests.door.conftest import House, MakeHouse

REQUIRED = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Resource-Policy",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cache-Control",
)
OPAQUE, WRITER = "a" * 32, "b" * 32


async def raw(house: House, request: bytes, *, seconds: float = 5) -> bytes:
    """Everything the door answers to these bytes until it closes, or for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(request)
    answer = b""
    try:
        async with asyncio.timeout(seconds):
            while chunk := await reader.read(65536):
                answer += chunk
    except TimeoutError:
        pass
    except ConnectionError:
        pass
    writer.close()
    return answer


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/timeline", 200),
        ("HEAD", "/", 200),
        ("GET", "/assets/index-a1b2c3d4.js", 200),
        ("GET", "/nothing", 404),
        ("GET", "/secret.key", 404),
        ("POST", "/", 405),
        ("GET", "/trust", 404),
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api//x", 404),
        ("GET", "/api/hello", 200),
        ("GET", "/api/%68ello", 404),
        ("GET", "/api/a/../b", 404),
        ("GET", "/api/.hidden", 404),
        ("OPTIONS", "/api/hello", 403),
        ("TRACE", "/api/hello", 403),
        ("GET", "/live", 403),
        ("POST", "/live", 403),
        ("GET", "/s/", 404),
        ("GET", f"/s/{OPAQUE}/still", 404),
        ("GET", "/..%2f..%2fetc/passwd", 404),
        ("GET", "/assets/%2e%2e/secret.key", 404),
    ],
)
async def test_every_answer_is_expected_and_carries_the_headers(
    make_house: MakeHouse, method: str, path: str, status: int
) -> None:
    house = await make_house()
    async with house.client.request(
        method, URL(house.url + path, encoded=True), headers=house.hub.cookie(house.session)
    ) as answer:
        assert answer.status == status
        for name in REQUIRED:
            assert name in answer.headers, name
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
        if status >= 400 and method != "HEAD":
            assert set(await answer.json()) == {"error", "message", "fields"}


async def test_page_and_assets(make_house: MakeHouse) -> None:
    house = await make_house()
    async with house.client.get(house.url + "/settings") as page:
        assert page.headers["Cache-Control"] == "no-store"
        assert f"ws://127.0.0.1:{house.port}" in page.headers["Content-Security-Policy"]
        assert "Keepsight" in await page.text()
    async with house.client.get(house.url + "/assets/index-a1b2c3d4.js") as script:
        assert "immutable" in script.headers["Cache-Control"]
        etag = script.headers["ETag"]
    url = house.url + "/assets/index-a1b2c3d4.js"
    async with house.client.get(url, headers={"If-None-Match": etag}) as again:
        assert again.status == 304


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "8.8.8.8", "localhost.evil.example", "127.1"]
)
async def test_unknown_host_is_421_and_the_hub_hears_nothing(
    make_house: MakeHouse, host: str
) -> None:
    house = await make_house()
    for path in ("/", "/api/hello", "/live"):
        headers = {**house.headers, "Host": host, "Origin": f"http://{host}"}
        async with house.client.get(house.url + path, headers=headers) as answer:
            assert answer.status == 421
    assert not house.hub.requests


async def test_configured_name_and_localhost_are_known(make_house: MakeHouse) -> None:
    house = await make_house()
    for host in ("localhost", "cameras.example:8443", "192.168.7.7:1"):
        async with house.client.get(house.url, headers={"Host": host}) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_foreign_pages_change_nothing(make_house: MakeHouse, changed: dict[str, str]) -> None:
    house = await make_house()
    for method in ("POST", "PATCH", "DELETE"):
        async with house.client.request(
            method, house.url + "/api/cameras", headers={**house.headers, **changed}
        ) as answer:
            assert answer.status == 403
            assert (await answer.json())["error"] == "foreign_page"
    assert not house.hub.requests


async def test_change_without_origin_is_refused(make_house: MakeHouse) -> None:
    house = await make_house()
    cookie = house.hub.cookie(house.session)
    async with house.client.post(house.url + "/api/cameras", headers=cookie) as answer:
        assert answer.status == 403
    assert not house.hub.requests


SMUGGLING = {
    "CL.TE": (
        b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"
    ),
    "TE.CL": (
        b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
        b"1e\r\nGET /api/smuggled HTTP/1.1\r\n\r\n\r\n0\r\n\r\n"
    ),
    "two lengths": (
        b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n"
        b"GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ),
    "obscured TE": (
        b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n"
    ),
    "space before colon": (
        b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"
    ),
    "negative length": (
        b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Content-Length: -1\r\n\r\n"
    ),
    "bad chunk size": (
        b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"
    ),
    "two hosts": b"GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "no host": b"GET /api/smuggled HTTP/1.1\r\n\r\n",
    "elsewhere": b"GET http://evil.example/api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "folded header": b"GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c: d\r\n\r\n",
    "null in header": b"GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\nA: b\0c\r\n\r\n",
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "long line": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\n"
        + b"".join(b"A%d: b\r\n" % n for n in range(200))
        + b"\r\n"
    ),
}


@pytest.mark.parametrize("name", SMUGGLING)
async def test_request_that_can_be_read_two_ways_is_refused(
    make_house: MakeHouse, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    house = await make_house()
    answer = await raw(house, SMUGGLING[name], seconds=2)
    assert "Traceback" not in caplog.text  # nor may it fill the log
    assert "request" not in caplog.text
    assert all(400 <= status < 500 for status in statuses(answer)), answer[:300]
    assert len(statuses(answer)) <= 1
    assert not house.hub.requests
    async with house.client.get(house.url + "/api/hello") as well:
        assert well.status == 200


async def test_hub_sees_one_way_to_read_the_body(make_house: MakeHouse) -> None:
    house = await make_house()
    request = (
        b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Connection: close, X-Keepsight\r\nTransfer-Encoding: chunked\r\nX-Keepsight: 1\r\n\r\n"
        b"5\r\nhello\r\n1;ext=1\r\n!\r\n0\r\nTrailer: x\r\n\r\n"
    )
    assert statuses(await raw(house, request)) == [200]
    ((method, _, headers, body),) = house.hub.requests
    assert (method, body) == ("POST", b"hello!")
    assert headers["Content-Length"] == "6"
    assert "Transfer-Encoding" not in headers
    assert "Trailer" not in headers


async def test_large_body_is_413_and_the_hub_hears_nothing(make_house: MakeHouse) -> None:
    house = await make_house()
    async with house.client.post(
        house.url + "/api/cameras", headers=house.headers, data=io.BytesIO(bytes(1024 * 1024 + 1))
    ) as answer:
        assert answer.status == 413
    endless = (
        b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 20
    )
    assert statuses(await raw(house, endless, seconds=3))[:1] in ([413], [])
    assert not house.hub.requests


async def test_compressed_body_is_refused(make_house: MakeHouse) -> None:
    house = await make_house()
    headers = {**house.headers, "Content-Encoding": "gzip"}
    async with house.client.post(
        house.url + "/api/cameras", headers=headers, data=b"\x1f\x8b"
    ) as answer:
        assert answer.status == 415
    assert not house.hub.requests


async def test_slow_headers_and_slow_bodies_are_cut(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepsight.door.front.HEADER_SECONDS", 0.3)
    monkeypatch.setattr("keepsight.door.upstream.BODY_SECONDS", 0.3)
    house = await make_house()
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    async with asyncio.timeout(30):
        try:
            for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 1000:
                writer.write(bytes((byte,)))
                await asyncio.sleep(0.02)
                if reader.at_eof() or writer.is_closing():
                    break
            assert not await reader.read()
        except ConnectionError:
            pass
    assert reader.at_eof() or reader.exception() is not None
    writer.close()
    head = (
        b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Content-Length: 100\r\n\r\nhalf of it"
    )
    assert statuses(await raw(house, head, seconds=4)) == [408]
    assert not house.hub.requests


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x05hello",  # not masked
        b"\xf1\x80\0\0\0\0",  # reserved bits
        b"\x83\x80\0\0\0\0",  # reserved opcode
        b"\x89\xfe\0\xff\0\0\0\0",  # a control frame that is too long
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",  # 2^64 bytes to come
        b"\x80\x80\0\0\0\0",  # a continuation of nothing
        b"\x81\x81\0\0\0\0\xff",  # not UTF-8
        b"\x82\x81\0\0\0\0\0",  # binary
    ],
)
async def test_bad_websocket_frames_end_that_viewer_only(
    make_house: MakeHouse, frame: bytes
) -> None:
    house = await make_house()
    good = await house.connect()
    cookie = house.hub.cookie(house.session)["Cookie"]
    handshake = (
        f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nOrigin: {house.url}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Sec-WebSocket-Protocol: keepsight.live.1\r\nCookie: {cookie}\r\n\r\n"
    ).encode()
    answer = await raw(house, handshake + frame, seconds=4)
    assert statuses(answer)[0] == 101
    assert b"\x88" in answer.partition(b"\r\n\r\n")[2]  # a close frame
    await good.send_str(json.dumps({"watch": ["0" * 32]}))
    assert json.loads((await good.receive(timeout=30)).data) == {"refused": "0" * 32}
    await good.close()


async def test_h2c_upgrade_is_ignored(make_house: MakeHouse) -> None:
    house = await make_house()
    request = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    )
    answer = await raw(house, request, seconds=1)
    assert 101 not in statuses(answer)


async def test_failure_inside_is_a_500_without_details(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house = await make_house()

    def fail(_path: str) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(house.front._ui, "find", fail)
    async with house.client.get(house.url + "/") as answer:
        assert answer.status == 500
        assert "secret" not in await answer.text()
        assert "Content-Security-Policy" in answer.headers
    assert "a secret detail" in caplog.text


async def test_households_share_no_cookie_stream_or_fragment(make_house: MakeHouse) -> None:
    """The other household's cookie, stream ids and paths at this door never reach its hub."""
    home, other = await make_house("home"), await make_house("other")
    camera = other.camera()
    camera.shoot(is_keyframe=True)
    path = f"/s/{camera.opaque.hex()}/{WRITER}/0-3"
    other.hub.recorded[path] = b"KSF1 sealed"
    both = "; ".join(h.hub.cookie(h.session)["Cookie"] for h in (home, other))
    async with other.client.get(other.url + path, headers={"Cookie": both}) as answer:
        assert (answer.status, await answer.read()) == (200, b"KSF1 sealed")
    other.hub.requests.clear()
    for headers in ({"Cookie": both}, other.hub.cookie(other.session)):
        for attempt in (path, f"/s/{camera.opaque.hex()}/still", "/api/cameras"):
            async with home.client.get(home.url + attempt, headers=headers) as answer:
                body = await answer.read()
                assert b"KSF1" not in body
                assert answer.status in {200, 401, 404}
                if answer.status == 200:
                    assert json.loads(body)["household"] == home.hub.hex
    assert not other.hub.requests
    assert home.hub.requests
    for _, _, sent, _ in home.hub.requests:
        assert other.session.token not in str(sent)


async def test_websockets_library_is_served_too(make_house: MakeHouse) -> None:
    """A second client implementation reads our frames: the large and the small ones."""
    import websockets

    house = await make_house()
    camera = house.camera()
    camera.shoot(100_000, is_keyframe=True)
    camera.shoot(4)
    camera.shoot(300)
    async with websockets.connect(
        house.url.replace("http", "ws") + "/live",
        additional_headers=house.hub.cookie(house.session),
        origin=websockets.Origin(house.url),
        subprotocols=[websockets.Subprotocol("keepsight.live.1")],
        max_size=None,
    ) as viewer:
        await viewer.send(json.dumps({"watch": [camera.opaque.hex()]}))
        got = [await asyncio.wait_for(viewer.recv(), 30) for _ in range(5)]
        texts = [json.loads(message) for message in got if isinstance(message, str)]
        pictures = [message for message in got if isinstance(message, bytes)]
    assert texts == [{"stream": camera.opaque.hex(), "state": "running"}]
    assert [message[16:20] for message in pictures] == [b"KSF1"] * 4


async def until_held(house: House, count: int) -> None:
    """The door has noticed so many connections of this machine."""
    async with asyncio.timeout(20):
        while house.front._gate.count("127.0.0.1") != count:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)


async def test_connection_limit_of_one_address(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepsight.door.gate.LOOPBACK_CONNECTIONS_MAX", 5)
    house = await make_house()
    held = [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(5)]
    await until_held(house, 5)
    with pytest.raises(aiohttp.ClientError):
        await house.client.get(house.url)
    held.pop()[1].close()
    await until_held(house, 4)
    async with house.client.get(house.url) as answer:
        assert answer.status == 200
    for _, writer in held:
        writer.close()
