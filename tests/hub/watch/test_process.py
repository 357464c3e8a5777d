"""One run of the watcher: goal: it is walled off, and whatever it does ends in a reason.

Method: the real watcher behind its real walls, on the loop that the hub runs on; and in its place
programs that try to get out, or lie, or hang.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import textwrap
from pathlib import Path

import pytest

from keepsight.core.clock import SystemClock
from keepsight.hub.walls.confine import missing_protection
from keepsight.hub.walls.surroundings import ExposedError
from keepsight.hub.watch import process as process_module
from keepsight.hub.watch.config import camera_config
from keepsight.hub.watch.outlet import Outlet
from keepsight.hub.watch.process import WatcherRun, prepare
from keepsight.hub.watch.reader import MediaTime, PictureReader
from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.wire import FromWatcher, ToWatcher, pack_json
from keepsight.hub.watching import Watching
from keepsight.lan.rtsp.unit import StreamFormat
from tests.hub.record import footage

pytestmark = pytest.mark.skipif(
    bool(missing_protection()), reason=f"NOT TESTED: no {missing_protection()} on this kernel"
)

CAMERA = b"c" * 16


class Rig:
    """A run, and what it said."""

    def __init__(self):
        self.outlet, self.said = Outlet(), []
        self.run = WatcherRun(SystemClock(), self.outlet, self.said.append)

    async def play(self, command, environment=None, on_ready=lambda: None):
        async with asyncio.timeout(60):
            return await self.run.run(command, environment or {}, on_ready=on_ready)

    @contextlib.asynccontextmanager
    async def playing(self, command, environment=None, on_ready=lambda: None):
        """Run it meanwhile; gives a future of its ending."""
        ending = asyncio.ensure_future(self.play(command, environment, on_ready))
        try:
            yield ending
        finally:
            self.run.end(Reason(ReasonCode.INTERNAL))
            await ending

    async def wait_for(self, kind, count=1):
        async with asyncio.timeout(40):
            while sum(message.kind is kind for message in self.said) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    def watch(self, codec="h264"):
        """What `on_ready` does: tell it of a camera whose pictures are coded here."""
        video, pictures = footage.video(codec)
        config = camera_config(video, Watching(model="none"), Path())
        self.outlet.write(pack_json(ToWatcher.CAMERA, CAMERA, config))
        reader = PictureReader(CAMERA, self.outlet, MediaTime(), lambda: None)
        reader.on_format(StreamFormat(video))
        reader.begin()
        for unit in pictures:
            reader.on_unit(unit)


def program(text):
    return [sys.executable, "-I", "-c", textwrap.dedent(text)]


@pytest.fixture
def secret(tmp_path):
    folder = tmp_path / "households" / "5e"
    folder.mkdir(parents=True)
    (folder / "keyring.json").write_text("the keys")
    return folder


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "some.tflite").write_text("a model")
    return folder


TRIES = """
    import ctypes, json, os, socket, subprocess, sys
    secret, models, port, parent = sys.argv[1:]
    def tries(what):
        try:
            what()
            return "done"
        except Exception as error:
            return type(error).__name__
    def connect():
        with socket.socket() as one:
            one.connect(("127.0.0.1", int(port)))
    found = {
        "keys": tries(lambda: open(secret + "/keyring.json").read()),
        "list": tries(lambda: os.listdir(secret)),
        "home": tries(lambda: os.listdir(os.path.dirname(os.path.dirname(secret)))),
        "passwords": tries(lambda: open("/etc/passwd").read()),
        "network": tries(connect),
        "other processes": tries(lambda: open(f"/proc/{parent}/environ", "rb").read()),
        "write": tries(lambda: open(models + "/mine", "w").write("x")),
        "write elsewhere": tries(lambda: open(secret + "/mine", "w").write("x")),
        "model": tries(lambda: open(models + "/some.tflite").read()),
    }
    sys.stderr.write("FOUND " + json.dumps(found) + chr(10))
