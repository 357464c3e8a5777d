"""Goal: the door as a process: ready lines, reload, certificates, a clean end. Method: the process.

Households are the fake hubs of this folder; everything between browser and hub is real.
"""

import asyncio
import contextlib
import json
import secrets
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.door.fake_hub import FakeHub


class Process:
    """`python -m keepsight.door` with a configuration that can be changed."""

    def __init__(self, folder: Path, ui: Path) -> None:
        self.path = folder / "door.json"
        self.document: dict[str, Any] = {"households": [], "ui": str(ui)}
        self._child: asyncio.subprocess.Process | None = None

    def add(self, hub: FakeHub) -> None:
        self.document["households"].append(
            {"household": hub.hex, "port": 0, "host": "127.0.0.1", "run_dir": str(hub.run_dir)}
        )
        self.write()

    def write(self) -> None:
        self.path.write_text(json.dumps(self.document))

    async def start(self) -> None:
        self.write()
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "keepsight.door", "--config", str(self.path),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    @property
    def child(self) -> asyncio.subprocess.Process:
        assert self._child is not None
        return self._child

    async def line(self) -> str:
        assert self.child.stdout is not None
        async with asyncio.timeout(20):
            return (await self.child.stdout.readline()).decode().strip()

    async def url(self) -> str:
        line = await self.line()
        assert line.startswith("listening "), line
        return line.removeprefix("listening ")

    async def complaint(self, words: str) -> str:
        """What it wrote on standard error up to a line with these words."""
        assert self.child.stderr is not None
        said = ""
        async with asyncio.timeout(20):
            while words not in said:
                line = await self.child.stderr.readline()
                assert line, f"it ended without saying {words!r}: {said}"
                said += line.decode()
        return said

    async def end(self, number: signal.Signals | None = signal.SIGTERM) -> tuple[int, str]:
        if self.child.returncode is None and number is not None:
            self.child.send_signal(number)
        async with asyncio.timeout(30):
            _, errors = await self.child.communicate()
        assert self.child.returncode is not None
        return self.child.returncode, errors.decode()


@pytest.fixture
async def process(tmp_path: Path, ui_folder: Path) -> AsyncIterator[Process]:
    process = Process(tmp_path, ui_folder)
    yield process
    if process._child is not None and process._child.returncode is None:
        process._child.kill()
        await process._child.communicate()


@pytest.fixture
async def hubs(tmp_path: Path) -> AsyncIterator[list[FakeHub]]:
    hubs = [FakeHub(tmp_path / name) for name in ("home", "other")]
    for hub in hubs:
        await hub.start()
    yield hubs
    for hub in hubs:
        await hub.stop()


async def test_serves_every_household_and_ends_cleanly(
    process: Process, hubs: list[FakeHub]
) -> None:
    for hub in hubs:
        process.add(hub)
    await process.start()
    async with aiohttp.ClientSession() as client:
        for hub in hubs:
            async with client.get(await process.url() + "/api/hello") as answer:
                assert (await answer.json(content_type=None))["household"] == hub.hex
    code, errors = await process.end()
    assert code == 0, errors
    assert "Traceback" not in errors


async def test_viewers_hear_of_a_restart(process: Process, hubs: list[FakeHub]) -> None:
    process.add(hubs[0])
    await process.start()
    url = await process.url()
    session, camera = hubs[0].add_session(), hubs[0].add_camera()
    camera.shoot(is_keyframe=True)
    headers = {**hubs[0].cookie(session), "Origin": url}
    async with aiohttp.ClientSession() as client:
        viewer = await client.ws_connect(
            url + "/live", headers=headers, protocols=("keepsight.live.1",)
        )
        await viewer.send_str(json.dumps({"watch": [camera.opaque.hex()]}))
        while (await viewer.receive(timeout=30)).type is not aiohttp.WSMsgType.BINARY:
            pass
        process.child.send_signal(signal.SIGTERM)
        while (await viewer.receive(timeout=30)).type is aiohttp.WSMsgType.BINARY:
            pass
        assert viewer.close_code == 1012
    assert (await process.end(None))[0] == 0


