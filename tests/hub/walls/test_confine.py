"""The wall between hostile files and keys, tried from the inside on this kernel.

Goal: what the lab must not reach, it cannot reach. Method: the real launcher runs a real process
that tries everything a parser under foreign control would try, and reports; the same tries succeed
without the wall, so a try that fails for another reason is noticed.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from keepsight.hub.walls import landlock, seccomp
from keepsight.hub.walls.confine import EXIT_NOT_CONFINED, Plan, make_view, read_plan
from keepsight.hub.walls.surroundings import readable_paths
from tests.ports import free_port

MIB = 1024 * 1024

needs_kernel = pytest.mark.skipif(
    landlock.abi_version() < 1 or not seccomp.is_supported(),
    reason="NOT TESTED: this kernel has no Landlock or no seccomp; the wall was not tried",
)


def plan_for(folder, **changes):
    for name in ("in", "view", "out", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "in" / "0").write_text("uploaded")
    (folder / "out" / "report").touch()
    values = {
        "view": str(folder / "view"),
        "links": ((str(folder / "in" / "0"), ("dossier", "app.apk")),),
        "readable": readable_paths(folder / "secret"),
        "writable": (str(folder / "out" / "report"),),
        "scratch": (str(folder / "tmp"),),
        "memory_bytes": 1024 * MIB,
        "cpu_seconds": 60,
        "file_bytes": MIB,
        "open_files": 64,
        "nice": 10,
    }
    return Plan(**{**values, **changes})


def confined(plan, program, *arguments, timeout=60, pass_fds=()):
    return subprocess.run(
        [
            *(sys.executable, "-I", "-m", "keepsight.hub.walls.confine", plan.dump(), "--"),
            *(sys.executable, "-I", "-c", textwrap.dedent(program), *map(str, arguments)),
        ],
        capture_output=True,
        env={},
        cwd=plan.view or "/",
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        timeout=timeout,
        pass_fds=pass_fds,
        check=False,
    )


TRIES = """
    import json, os, socket, sys
    port, keys, control, parent, folder = int(sys.argv[1]), *sys.argv[2:6]
    def tries(what):
        try:
            return ["done", what()]
        except Exception as error:
            return ["refused", type(error).__name__]
    def connect(family, address):
        with socket.socket(family) as one:
            one.connect(address)
        return "connected"
    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            return one.sendto(b"x", ("127.0.0.1", port))
    print(json.dumps({
        "tcp": tries(lambda: connect(socket.AF_INET, ("127.0.0.1", port))),
        "udp": tries(send),
        "control": tries(lambda: connect(socket.AF_UNIX, control)),
        "keys": tries(lambda: open(keys).read()),
        "keys by another name": tries(lambda: open("/proc/self/root" + keys).read()),
        "memory": tries(lambda: len(open(f"/proc/{parent}/mem", "rb").read(0))),
        "environment": tries(lambda: len(open(f"/proc/{parent}/environ", "rb").read())),
        "list": tries(lambda: os.listdir(os.path.dirname(keys))),
        "write": tries(lambda: open(folder + "/new", "w").write("x")),
        "link": tries(lambda: os.link(keys, folder + "/tmp/stolen")),
        "signal": tries(lambda: os.kill(int(parent), 0)),
        "session": tries(os.setsid),
        "upload": tries(lambda: open(folder + "/view/dossier/app.apk").read()),
        "change upload": tries(lambda: open(folder + "/view/dossier/app.apk", "w").write("x")),
        "report": tries(lambda: open(folder + "/out/report", "w").write("fine")),
        "scratch": tries(lambda: open(folder + "/tmp/some", "w").write("fine")),
        "descriptors": tries(lambda: sorted(int(n) for n in os.listdir("/proc/self/fd"))),
        "variables": tries(lambda: sorted(os.environ)),
    }))
"""
MUST_FAIL = (
    *("tcp", "udp", "control", "keys", "keys by another name", "memory", "environment"),
    *("list", "write", "link", "session", "change upload"),
)


@pytest.fixture
def surroundings(tmp_path):
    """A listener, a key file, a control socket: what a hub has beside its lab."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "keyring.json").write_text("the keys")
    where = ("127.0.0.1", free_port())
    with socket.create_server(where) as listener, socket.socket(socket.AF_UNIX) as own:
        path = secret / "c.sock"
        own.bind(os.path.relpath(path))
        own.listen(8)
        port = listener.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(("127.0.0.1", port))
            yield [port, secret / "keyring.json", os.path.relpath(path, tmp_path / "view")]


