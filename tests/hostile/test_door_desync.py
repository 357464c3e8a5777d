"""No two parsers between attacker and hub may disagree on where a request ends.

Method: requests with two lengths, odd chunks and bare line ends, by raw socket through nginx (with
kept upstream connections, where a leftover would meet the next visitor) and varnish to the door. A
visitor comes right after, on the same kept connections, and must get its own answers.
"""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.door.conftest import House, MakeHouse, make_house, ui_folder
from tests.hostile.programs import find, running, write_nginx
from tests.hostile.wire import read_answer, send, statuses
from tests.ports import free_port

__all__ = ["make_house", "ui_folder"]
_HEAD: Final = "{method} /api/hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
_SMUGGLED: Final = "GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\nX: "
_CHUNKED: Final = "Transfer-Encoding: chunked\r\n"


def _post(fields: str, body: str, method: str = "POST") -> bytes:
    return (_HEAD.format(method=method) + fields + "\r\n" + body).encode("latin-1")


_END: Final = f"0\r\n\r\n{_SMUGGLED}"
_INSIDE: Final = f"{len(_SMUGGLED):x}\r\n{_SMUGGLED}\r\n0\r\n\r\n"
DESYNCS: Final = {
    "CL.TE": _post(f"Content-Length: {len(_END)}\r\n{_CHUNKED}", _END),
    "TE.CL": _post(f"{_CHUNKED}Content-Length: 4\r\n", _INSIDE),
    "TE.TE, x": _post(f"{_CHUNKED}Transfer-Encoding: x\r\n", _END),
    "TE.TE, identity": _post(f"{_CHUNKED}Transfer-Encoding: identity\r\n", _END),
    "TE with space": _post("Transfer-Encoding : chunked\r\n", _END),
    "TE with tab": _post("Transfer-Encoding:\tchunked\r\n", _END),
    "TE folded": _post("Transfer-Encoding:\r\n chunked\r\n", _END),
    "TE xchunked": _post(f"Transfer-Encoding: xchunked\r\nContent-Length: {len(_END)}\r\n", _END),
    "TE in quotes": _post('Transfer-Encoding: "chunked"\r\n', _END),
    "TE after a bare LF": _post(f"X: y\n{_CHUNKED}Content-Length: {len(_END)}\r\n", _END),
    "TE.0": _post(_CHUNKED, _INSIDE, "OPTIONS"),
    "CL.0": _post(f"Content-Length: {len(_SMUGGLED)}\r\n", _SMUGGLED, "GET"),
    "0.CL": _post(f"Content_Length: {len(_SMUGGLED)}\r\n", _SMUGGLED),
    "two lengths": _post(f"Content-Length: 0\r\nContent-Length: {len(_SMUGGLED)}\r\n", _SMUGGLED),
    "length list": _post(f"Content-Length: 0, {len(_SMUGGLED)}\r\n", _SMUGGLED),
    "length +": _post(f"Content-Length: +{len(_SMUGGLED)}\r\n", _SMUGGLED),
    "length hex": _post(f"Content-Length: {len(_SMUGGLED):#x}\r\n", _SMUGGLED),
    "length huge": _post(f"Content-Length: {2**64 + len(_SMUGGLED)}\r\n", _SMUGGLED),
    "chunk extension": _post(_CHUNKED, f"0;a=b\r\n\r\n{_SMUGGLED}"),
    "chunk extension, bare LF": _post(_CHUNKED, f"5;a\nhello\r\n0\r\n\r\n{_SMUGGLED}"),
    "chunk size overflow": _post(_CHUNKED, f"{2**64 + 5:x}\r\nhello\r\n{_END}"),
    "chunk size underscore": _post(_CHUNKED, f"0_5\r\nhello\r\n{_END}"),
    "chunk ends with LF": _post(_CHUNKED, f"5\r\nhello\n0\n\n{_SMUGGLED}"),
    "trailer": _post(_CHUNKED, f"0\r\nContent-Length: 99\r\n\r\n{_SMUGGLED}"),
    "HTTP/1.0 and TE": _post(_CHUNKED, _END).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "expect": _post(f"Expect: 100-continue\r\nContent-Length: {len(_END)}\r\n", _END),
}
H2C: Final = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)
_VCL: Final = """
vcl 4.1;
backend door {{ .host = "127.0.0.1"; .port = "{door}"; }}
sub vcl_recv {{ if (req.method != "GET") {{ return (pass); }} return (pass); }}
"""


