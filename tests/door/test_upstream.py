"""Goal: only named headers pass between browser and hub. Method: an echoing hub behind the door."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from keepsight.door.headers import DOCUMENT_POLICY
from tests.door.conftest import House, MakeHouse


async def test_hub_sees_chosen_headers_and_its_own_cookie(make_house: MakeHouse) -> None:
    house = await make_house()
    headers = {
        **house.headers,
        "Cookie": f"theme=dark; {house.hub.cookie(house.session)['Cookie']}; ks-ffffffff=x",
        "Accept-Language": "de",
        "Authorization": "Basic eDp5",
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "https",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
        "X-HTTP-Method-Override": "DELETE",
        "Content-Type": "application/json",
        "Connection": "keep-alive, X-Keepsight",
        "DPoP": "a.b.c",
        "If-Match": '"a", "b"',
        "If-None-Match": '"a"',
    }
    async with house.client.post(
        URL(house.url + "/api/cameras?x=1&y=%2F", encoded=True),
        headers=headers,
        data=b'{"name": "x"}',
    ) as answer:
        assert answer.status == 200
    ((method, path, seen, body),) = house.hub.requests
    assert (method, path, body) == ("POST", "/api/cameras?x=1&y=%2F", b'{"name": "x"}')
    assert seen["Cookie"] == house.hub.cookie(house.session)["Cookie"]
    assert seen["Host"] == f"127.0.0.1:{house.port}"
    assert seen["X-Forwarded-For"] == "127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "http"
    assert seen["Accept-Language"] == "de"
    assert seen["X-Keepsight"] == "1"
    assert seen["DPoP"] == "a.b.c"
    assert seen["If-Match"] == '"a", "b"'
    expected = {
        "Accept", "Accept-Language", "Content-Length", "Content-Type", "Cookie", "Host", "Origin",
        "DPoP", "If-Match", "User-Agent", "X-Forwarded-For", "X-Forwarded-Proto", "X-Keepsight",
        "Connection",
    }  # fmt: skip
    assert set(seen) <= expected


async def test_browser_sees_chosen_headers_and_never_a_foreign_cookie(
    make_house: MakeHouse, caplog: pytest.LogCaptureFixture
) -> None:
    house = await make_house()
    async with house.client.get(house.url + "/api/hello", headers=house.headers) as answer:
        assert "X-Powered-By" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["ETag"] == '"a"'
        assert answer.headers.getall("Set-Cookie") == [f"{house.hub.cookie_name}=fresh; HttpOnly"]
        assert json.loads(await answer.text())["path"] == "/api/hello"
    assert "cookie that is not its own" in caplog.text


async def test_signing_out_of_one_household_leaves_the_others_signed_in(
    make_house: MakeHouse,
) -> None:
    """Clear-Site-Data's "cookies" is the whole host's, whatever the port."""
    house = await make_house()
    async with house.client.delete(house.url + "/api/session", headers=house.headers) as answer:
        assert "cookies" not in answer.headers["Clear-Site-Data"]
        assert '"storage"' in answer.headers["Clear-Site-Data"]
        cookies = answer.headers.getall("Set-Cookie")
    name = house.hub.cookie_name
    assert [cookie.partition("=")[0] for cookie in cookies] == [f"__Host-{name}", name]
    assert all("Max-Age=0; Path=/" in cookie for cookie in cookies)
    assert "; Secure" in cookies[0]


async def test_absent_hub_is_503_in_the_usual_shape(make_house: MakeHouse) -> None:
    house = await make_house()
    await house.hub.stop()
    async with house.client.get(house.url + "/api/hello") as answer:
        assert answer.status == 503
        assert (await answer.json())["error"] == "hub_unreachable"


async def test_method_that_has_no_place_is_405(make_house: MakeHouse) -> None:
    house = await make_house()
    async with house.client.request(
        "PROPFIND", house.url + "/api/hello", headers=house.headers
    ) as answer:
        assert answer.status == 405
    assert not house.hub.requests


async def test_head_and_no_content_pass(make_house: MakeHouse) -> None:
    house = await make_house()
    async with house.client.head(house.url + "/api/hello", headers=house.headers) as answer:
        assert answer.status == 200
        assert await answer.read() == b""
    async with house.client.get(house.url + "/api/hello", headers=house.headers) as answer:
        assert answer.status == 200


class CutHub:
    """Breaks off in the middle of its answer, or hands A's answer to whoever comes next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connections = 0
        self.answer = b""
        self.hold = asyncio.Event()

    async def replace(self, house: House) -> None:
        """Stand where the household's hub stood."""
        await house.hub.stop()
        path = house.hub.run_dir / "api.sock"
        await asyncio.to_thread(path.unlink)
        await asyncio.to_thread(path.symlink_to, self.path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/api/slow" in head:
            await self.hold.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nslow-A")
        else:
            writer.write(self.answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()


@pytest.fixture
async def cut_hub(tmp_path: Path) -> AsyncIterator[CutHub]:
    hub = CutHub(tmp_path / "cut.sock")
    server = await asyncio.start_unix_server(hub.serve, hub.path)
    yield hub
    hub.hold.set()
    await asyncio.sleep(0.05)
    server.close()


async def through(house_url: str, client: aiohttp.ClientSession, path: str) -> bytes:
    async with client.get(house_url + path) as answer:
        return await answer.read()


async def test_answer_that_breaks_off_breaks_off_for_the_browser_too(
    make_house: MakeHouse, cut_hub: CutHub
) -> None:
    house = await make_house()
    await cut_hub.replace(house)
    cut_hub.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    with pytest.raises(aiohttp.ClientError):
        await through(house.url, house.client, "/api/x")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
async def test_nonsense_of_the_hub_is_503(
    make_house: MakeHouse, cut_hub: CutHub, nonsense: bytes
) -> None:
    house = await make_house()
    await cut_hub.replace(house)
    cut_hub.answer = nonsense
    async with house.client.get(house.url + "/api/x") as answer:
        assert answer.status == 503


async def test_cancelled_request_leaves_nothing_for_the_next(
    make_house: MakeHouse, cut_hub: CutHub
) -> None:
    """Incident of 20 March 2023: a cancelled request's answer stayed on a pooled connection."""
    house = await make_house()
    await cut_hub.replace(house)
    cut_hub.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfast-B"
    for number in range(10):
        asking = asyncio.ensure_future(through(house.url, house.client, "/api/slow"))
        async with asyncio.timeout(20):
            while cut_hub.connections <= number:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.001)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    cut_hub.hold.set()
    got = {await through(house.url, house.client, "/api/fast") for _ in range(20)}
    assert got == {b"fast-B"}
    assert cut_hub.connections == 30  # one each, never used again


async def test_reader_that_stalls_is_cut(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepsight.door.upstream.STALLED_SECONDS", 0.2)
    house = await make_house(cache_bytes_max=0)
    path = f"/s/{house.camera().opaque.hex()}/{'b' * 32}/0-3"
    house.hub.recorded[path] = bytes(50_000_000)
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1024)
    cookie = house.hub.cookie(house.session)["Cookie"]
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
    writer.write(request.encode())
    async with asyncio.timeout(20):
        while not house.front._gate.count("127.0.0.1"):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
        while house.front._gate.count("127.0.0.1"):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert len(await reader.read(100)) == 100
    writer.transport.abort()


async def test_a_report_of_the_lab_is_shown_under_the_policy_of_documents_alone(
    make_house: MakeHouse,
) -> None:
    house = await make_house()
    for path, is_document in (
        (f"/api/checks/{'ab' * 16}/page?ticket=1", True),
        (f"/api/checks/{'ab' * 16}/report", False),
        (f"/api/checks/{'ab' * 15}/page", False),
    ):
        async with house.client.get(house.url + path, headers=house.headers) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert (policy == DOCUMENT_POLICY) is is_document, path
            assert (answer.headers["X-Frame-Options"] == "SAMEORIGIN") is is_document
