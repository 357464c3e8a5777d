"""The door gives caches nothing to be fooled with: poisoning, deception, denial by cached errors.

Method: raw requests with the inputs that caches leave out of their keys, with paths that caches
take for static files, and with broken syntax; once directly, once through nginx that keeps whatever
looks like a static file. Two visitors stand behind the same cache.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.door.conftest import House, MakeHouse, make_house, ui_folder
from tests.hostile.programs import find, running, write_nginx
from tests.hostile.wire import RawAnswer, read_answer, send
from tests.ports import free_port

__all__ = ["make_house", "ui_folder"]
EVIL: Final = "evil.example"
UNKEYED: Final = (
    ("X-Forwarded-Host", EVIL), ("X-Host", EVIL), ("X-Forwarded-Server", EVIL),
    ("X-HTTP-Host-Override", EVIL), ("Forwarded", f"host={EVIL};proto=https"),
    ("X-Original-URL", "/api/session"), ("X-Rewrite-URL", "/api/session"),
    ("X-Forwarded-Scheme", "nothttps"), ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Port", "1"), ("X-Forwarded-Prefix", f"//{EVIL}"),
    ("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "POST"), ("X-HTTP-Method", "PUT"),
    ("X-Forwarded-For", "127.0.0.1"), ("True-Client-IP", "127.0.0.1"),
    ("X-Forwarded-SSL", "on"), ("Front-End-Https", "on"), ("Accept-Language", EVIL),
    ("User-Agent", EVIL), ("Referer", f"http://{EVIL}/"), ("Range", "bytes=0-3"),
)  # fmt: skip
PATHS: Final = (
    "/api/cameras/x.css", "/api/cameras;x.css", "/api/cameras%2fx.css", "/api/cameras%3bx.css",
    "/api/cameras%00.css", "/api/cameras%0ax.css", "/api/cameras%3fx.css", "/api/cameras%23x.css",
    "/api/cameras?x.css", "/api/cameras.css", "/api/cameras/", "/api/cameras/%2e%2e/x.js",
    "/api/cameras/..%2fx.js", "/assets/../api/cameras", "/assets/%2e%2e/api/cameras",
    "/assets/..%2fapi/cameras", "/assets/..;/api/cameras", "/assets/x.js/../../api/cameras",
    "//api/cameras", "/./api/cameras", "/api//cameras", "/API/cameras", "/%61pi/cameras",
    "/api\\cameras", "/api/cameras/x.js?y=z.png", "/s/{opaque}/still.jpg",
    "/s/{opaque}/still/x.jpg", "/s/{opaque}/still%2fx.jpg", "/s/{opaque}/still;x.jpg",
    "/s/{opaque}/still?x.jpg", "/s/{opaque}/still", "/./s/{opaque}/still", "/%73/{opaque}/still",
    "/s/{OPAQUE}/still", "/index.html/x.css", "/settings/x.css", "/assets/index-a1b2c3d4.js/x",
)  # fmt: skip
"""Each asked for with a session, then without one, behind the same cache."""
BROKEN: Final = {
    "long header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    + b"".join(b"X%d: b\r\n" % number for number in range(99))
    + b"\r\n",
    "control in header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x07b\x00\r\n\r\n",
    "bad method": b"G@T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "unknown method": b"KEEP / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "trace": b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "connect": b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n",
    "version": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "absolute": b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "absolute, own": b"GET http://localhost/api/session HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "other host": b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "bad port": b"GET / HTTP/1.1\r\nHost: localhost:99999\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "preflight": b"OPTIONS /api/cameras HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example"
    b"\r\nAccess-Control-Request-Method: DELETE\r\n\r\n",
    "post to a page": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
    "unknown path": b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
}
"""Whoever could make a cache keep one of these answers would have switched the page off."""


def ask(path: str, *, cookie: str = "", extra: str = "") -> bytes:
    more = f"Cookie: {cookie}\r\n" if cookie else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}{extra}Connection: close\r\n\r\n"
    ).encode("latin-1")


def essence(answer: RawAnswer) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status, headers, answer.body


@pytest.mark.parametrize(("name", "value"), UNKEYED, ids=[name for name, _ in UNKEYED])
async def test_what_no_cache_keys_changes_nothing(
    make_house: MakeHouse, name: str, value: str
) -> None:
    house = await make_house()
    for path in ("/", "/assets/index-a1b2c3d4.js", "/nothing"):
        usual = read_answer(await send(house.port, ask(path)))
        poisoned = await send(house.port, ask(path, extra=f"{name}: {value}\r\n"))
        assert essence(read_answer(poisoned)) == essence(usual)
        assert EVIL.encode() not in poisoned
    await send(house.port, ask("/api/hello", extra=f"{name}: {value}\r\n"))
    method, path, headers, _ = house.hub.requests[-1]
    assert (method, path) == ("GET", "/api/hello")
    passed_on = {"Accept-Language", "User-Agent"}
    assert name in passed_on or headers.get(name) != value or name == "X-Forwarded-For"
    assert headers["X-Forwarded-Proto"] == "http"


@pytest.mark.parametrize("name", BROKEN)
async def test_no_refusal_may_be_kept_by_a_cache(make_house: MakeHouse, name: str) -> None:
    house = await make_house()
    received = await send(house.port, BROKEN[name])
    if not received:
        return  # hung up without a word: nothing to keep
    answer = read_answer(received)
    assert 400 <= answer.status < 500, answer
    assert not answer.may_be_kept, answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers
    assert EVIL.encode() not in received
    assert answer.headers.get("server", "Keepsight") == "Keepsight", "no versions"
    assert not house.hub.requests


@pytest.fixture
async def stacked() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


STATIC_CACHE: Final = """
  upstream door {{ server 127.0.0.1:{door}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    location ~ \\.(css|js|png|jpg|ico|svg|woff2)$ {{
      proxy_cache bad; proxy_cache_valid any 10m; proxy_cache_key "$uri";
      {ignore}
      proxy_pass http://door; proxy_set_header Host $http_host;
      proxy_http_version 1.1; proxy_set_header Connection "";
      add_header X-Cache-Status $upstream_cache_status always;
    }}
    location / {{
      proxy_pass http://door; proxy_set_header Host $http_host;
      proxy_http_version 1.1; proxy_set_header Connection "";
    }}
  }}