async def through(name: str, stack: AsyncExitStack, folder: Path, door: int) -> int:
    """The port of a proxy in front of the door; `name` "door" means none."""
    if name == "door":
        return door
    port = free_port()
    if name == "nginx":
        program = find("nginx")
        arguments = write_nginx(
            folder,
            f"upstream door {{ server 127.0.0.1:{door}; keepalive 4; }}"
            f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://door;"
            "proxy_set_header Host $http_host; proxy_request_buffering off;"
            'proxy_http_version 1.1; proxy_set_header Connection ""; } }',
        )
    else:
        program = find("varnishd")
        vcl = folder / "pass.vcl"
        vcl.write_text(_VCL.format(door=door))
        arguments = [
            "-F", "-n", str(folder / "work"), "-a", f"127.0.0.1:{port}", "-f", str(vcl),
            "-s", "malloc,16M", "-j", "none", "-T", "none",
        ]  # fmt: skip
    await stack.enter_async_context(running(program, folder, arguments, port))
    return port


def visit(number: int) -> bytes:
    return (
        f"GET /api/visitor-{number} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ).encode()


async def check_visitors(port: int, house: House, name: str) -> None:
    """Whoever comes next gets what they asked for, and the hub heard of nothing else."""
    for number in range(4):
        answer = read_answer(await send(port, visit(number), seconds=5))
        assert answer.status == 200, (name, answer)
        assert f"/api/visitor-{number}".encode() in answer.body, (name, answer.body)
    reached = {path for _, path, _, _ in house.hub.requests}
    assert "/api/smuggled" not in reached, name
    bodies = [body for _, path, _, body in house.hub.requests if "visitor" in path]
    assert not any(bodies), name


@pytest.mark.timeout(180)
@pytest.mark.parametrize("proxy", ["door", "nginx", "varnish"])
async def test_nothing_is_left_for_the_next_visitor(
    make_house: MakeHouse, tmp_path: Path, proxy: str
) -> None:
    house = await make_house()
    async with AsyncExitStack() as stack:
        port = await through(proxy, stack, tmp_path, house.port)
        for name, request in DESYNCS.items():
            received = await send(port, request, seconds=0.4)
            assert len(statuses(received)) <= 2, (name, received)
            await check_visitors(port, house, name)


@pytest.mark.parametrize("proxy", ["door", "nginx", "varnish"])
async def test_nobody_speaks_http_2_past_the_proxy(
    make_house: MakeHouse, tmp_path: Path, proxy: str
) -> None:
    house = await make_house()
    async with AsyncExitStack() as stack:
        port = await through(proxy, stack, tmp_path, house.port)
        received = await send(port, H2C)
        assert 101 not in statuses(received)
        await check_visitors(port, house, "h2c")


@pytest.mark.parametrize("is_buggy", [True, False])
async def test_this_test_sees_a_leftover(
    make_house: MakeHouse, tmp_path: Path, *, is_buggy: bool
) -> None:
    """The control: two requests where one was meant do reach the hub, and are noticed."""
    house = await make_house()
    smuggled = b"GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = visit(9).replace(b"Connection: close\r\n", b"") + (smuggled if is_buggy else b"")
    await send(house.port, request)
    reached = {path for _, path, _, _ in house.hub.requests}
    assert ("/api/smuggled" in reached) is is_buggy
