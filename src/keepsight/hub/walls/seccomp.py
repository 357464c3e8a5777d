"""seccomp: from now on this process and its children cannot ask the kernel for certain things.

No socket of any family (so no network, and none of the hub's own sockets), no look into other
processes, no leaving of the process group that the hub ends as a whole, no new namespaces. The
kernel's own description: https://docs.kernel.org/userspace-api/seccomp_filter.html; numbers from
its syscall tables. A filter in classic BPF is a list of four-field instructions.
"""

import ctypes
import errno
import os
from dataclasses import dataclass
from typing import Final

_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_KILL_PROCESS: Final = 0x80000000
_ERRNO: Final = 0x00050000

_LOAD_WORD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_JUMP_IF_AT_LEAST: Final = 0x35
_JUMP_IF_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
_NUMBER_AT: Final = 0
_MACHINE_AT: Final = 4
_FIRST_ARGUMENT_AT: Final = 16
"""Its low half, on the little-endian machines below."""
_X32_BIT: Final = 0x40000000
_CLONE_NEW_ANYTHING: Final = 0x7E020000
"""CLONE_NEWNS to CLONE_NEWNET: what makes a new namespace."""


class SeccompError(OSError):
    """The kernel has no seccomp filters, or refuses."""


@dataclass(frozen=True, slots=True)
class _Machine:
    audit: int
    """AUDIT_ARCH of linux/audit.h."""
    clone: int
    refused: tuple[int, ...]


_EVERYWHERE: Final = (
    *(425, 426, 427),  # io_uring, which would do the rest behind the filter's back
    *(438, 434, 424),  # pidfd: getfd, open, send_signal
    *(442, 428, 429, 430, 431, 432, 433),  # mounting in its newer form
)
_GENERIC: Final = (
    *(198, 200, 201, 202, 203, 206, 211),  # socket bind listen accept connect sendto sendmsg
    *(117, 270, 271, 272),  # ptrace process_vm_readv process_vm_writev kcmp
    *(154, 157, 97, 268),  # setpgid setsid unshare setns
    *(265, 40, 39, 41, 51),  # open_by_handle_at mount umount2 pivot_root chroot
    *(280, 241, 282, 217, 218, 219, 262),  # bpf perf_event_open userfaultfd keys(3) fanotify_init
)
_X86_64: Final = (
    *(41, 49, 50, 43, 42, 44, 46),
    *(101, 310, 311, 312),
    *(109, 112, 272, 308),
    *(304, 165, 166, 155, 161),
    *(321, 298, 323, 248, 249, 250, 300),
)
MACHINES: Final = {
    "x86_64": _Machine(0xC000003E, 56, (*_X86_64, *_EVERYWHERE)),
    "aarch64": _Machine(0xC00000B7, 220, (*_GENERIC, *_EVERYWHERE)),
    "riscv64": _Machine(0xC00000F3, 220, (*_GENERIC, *_EVERYWHERE)),
}
_CLONE3: Final = 435


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def is_supported() -> bool:
    """Whether the kernel knows filters and we know this machine's numbers."""
    try:
        with open("/proc/sys/kernel/seccomp/actions_avail", encoding="ascii") as file:  # noqa: PTH123
            return "errno" in file.read() and os.uname().machine in MACHINES
    except OSError:
        return False


def _filter(machine: _Machine) -> list[tuple[int, int, int, int]]:
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EACCES)
    program = [
        (_LOAD_WORD, 0, 0, _MACHINE_AT),
        (_JUMP_IF_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]
    for number in machine.refused:
        program += [(_JUMP_IF_EQUAL, 0, 1, number), refuse]
    # The C library falls back to clone, whose flags lie in a register and can be looked at.
    program += [(_JUMP_IF_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    program += [
        (_JUMP_IF_EQUAL, 0, 3, machine.clone),
        (_LOAD_WORD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_IF_ANY_BIT, 0, 1, _CLONE_NEW_ANYTHING),
        refuse,
        (_RETURN, 0, 0, _ALLOW),
    ]
    return program


def restrict_calls() -> None:
    """Install the filter, for good. Needs no privilege.

    Raises:
        SeccompError: the kernel has no filters, refuses, or this machine's numbers are not known.
    """
    machine = MACHINES.get(os.uname().machine)
    if machine is None:
        raise SeccompError(f"no filter for {os.uname().machine}")
    rows = _filter(machine)
    instructions = (_Instruction * len(rows))(*(_Instruction(*row) for row in rows))
    program = _Program(len(rows), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise SeccompError(ctypes.get_errno(), "privileges could not be given up")
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        code = ctypes.get_errno()
        raise SeccompError(code, f"seccomp: {os.strerror(code)}")
