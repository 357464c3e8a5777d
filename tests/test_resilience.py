"""A whole installation survives the death of any of its processes; with real kill -9.

Goal: after each kill everything comes back by itself within seconds, the ledger is whole, and what
was recorded before is still there. The recorder's own hundreds of cycles: tests/hub/record.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from keepsight.serve.control import ControlError, open_control
from keepsight.serve.installation import read_installation
from tests.hub.journals import verify

HUB, DOOR, CAMERA = "-m keepsight.hub", "keepsight door", "-m keepsight.camera"


async def children_of(pid, word):
    listing = await asyncio.create_subprocess_exec(
        *("ps", "-eo", "pid,ppid,args"), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await listing.communicate()
    rows = [line.split(None, 2) for line in out.decode().splitlines()[1:]]
    return [int(row[0]) for row in rows if int(row[1]) == pid and word in row[2]]


async def wait_until(question, seconds=60):
    async with asyncio.timeout(seconds):
        while not (found := await question()):  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.2)
        return found


@pytest.mark.timeout(400)
async def test_every_process_may_die(tmp_path, clip):
    data = tmp_path / "demo"
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "keepsight", "demo", "--port", "0"),
        *("--data", str(data), "--clip", str(clip)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(90):
            assert (await demo.stdout.readline()).startswith(b"ready ")
        place = read_installation(data).places[0]

        async def recorded():
            """Seconds on the timeline, or None while the hub is away."""
            try:
                async with open_control(place) as control:
                    camera = (await control.ask("GET", "/api/cameras"))[0]
                    now = (await control.ask("GET", "/api/hello"))["time_us"]
                    span = {"from": now - 600_000_000, "to": now + 1_000_000}
                    answer = await control.ask(
                        "GET", "/api/timeline", None, camera=[camera["id"]], **span
                    )
            except (ControlError, OSError, IndexError):
                return None
            spans = answer["cameras"][0]["spans"]
            return sum(end - start for start, end in spans) / 1e6

        seconds = 0.0
        for victim in (HUB, DOOR, CAMERA, HUB):

            async def grew(at_least=seconds + 2):
                return (await recorded() or 0) > at_least

            await wait_until(grew)
            seconds = await recorded()
            for pid in await children_of(demo.pid, victim):
                os.kill(pid, signal.SIGKILL)

            async def is_back(word=victim):
                return await children_of(demo.pid, word)

            await wait_until(is_back)

        async def grew_again():
            return (await recorded() or 0) > seconds + 1

        await wait_until(grew_again)
        assert verify(place.directory / "ledger.db").is_intact
        assert not list(place.directory.rglob("*.bad"))
    finally:
        demo.send_signal(signal.SIGTERM)
        async with asyncio.timeout(40):
            await demo.communicate()


@pytest.mark.timeout(120)
async def test_nothing_outlives_a_killed_supervisor(tmp_path, clip):
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "keepsight", "demo", "--port", "0"),
        *("--data", str(tmp_path / "demo"), "--clip", str(clip)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    async with asyncio.timeout(90):
        assert (await demo.stdout.readline()).startswith(b"ready ")
    children = [pid for word in (HUB, DOOR, CAMERA) for pid in await children_of(demo.pid, word)]
    assert len(children) == 3
    demo.kill()
    await demo.communicate()

    async def all_gone():
        return not any(Path(f"/proc/{pid}").exists() for pid in children)  # noqa: ASYNC240

    await wait_until(all_gone, 30)