"""


async def static_cache(stack: AsyncExitStack, folder: Path, door: int, *, ignores: bool) -> int:
    """nginx that keeps what looks like a static file; its port."""
    program, port = find("nginx"), free_port()
    ignore = "proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;" if ignores else ""
    arguments = write_nginx(folder, STATIC_CACHE.format(door=door, port=port, ignore=ignore))
    await stack.enter_async_context(running(program, folder, arguments, port))
    return port


def is_private(house: House, answer: RawAnswer) -> bool:
    """Whether an answer tells anything of the household."""
    return answer.status == 200 and (
        house.hub.hex.encode() in answer.body or b"KSF1" in answer.body
    )


async def test_paths_that_look_static_are_not_kept(
    make_house: MakeHouse, tmp_path: Path, stacked: AsyncExitStack
) -> None:
    """A cache that keeps to Cache-Control never keeps anything of a household."""
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    opaque = camera.opaque.hex()
    port = await static_cache(stacked, tmp_path, house.port, ignores=False)
    cookie = f"{house.hub.cookie_name}={house.session.token}"
    seen = 0
    for shape in PATHS:
        path = shape.format(opaque=opaque, OPAQUE=opaque.upper())
        own = read_answer(await send(port, ask(path, cookie=cookie)))
        seen += is_private(house, own)
        assert own.headers.get("x-cache-status") in {None, "MISS"}, path
        if is_private(house, own):
            assert not own.may_be_kept, path
        again = read_answer(await send(port, ask(path)))
        assert again.headers.get("x-cache-status") != "HIT" or again.status != 200, path
        assert b"KSF1" not in again.body, path
    assert seen > 3, "nothing private was asked for: this test cannot see"


@pytest.mark.parametrize("shape", PATHS)
async def test_no_spelling_reaches_a_still_or_the_api_under_another_name(
    make_house: MakeHouse, shape: str
) -> None:
    """Directly: one spelling for each thing, and every answer about a household is no-store."""
    house = await make_house()
    camera = house.camera()
    camera.shoot(is_keyframe=True)
    opaque = camera.opaque.hex()
    path = shape.format(opaque=opaque, OPAQUE=opaque.upper())
    cookie = f"{house.hub.cookie_name}={house.session.token}"
    answer = read_answer(await send(house.port, ask(path, cookie=cookie)))
    if b"KSF1" in answer.body:
        assert path == f"/s/{opaque}/still"
    assert answer.status != 200 or "no-store" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    for _, reached, _, _ in house.hub.requests:
        assert "%" not in reached
        assert ".." not in reached
        assert "//" not in reached


_TWO_HOMES: Final = """
  map $http_host $door {{ a.localhost 127.0.0.1:{first}; b.localhost 127.0.0.1:{second}; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_cache bad; proxy_cache_valid 200 10m; proxy_cache_key "$uri"; {ignore}
      proxy_pass http://$door; proxy_set_header Host $http_host;
    }}
  }}
"""


@pytest.mark.parametrize("ignores", [False, True], ids=["keeps to no-store", "ignores it"])
async def test_what_sealing_does_not_cover_the_api_behind_a_cache(
    make_house: MakeHouse, tmp_path: Path, stacked: AsyncExitStack, *, ignores: bool
) -> None:
    """Names and times are not sealed: only TLS to the door, and no-store, keep them apart.

    A cache that ends TLS, leaves the household out of its key and ignores no-store hands one
    household's answers to another. That limit is in design/threat-model.md; this test is its proof.
    """
    first, second = await make_house("a"), await make_house("b")
    program, port = find("nginx"), free_port()
    ignore = "proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;" if ignores else ""
    doors = {"first": first.port, "second": second.port, "port": port, "ignore": ignore}
    arguments = write_nginx(tmp_path, _TWO_HOMES.format(**doors))
    await stacked.enter_async_context(running(program, tmp_path, arguments, port))
    bodies = []
    for name in ("a", "b"):
        request = ask("/api/cameras").replace(b"localhost", f"{name}.localhost".encode(), 1)
        bodies.append(read_answer(await send(port, request)).body)
    assert first.hub.hex.encode() in bodies[0]
    assert (first.hub.hex.encode() in bodies[1]) is ignores
    assert (second.hub.hex.encode() in bodies[1]) is not ignores