@needs_kernel
def test_what_a_hostile_parser_would_try(tmp_path, surroundings):
    plan = plan_for(tmp_path)
    process = confined(plan, TRIES, *surroundings, os.getpid(), tmp_path)
    found = json.loads(process.stdout)
    assert {name: found[name][0] for name in MUST_FAIL} == dict.fromkeys(MUST_FAIL, "refused")
    assert found["upload"] == ["done", "uploaded"]
    assert (tmp_path / "out" / "report").read_text() == "fine"
    assert (tmp_path / "tmp" / "some").read_text() == "fine"
    assert found["variables"][1] in ([], ["LC_CTYPE"])
    if landlock.abi_version() >= 6:
        assert found["signal"][0] == "refused"
    held = json.loads(process.stderr.splitlines()[0])["confined"]
    assert held["landlock"] == landlock.abi_version()
    assert held["seccomp"] is True


def test_the_same_tries_succeed_without_the_wall(tmp_path, surroundings):
    plan = plan_for(tmp_path)
    make_view(plan)
    process = subprocess.run(
        [
            *(sys.executable, "-I", "-c", textwrap.dedent(TRIES), *map(str, surroundings)),
            *(str(os.getpid()), str(tmp_path)),
        ],
        capture_output=True,
        cwd=plan.view or "/",
        check=True,
        start_new_session=False,
    )
    found = json.loads(process.stdout)
    reached = {name for name in MUST_FAIL if found[name][0] == "done"}
    assert reached >= set(MUST_FAIL) - {"session"}


@needs_kernel
def test_limits_of_memory_files_and_time(tmp_path):
    program = """
        import resource
        import sys
        try:
            bytearray(900 << 20)
        except MemoryError:
            print("no memory", flush=True)
        try:
            with open(sys.argv[1] + "/tmp/large", "wb", 0) as file:
                while file.write(bytes(65536)):
                    pass
        except OSError:
            print("no room", flush=True)
        print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
        while True:
            pass
    """
    plan = plan_for(tmp_path, memory_bytes=512 * MIB, cpu_seconds=1)
    process = confined(plan, program, tmp_path)
    assert process.stdout.decode().splitlines() == ["no memory", "no room", "(0, 0)"]
    assert -process.returncode in (signal.SIGXCPU, signal.SIGKILL)
    assert (tmp_path / "tmp" / "large").stat().st_size <= MIB


@needs_kernel
def test_no_descriptor_of_the_hub_comes_along(tmp_path):
    program = """
        import os
        found = []
        for number in range(3, 60):
            try:
                os.fstat(number)
            except OSError:
                continue
            found.append(number)
        print(found)
    """
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        process = confined(plan_for(tmp_path), program)
        assert process.stdout.decode().strip() == "[]"
        passed = confined(plan_for(tmp_path, view="", links=()), program, pass_fds=(file.fileno(),))
        assert passed.stdout.decode().strip() == f"[{file.fileno()}]"
    null = os.open(os.devnull, os.O_RDONLY)
    try:  # standard input once more, as uvloop leaves it
        copied = confined(plan_for(tmp_path, view="", links=()), program, pass_fds=(null,))
        assert copied.stdout.decode().strip() == "[]"
    finally:
        os.close(null)


def test_without_landlock_nothing_is_run(tmp_path):
    """A path that is missing is refused in the same way as a kernel that cannot."""
    plan = plan_for(tmp_path, readable=(str(tmp_path / "nowhere"),))
    process = confined(plan, "print('ran')")
    assert process.returncode == EXIT_NOT_CONFINED
    assert process.stdout == b""
    assert "not_confined" in json.loads(process.stderr)


def test_a_plan_survives_its_argument(tmp_path):
    plan = plan_for(tmp_path)
    assert read_plan(plan.dump()) == plan


def test_a_view_holds_links_and_nothing_outside(tmp_path):
    plan = plan_for(tmp_path)
    make_view(plan)
    assert (tmp_path / "view" / "dossier" / "app.apk").read_text() == "uploaded"
    assert (tmp_path / "view" / "dossier" / "app.apk").stat().st_nlink == 2
    upload = str(tmp_path / "in" / "0")
    with pytest.raises(ValueError, match="leaves"):
        make_view(plan_for(tmp_path, links=((upload, ("..", "x")),)))
    assert not Path(tmp_path / "x").exists()
