"""A hang, a crash and a memory hunger cost one artefact and no other.

Method: a reader that misbehaves by the file's name, run in real child processes.
"""

import faulthandler
import os
import signal
import sys
import time

import pytest

from keepsight.lab.isolation import Limits, read_each
from keepsight.lab.reading import ReadResult, ReadTask, read_artefact

TEXT = "This is the privacy policy of a camera that is read by people who want to know. " * 5


def misbehaving(task):
    """Stands in for the readers; runs in the child."""
    name = task.path.stem
    if name == "hang":
        time.sleep(60)
    if name == "crash":
        faulthandler.disable()
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "hungry":
        bytearray(3 << 30)
    if name == "fault":
        raise ValueError("a fault of ours")
    return read_artefact(task)


@pytest.fixture
def tasks(tmp_path):
    names = ("good", "hang", "crash", "hungry", "fault", "fine")
    for name in names:
        (tmp_path / f"{name}.txt").write_text(TEXT)
    return [ReadTask(tmp_path / f"{name}.txt") for name in names]


def test_one_bad_file_never_stops_the_rest(tasks):
    limits = Limits(wall_seconds=6, memory_bytes=1 << 30)
    found = dict(read_each(tasks, jobs=3, limits=limits, reader=misbehaving))
    assert sorted(found) == list(range(len(tasks)))
    reasons = {
        tasks[number].path.stem: "" if r.is_read else r.unread[0].reason
        for number, r in found.items()
    }
    assert reasons["good"] == reasons["fine"] == ""
    assert "longer than 6 seconds" in reasons["hang"]
    assert "signal 11" in reasons["crash"]
    assert "memory" in reasons["hungry"]
    assert "ValueError" in reasons["fault"]


def test_the_real_server_of_children(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    main = vars(sys.modules["__main__"])
    before = main.get("__file__"), main.get("__spec__")
    found = dict(read_each([ReadTask(tmp_path / "a.txt")] * 3, jobs=2, limits=Limits()))
    assert [type(r) for r in found.values()] == [ReadResult] * 3
    assert all(r.is_read for r in found.values())
    assert (main.get("__file__"), main.get("__spec__")) == before, "the main module is as it was"


def test_nothing_to_read():
    assert list(read_each([], jobs=2, limits=Limits())) == []


def test_without_sockets_each_child_is_started_anew(tmp_path, monkeypatch):
    """As the hub runs it: confined, a process may make no socket of any family."""

    def refused(*_):
        raise PermissionError(13, "refused")

    monkeypatch.setattr("keepsight.lab.isolation.socket.socket", refused)
    (tmp_path / "a.txt").write_text(TEXT)
    found = list(read_each([ReadTask(tmp_path / "a.txt")] * 2, jobs=2, limits=Limits()))
    assert len(found) == 2
    assert all(r.is_read for _, r in found)
