"""Landlock: from now on this process and its children reach only the files named here.

The kernel's own description: https://docs.kernel.org/userspace-api/landlock.html (ABI 1 is Linux
5.13). Called through ctypes, because the calls have no wrapper in the C library.
"""

import ctypes
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The same numbers on every architecture.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_CREATE_RULESET_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38

_EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_REMOVE_FILE: Final = 1 << 5
_MAKE_REG: Final = 1 << 8
_TRUNCATE: Final = 1 << 14
_FILE_ACCESS: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
"""What can be allowed for a path that is no directory."""
_HANDLED_BITS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""Kinds of file access that each ABI knows, the lowest bits; later ones know those of the last."""
_NET_BIND_AND_CONNECT: Final = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS: Final = 0b11


class LandlockError(OSError):
    """The kernel has no Landlock, or refuses."""


@dataclass(frozen=True, slots=True)
class FileRights:
    """What stays reachable. Everything else does not, by whatever name."""

    readable: tuple[str, ...]
    """Files and folders, with all below them; also for executing."""
    writable: tuple[str, ...]
    """Existing files."""
    scratch: tuple[str, ...]
    """Folders in which files may be made, written, read and removed."""


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    answer = int(libc.syscall(ctypes.c_long(number), *arguments))
    if answer < 0:
        code = ctypes.get_errno()
        raise LandlockError(code, f"Landlock: {os.strerror(code)}")
    return answer


def abi_version() -> int:
    """Version of the kernel's Landlock; 0 where there is none or it is switched off."""
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except LandlockError:
        return 0


def restrict_files(rights: FileRights) -> int:
    """Give up every other file, for good. Returns the ABI version that was used.

    A domain of Landlock also ends tracing of processes outside it and reading their memory; from
    ABI 4 on TCP is refused, from ABI 6 on signals to processes outside and abstract sockets.
    Needs no privilege. The calling thread only: call it before there is a second one.

    Raises:
        LandlockError: the kernel has no Landlock or refuses.
        OSError: a path does not exist.
    """
    version = abi_version()
    if version < 1:
        raise LandlockError("this kernel has no Landlock")
    handled = (1 << _HANDLED_BITS.get(version, 16)) - 1
    attributes = _RulesetAttributes(
        handled,
        _NET_BIND_AND_CONNECT if version >= 4 else 0,
        _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    # An older kernel takes the longer structure as long as what it does not know is zero.
    ruleset = _call(
        _CREATE_RULESET,
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
        ctypes.c_uint32(0),
    )
    try:
        read = _EXECUTE | _READ_FILE | _READ_DIR
        write = _WRITE_FILE | _TRUNCATE
        make = read | write | _MAKE_REG | _REMOVE_FILE
        _allow(ruleset, rights.readable, read & handled)
        _allow(ruleset, rights.writable, write & handled)
        _allow(ruleset, rights.scratch, make & ~_EXECUTE & handled)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise LandlockError(ctypes.get_errno(), "privileges could not be given up")
        _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, paths: Iterable[str], access: int) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            granted = access if Path(path).is_dir() else access & _FILE_ACCESS
            rule = _PathBeneath(granted, descriptor)
            _call(
                _ADD_RULE,
                ctypes.c_int(ruleset),
                ctypes.c_int(_RULE_PATH_BENEATH),
                ctypes.byref(rule),
                ctypes.c_uint32(0),
            )
        finally:
            os.close(descriptor)
