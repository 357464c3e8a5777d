"""Every key that crosses the wire is on the ledger: 10,000 releases, counted by somebody else.

Method: a tap between the devices and the hub's socket passes bytes on and counts wrapped keys in
what it sees, without knowing the hub's code. What it counted is compared with the release lines.
"""

import asyncio
import contextlib
import json
import re
from collections import Counter

import aiohttp

from tests.home import Browser, simulated_camera

RELEASES, AT_ONCE, DEVICES = 10_000, 60, 8
RELEASE = re.compile(rb'\{"camera":"[^}]*?"wrapped":"[^}]*?\}')


class Tap:
    """Passes on what a device and the hub say to each other, and keeps the hub's words."""

    def __init__(self, path):
        self.path = path
        self.seen = []

    async def pump(self, reader, writer, kept):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if kept is not None:
                    kept += data
                writer.write(data)
                await writer.drain()
        writer.close()

    async def meet(self, reader, writer):
        kept = bytearray()
        self.seen.append(kept)
        hub_reader, hub_writer = await asyncio.open_unix_connection(self.path)
        await asyncio.gather(
            self.pump(reader, hub_writer, None), self.pump(hub_reader, writer, kept)
        )

    def releases(self):
        """(device, writer) of each wrapped key, with how often it crossed the wire."""
        found = Counter()
        for kept in self.seen:
            for match in RELEASE.finditer(bytes(kept)):
                release = json.loads(match.group())
                found[release["device"], release["writer"]] += 1
        return found


@contextlib.asynccontextmanager
async def device_behind(path):
    connector = aiohttp.UnixConnector(str(path))
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as session:
        browser = Browser(session)
        assert (await browser.sign_in()).status == 200
        yield browser


def releases_on(reader):
    """The same out of the ledger, read page by page."""
    found, before = Counter(), 1 << 62
    while before is not None:
        page = reader.page(before, 1000, lambda entry: entry["type"] == "release")
        found.update((line["device"], line["writer"]) for line in page.lines)
        before = page.next_before
    return found


async def test_no_release_is_missing_in_ten_thousand(home, clip, tmp_path):
    tap = Tap(home.hub.run_directory / "api.sock")
    server = await asyncio.start_unix_server(tap.meet, tmp_path / "tap.sock")
    async with simulated_camera(clip) as camera, server, contextlib.AsyncExitStack() as stack:
        added = await home.add_camera(camera.url)
        devices = [
            await stack.enter_async_context(device_behind(tmp_path / "tap.sock"))
            for _ in range(DEVICES)
        ]
        wanted = {"live": [{"camera": added["id"], "stream": "main"}] * AT_ONCE}

        async def released(device):
            answer = await device.ask("POST", "/api/keys", wanted)
            assert answer.status == 200
            return len(answer.json()["keys"])

        await home.wait_for(lambda: released(devices[0]))

        async def ask_often(device):
            total = 0
            while total < RELEASES / DEVICES:
                total += await released(device)

        await asyncio.gather(*(ask_often(device) for device in devices))
        seen = tap.releases()
        on_ledger = await asyncio.to_thread(releases_on, home.household.journal.reader)
    assert seen.total() >= RELEASES
    assert seen - on_ledger == Counter(), "keys crossed the wire without a line"
    assert on_ledger - seen == Counter(), "all was quiet: there is no line without its key"