"""


async def test_what_a_taken_over_watcher_would_try(secret, models, caplog):
    caplog.set_level("INFO")
    command, environment = prepare(models, secret, dict(os.environ))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        told = [*map(str, (secret, models, port, os.getpid()))]
        walled = command[: command.index("--") + 1]
        ending = await Rig().play([*walled, *program(TRIES), *told], environment)
        assert ending.status == 0, caplog.text
        (line,) = [r.getMessage() for r in caplog.records if "FOUND" in r.getMessage()]
        found = json.loads(line.partition("FOUND ")[2])
        assert found.pop("model") == "done"
        assert "done" not in found.values(), found
        # The same tries without the wall: what is refused above is refused by it.
        caplog.clear()
        await Rig().play([*program(TRIES), *told], {})
        (line,) = [r.getMessage() for r in caplog.records if "FOUND" in r.getMessage()]
        assert set(json.loads(line.partition("FOUND ")[2]).values()) == {"done"}


async def test_it_is_given_no_more_of_the_environment_than_it_needs(secret, models, monkeypatch):
    _, environment = prepare(models, secret, {"TZ": "Europe/Berlin", "SECRET": "x", "HOME": "/x"})
    assert environment["KEEPSIGHT_MODELS"] == str(models)
    assert environment["TZ"] == "Europe/Berlin"
    assert not {"SECRET", "HOME"} & environment.keys()
    assert environment["MALLOC_ARENA_MAX"] == "1"
    monkeypatch.setattr(process_module, "missing_protection", lambda: ["landlock"])
    with pytest.raises(OSError, match="landlock"):
        prepare(models, secret, {})


def test_models_and_keys_are_not_kept_together(secret, models):
    with pytest.raises(ExposedError):
        prepare(secret / "models", secret, {})
    with pytest.raises(ExposedError):
        prepare(secret.parent, secret, {})
    prepare(models / "not" / "made" / "yet", secret, {})
    assert (models / "not" / "made" / "yet").is_dir()


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_the_real_one_watches_and_ends_when_it_is_let_go(secret, models, codec):
    rig = Rig()
    command, environment = prepare(models, secret, {})
    async with rig.playing(command, environment, lambda: rig.watch(codec)) as ending:
        await rig.wait_for(FromWatcher.STATE)
        state = json.loads(next(m for m in rig.said if m.kind is FromWatcher.STATE).body)
        assert state["state"] == "watching", state
        assert rig.run.pid is not None
        nicer = os.getpriority(os.PRIO_PROCESS, rig.run.pid) - os.getpriority(os.PRIO_PROCESS, 0)
        assert nicer == process_module.NICE
        with contextlib.suppress(FileNotFoundError):  # a kernel without such groups
            path = Path(f"/proc/{rig.run.pid}/autogroup")
            group = path.read_text().split()  # noqa: ASYNC240 - a test may block
            assert group[-2:] == ["nice", str(process_module.NICE)]
        rig.run.let_go()
        found = await ending
    assert (found.status, found.reason) == (0, None)
    assert rig.run.pid is None
    assert not rig.outlet.is_open


async def test_one_that_is_killed_says_so(secret, models):
    rig = Rig()
    command, environment = prepare(models, secret, {})
    async with rig.playing(command, environment, rig.watch) as ending:
        await rig.wait_for(FromWatcher.STATE)
        os.kill(rig.run.pid, signal.SIGSEGV)
        found = await ending
    assert found.status == -signal.SIGSEGV
    assert found.reason == Reason(ReasonCode.KILLED, {"signal": "SIGSEGV"})


async def test_one_that_hangs_is_ended_after_a_while(secret, models):
    rig = Rig()
    rig.run.silence_seconds_max = 1.5
    command, environment = prepare(models, secret, {})
    async with rig.playing(command, environment, rig.watch) as ending:
        async with asyncio.timeout(40):
            while rig.run.pid is None:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.01)
        os.kill(rig.run.pid, signal.SIGSTOP)
        found = await ending
    assert found.status == -signal.SIGKILL
    assert found.reason == Reason(ReasonCode.SILENT, {"seconds": found.reason.values["seconds"]})
    assert found.reason.values["seconds"] >= 1


LIARS = {
    "text": "import sys; sys.stdout.write('Traceback (most recent call last)' * 9); sys.stdout.flush(); import time; time.sleep(60)",  # noqa: E501
    "zeros": "import os, time; os.write(1, bytes(4096)); time.sleep(60)",
    "huge": "import os, time; os.write(1, b'\\xff' * 64); time.sleep(60)",
    "unknown": "import os, time; os.write(1, bytes((0, 0, 0, 17, 200)) + bytes(16)); time.sleep(60)",  # noqa: E501
}


@pytest.mark.parametrize("lie", LIARS)
async def test_one_that_talks_garbage_is_ended(lie):
    rig = Rig()
    found = await rig.play(program(LIARS[lie]))
    assert found.status == -signal.SIGKILL
    assert found.reason == Reason(ReasonCode.PROTOCOL)
    assert rig.said == []


async def test_one_that_floods_is_ended():
    rig = Rig()
    flood = """
        import os
        message = bytes((0, 0, 0, 19, 1)) + b"c" * 16 + b"{}"
        while True:
            os.write(1, message * 1000)
    """
    found = await rig.play(program(flood))
    assert found.reason == Reason(ReasonCode.FLOOD)
    assert len(rig.said) <= process_module.FLOOD_MESSAGES_MAX


async def test_one_that_writes_errors_without_end_fills_no_log(caplog):
    caplog.set_level("INFO")
    text = "import sys; [sys.stderr.write('x' * 20 + chr(10)) for _ in range(5000)]; sys.stderr.write('y' * 99999)"  # noqa: E501
    found = await Rig().play(program(text))
    assert found.status == 0
    assert sum("watcher: x" in r.getMessage() for r in caplog.records) <= process_module.LINES_MAX


async def test_what_cannot_be_started_says_so():
    found = await Rig().play(["/nowhere/python"])
    assert found.status is None
    assert found.reason == Reason(ReasonCode.NOT_STARTED)


async def test_one_that_closes_its_line_is_of_no_more_use(secret, models, monkeypatch):
    monkeypatch.setattr(process_module, "STOP_SECONDS", 0.2)
    command, environment = prepare(models, secret, {})
    walled = command[: command.index("--") + 1]
    closes = program("import os, time; os.close(0); os.close(1); time.sleep(60)")
    found = await Rig().play([*walled, *closes], environment)
    assert found.status == -signal.SIGKILL
    assert found.reason == Reason(ReasonCode.LINE_CLOSED)


async def test_no_process_is_left_behind_when_the_hub_is_cancelled():
    rig = Rig()
    ending = asyncio.ensure_future(rig.play(program("import time; time.sleep(60)")))
    while rig.run.pid is None:  # noqa: ASYNC110 - a poll
        await asyncio.sleep(0.01)
    pid = rig.run.pid
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
