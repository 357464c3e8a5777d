"""The hub as a process: says when it listens, ends with its input, refuses a held lock."""

import asyncio
import json
import sys


async def start(directory):
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "keepsight.hub", "--directory", str(directory)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_ready_stop_and_lock(tmp_path):
    directory = tmp_path / ("7a" * 16)
    directory.mkdir()
    hub = await start(directory)
    hub.stdin.write(b"{}\n")
    async with asyncio.timeout(30):
        ready = json.loads(await hub.stdout.readline())
    assert ready["state"] == "unclaimed"
    assert len(ready["setup_code"]) == 9
    second = await start(directory)
    async with asyncio.timeout(30):
        _out, err = await second.communicate(b"{}\n")
    assert second.returncode == 78
    assert b"another hub is running" in err
    assert b"Traceback" not in err
    async with asyncio.timeout(30):
        hub.stdin.close()
        await hub.communicate()
    assert hub.returncode == 0
