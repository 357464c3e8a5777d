"""The wall of kernels without Landlock, tried from the inside on this one.

Goal: the same tries fail and the same ones succeed as behind Landlock (`test_confine`). Method: the
real launcher, told that there is no Landlock, runs the same program; and the real watcher.
"""

import json
import os
import subprocess
import sys
import textwrap

import pytest

from keepsight.hub.walls import mounts, seccomp
from keepsight.hub.walls.confine import EXIT_NOT_CONFINED
from keepsight.hub.watch.process import prepare
from tests.hub.walls.test_confine import MUST_FAIL, TRIES, plan_for, surroundings

__all__ = ["surroundings"]
LAUNCHER = """
import sys
from keepsight.hub.walls import confine, landlock
landlock.abi_version = lambda: 0
sys.exit(confine.main())
"""


def launched(*arguments, cwd="/", **options):
    command = [sys.executable, "-I", "-c", LAUNCHER, *arguments]
    return subprocess.run(
        command, capture_output=True, env={}, cwd=cwd, stdin=subprocess.DEVNULL,
        start_new_session=True, timeout=120, check=False, **options,
    )  # fmt: skip


def run_behind(plan, program, *arguments):
    python = [sys.executable, "-I", "-c", textwrap.dedent(program), *map(str, arguments)]
    return launched(plan.dump(), "--", *python, cwd=plan.view or "/")


@pytest.fixture
def plan(tmp_path):
    if not (mounts.may_be_possible() and seccomp.is_supported()):
        pytest.skip("NOT TESTED: this kernel lets nobody have namespaces, or has no seccomp")
    made = plan_for(tmp_path)
    process = run_behind(made, "print('here')")
    if process.returncode == EXIT_NOT_CONFINED and b"not permitted" in process.stderr:
        pytest.skip("NOT TESTED: this machine lets ordinary users make no namespaces")
    for name in ("view/dossier/app.apk",):
        (tmp_path / name).unlink()
    return made


def test_what_a_hostile_parser_would_try(plan, tmp_path, surroundings):
    process = run_behind(plan, TRIES, *surroundings, os.getpid(), tmp_path)
    found = json.loads(process.stdout)
    assert {name: found[name][0] for name in MUST_FAIL} == dict.fromkeys(MUST_FAIL, "refused")
    assert found["upload"] == ["done", "uploaded"]
    assert (tmp_path / "out" / "report").read_text() == "fine"
    assert (tmp_path / "tmp" / "some").read_text() == "fine"
    held = json.loads(process.stderr.splitlines()[0])["confined"]
    assert held == {"landlock": 0, "seccomp": True, "namespaces": True}


def test_the_tree_holds_nothing_else_and_nothing_can_be_put_there(plan):
    program = """
        import os
        print(sorted(os.listdir("/")))
        for name in ("/new", "/usr/new", "/etc/passwd", "/etc/shadow"):
            try:
                open(name, "a").close()
                print("opened", name)
            except OSError:
                pass
        open("/dev/null", "w").write("x")
    """
    process = run_behind(plan, program)
    assert process.returncode == 0, process.stderr
    listed, *opened = process.stdout.decode().splitlines()
    assert opened == []
    assert {"proc", "run", "sys", "mnt", ".old"} & set(
        json.loads(listed.replace("'", '"'))
    ) == set()


def test_a_path_that_is_missing_lets_nothing_run(plan, tmp_path):
    changed = plan_for(tmp_path, readable=(str(tmp_path / "nowhere"),))
    process = run_behind(changed, "print('ran')")
    assert process.returncode == EXIT_NOT_CONFINED
    assert process.stdout == b""


@pytest.mark.usefixtures("plan")
def test_the_watcher_starts_behind_it(tmp_path):
    (tmp_path / "household").mkdir()
    command, _ = prepare(tmp_path / "models", tmp_path / "household", os.environ)
    after = command[command.index("keepsight.hub.walls.confine") + 1 :]
    process = launched(*after)  # its line to the hub is closed: it has nothing to do, and ends
    assert process.returncode == 0, process.stderr


def test_a_machine_that_forbids_namespaces_is_known(monkeypatch, tmp_path):
    switch = tmp_path / "switch"
    monkeypatch.setattr(mounts, "_SWITCHES", {str(switch): "0"})
    assert mounts.may_be_possible() == (os.uname().machine in mounts._PIVOT_ROOT)
    switch.write_text("0\n")
    assert not mounts.may_be_possible()
