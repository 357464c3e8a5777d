"""The filter in a forked child, call by call; and every row of every machine's program."""

import ctypes
import errno
import os
import socket
import threading

import pytest

from keepsight.hub.walls import seccomp
from keepsight.hub.walls.seccomp import MACHINES, restrict_calls
from tests.hub.walls.test_landlock import in_child

pytestmark = pytest.mark.skipif(
    not seccomp.is_supported(), reason="NOT TESTED: this kernel has no seccomp filters"
)
FAMILIES = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET)


def filtered(action):
    def run():
        restrict_calls()
        action()

    return in_child(run)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_socket_of_any_family(family):
    assert filtered(lambda: socket.socket(family, socket.SOCK_DGRAM)) == 1


def call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)


@pytest.mark.parametrize(
    "action",
    [
        os.setsid,
        lambda: os.setpgid(0, 0),
        lambda: call("unshare", 0x10000000),
        lambda: call("ptrace", 16, os.getppid(), 0, 0),
        lambda: call("chroot", b"/"),
        lambda: os.pidfd_open(os.getppid()),
    ],
)
def test_what_else_is_refused(action):
    assert filtered(action) == 1


def test_ordinary_work_goes_on():
    def work():
        thread = threading.Thread(target=lambda: None)
        thread.start()
        thread.join()
        reading, writing = os.pipe()
        os.write(writing, b"x")
        if os.read(reading, 1) != b"x":
            raise OSError(errno.EIO, "pipe")
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    assert filtered(work) == 0


def test_every_machine_refuses_equally_many_calls_and_no_jump_leaves_the_program():
    assert len({len(machine.refused) for machine in MACHINES.values()}) == 1
    for machine in MACHINES.values():
        assert len(set(machine.refused)) == len(machine.refused)
        rows = seccomp._filter(machine)
        for number, (code, if_true, if_false, _) in enumerate(rows):
            if code & 0x07 == 0x05:
                assert number + 1 + max(if_true, if_false) < len(rows)
        assert rows[-1] == (6, 0, 0, 0x7FFF0000)


def test_an_unknown_machine_is_refused(monkeypatch):
    monkeypatch.setattr(seccomp, "MACHINES", {})
    with pytest.raises(seccomp.SeccompError):
        restrict_calls()
    assert not seccomp.is_supported()
