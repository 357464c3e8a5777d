"""`serve` runs the real thing from a fresh directory: page, set-up, stop; as a process."""

import asyncio
import signal
import sys

import aiohttp

from tests.cli.command import keepsight


async def start_serve(data, *arguments):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "keepsight", "serve", "--data", str(data), "--port", "0"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    async with asyncio.timeout(60):
        ready = (await process.stdout.readline()).decode().split()
        hint = (await process.stdout.readline()).decode()
    return process, ready, hint


async def stop(process):
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        await process.communicate()
    return process.returncode


async def test_first_run_in_a_fresh_directory(tmp_path):
    process, (word, url), hint = await start_serve(tmp_path / "data")
    try:
        assert (word, url.startswith("http://localhost:")) == ("ready", True)
        code = hint.split()[-1]
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as page:
                assert page.status == 200
                assert "default-src 'none'" in page.headers["Content-Security-Policy"]
            async with session.get(f"{url}/api/hello") as hello:
                assert (await hello.json())["state"] == "unclaimed"
            body = {
                "code": code,
                "household": "Home",
                "member": "Ann",
                "passphrase": "gravel teapot orbit lantern",
                "starts_unattended": False,
                "device": {"name": "x", "public_key": "CQ" + "A" * 41 + "="},
            }
            headers = {"X-Keepsight": "1", "Origin": url}
            async with session.post(f"{url}/api/setup", json=body, headers=headers) as made:
                assert made.status == 200, await made.text()
    finally:
        assert await stop(process) == 0
    process, _ready, hint = await start_serve(tmp_path / "data")
    assert "locked" in hint
    assert await stop(process) == 0


async def test_on_the_network_it_speaks_tls(tmp_path):
    process, (_word, url), _hint = await start_serve(tmp_path / "data", "--host", "0.0.0.0")
    try:
        assert url.startswith("https://")
    finally:
        assert await stop(process) == 0


async def test_room_for_another_household(tmp_path):
    first = await keepsight("household", "add", "--data", tmp_path / "data")
    assert (first.status, "port" in first.out) == (0, True)


async def test_a_directory_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "installation.json").write_text("{")
    answer = await keepsight("serve", "--data", tmp_path / "data")
    assert (answer.status, "damaged" in answer.err) == (1, True)
    assert "Traceback" not in answer.err