async def test_household_is_added_and_taken_away_by_sighup(
    process: Process, hubs: list[FakeHub]
) -> None:
    process.add(hubs[0])
    await process.start()
    first = await process.url()
    process.add(hubs[1])
    process.child.send_signal(signal.SIGHUP)
    second = await process.url()
    async with aiohttp.ClientSession() as client:
        async with client.get(second + "/api/hello") as answer:
            assert (await answer.json(content_type=None))["household"] == hubs[1].hex
        async with client.get(first + "/api/hello") as answer:
            assert answer.status == 200
        process.document["households"].pop(0)
        process.write()
        process.child.send_signal(signal.SIGHUP)
        async with asyncio.timeout(30):
            with contextlib.suppress(aiohttp.ClientConnectionError):
                while True:
                    async with client.get(first) as answer:
                        await answer.read()
                    await asyncio.sleep(0.02)
        async with client.get(second + "/api/hello") as answer:
            assert answer.status == 200
    assert (await process.end())[0] == 0


async def test_bad_configuration_on_reload_leaves_everything_as_it_is(
    process: Process, hubs: list[FakeHub]
) -> None:
    process.add(hubs[0])
    await process.start()
    url = await process.url()
    await asyncio.to_thread(process.path.write_text, "{")
    process.child.send_signal(signal.SIGHUP)
    said = await process.complaint("everything else goes on")
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        assert answer.status == 200
    assert (await process.end())[0] == 0
    assert "cannot be read as JSON" in said


async def test_own_authority_serves_tls_and_its_enrolment(
    process: Process, hubs: list[FakeHub], tmp_path: Path
) -> None:
    process.document["tls"] = {"authority": str(tmp_path / "tls"), "names": []}
    process.document["trust_port"] = 0
    process.add(hubs[0])
    await process.start()
    trust = (await process.line()).removeprefix("trust ")
    url = await process.url()
    assert url.startswith("https://")
    session = hubs[0].add_session()
    async with aiohttp.ClientSession() as client:
        async with client.get(trust) as page:
            assert page.status == 200
            assert "SHA" not in page.headers.get("Server", "")
            assert "Strict-Transport-Security" not in page.headers
        async with client.get(trust + "/root.crt") as answer:
            root = await answer.read()
        async with client.get(trust.removesuffix("/trust") + "/api/hello") as answer:
            assert answer.status == 404
        context = ssl.create_default_context(cadata=root)
        cookie = {"Cookie": f"__Host-{hubs[0].cookie_name}={session.token}"}
        async with client.get(url + "/trust", ssl=context) as page:
            assert page.status == 200
        async with client.get(url + "/api/session/streams", ssl=context, headers=cookie) as answer:
            assert answer.status == 200
        viewer = await client.ws_connect(
            url + "/live",
            ssl=context,
            headers={**cookie, "Origin": url},
            protocols=("keepsight.live.1",),
        )
        camera = hubs[0].add_camera()
        camera.shoot(300_000, is_keyframe=True)
        await viewer.send_str(json.dumps({"watch": ["0" * 32]}))
        assert (await viewer.receive(timeout=30)).data == '{"refused":"' + "0" * 32 + '"}'
        await viewer.close()
    assert (await process.end())[0] == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"households": [{"household": "x"}]}, "32 lower-case hex digits"),
        ({"tls": {"certificate": "/absent", "key": "/absent"}}, "cannot be used"),
        ({"colour": 1}, "unknown field"),
    ],
)
async def test_start_that_fails_says_why_and_ends(
    process: Process, changes: dict[str, Any], said: str
) -> None:
    process.document |= changes
    await process.start()
    async with asyncio.timeout(20):
        await process.child.wait()
    code, errors = await process.end()
    assert code == 78
    assert said in errors
    assert "Traceback" not in errors


async def test_taken_port_says_so(process: Process, hubs: list[FakeHub]) -> None:
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0)
    process.add(hubs[0])
    process.document["households"][0]["port"] = server.sockets[0].getsockname()[1]
    await process.start()
    async with asyncio.timeout(20):
        await process.child.wait()
    code, errors = await process.end()
    server.close()
    assert code == 78
    assert "choose another port" in errors
    assert "Traceback" not in errors


async def test_sigint_is_a_clean_end_too(process: Process, hubs: list[FakeHub]) -> None:
    process.add(hubs[0])
    await process.start()
    await process.url()
    code, errors = await process.end(signal.SIGINT)
    assert code == 0, errors


async def test_opaque_ids_are_the_only_names_at_the_door(
    process: Process, hubs: list[FakeHub]
) -> None:
    """Neither camera ids nor names pass the door's log."""
    process.add(hubs[0])
    await process.start()
    url = await process.url()
    hidden = secrets.token_hex(16)
    async with aiohttp.ClientSession() as client, client.get(f"{url}/camera/{hidden}") as answer:
        assert answer.status == 200
    _, errors = await process.end()
    assert hidden not in errors
