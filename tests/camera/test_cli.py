"""The command serves, says where, and ends with its parent. Method: the real command as a child
process.
"""

import asyncio
import signal
import sys

import pytest
import typer
from typer.testing import CliRunner

from keepsight.camera.cli import app, parse_address
from tests.camera.client import connect


async def start(*options, stdin=asyncio.subprocess.PIPE):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "keepsight.camera", "serve", "--rtsp", "127.0.0.1:0/main", *options,
        stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def ready(process):
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode().split()
    assert line[0] == "listening", (await process.stderr.read()).decode()
    return line[1], int(line[1].split(":")[2].partition("/")[0])


async def test_serves_a_film_with_a_password_until_told_to_stop(h264_film, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    process = await start(
        "--clip", str(h264_film), "--no-sub", "--user", "me", "--password-file", str(secret)
    )
    url, port = await ready(process)
    assert url == f"rtsp://127.0.0.1:{port}/main"
    client = await connect(port)
    refused = await client.ask("DESCRIBE")
    client.close()
    assert refused.status == 401
    assert 'realm="Keepsight-KS-0001"' in refused.header("WWW-Authenticate")
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        _, errors = await process.communicate()
    assert process.returncode == 0
    assert errors == b""


async def test_a_child_ends_when_its_parent_goes(h264_film):
    process = await start("--clip", str(h264_film), "--no-sub", "--child")
    await ready(process)
    process.stdin.close()
    async with asyncio.timeout(30):
        await process.communicate()
    assert process.returncode == 0


async def test_serves_a_drawn_scene(tmp_path):
    process = await start("--scene", "living-room", "--household-mark", "0a0b0c0d0e0f", "--child")
    _, port = await ready(process)
    client = await connect(port, "/sub")
    await client.play()
    await client.collect(0, 20)
    client.close()
    process.stdin.close()
    async with asyncio.timeout(30):
        await process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rtsp", "nonsense"], "HOST:PORT/PATH"),
        (["--rtsp", "127.0.0.1:99999/x"], "HOST:PORT/PATH"),
        (["--rtsp", "127.0.0.1:0/sub"], "sub stream"),
        (["--rtsp", "0", "--clip", "missing.mp4"], "cannot be read"),
        (["--rtsp", "0", "--scene", "cellar"], "there are"),
        (["--rtsp", "0", "--user", "me"], "belong together"),
        (["--rtsp", "0", "--user", "me", "--password-file", "missing"], "cannot be read"),
        (["--rtsp", "0", "--household-mark", "xyz"], "12 hex digits"),
        (["--rtsp", "0", "--fault", "fire=1"], "no fault"),
    ],
)
def test_bad_options_say_what_to_do(options, message):
    result = CliRunner(env={"COLUMNS": "300", "NO_COLOR": "1"}).invoke(app, ["serve", *options])
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8554/main", ("127.0.0.1", 8554, "/main")),
        ("0", ("127.0.0.1", 0, "/main")),
        ("[::1]:8554/a/b/", ("::1", 8554, "/a/b")),
        (":554", ("127.0.0.1", 554, "/main")),
    ],
)
def test_addresses(text, expected):
    address = parse_address(text)
    assert (address.host, address.port, address.path) == expected


def test_a_port_without_host_is_no_secret_door():
    with pytest.raises(typer.BadParameter):
        parse_address("host/path")
