"""A tree of its own: from now on this process and its children see only the files named here.

For kernels without Landlock, such as Raspberry Pi OS's. What stays reachable is bound into an empty
tree in a mount namespace, and the rest is let go: mount_namespaces(7), pivot_root(2), and
mount_setattr(2) of Linux 5.12, called through ctypes. Where the kernel lets an ordinary user make
no namespaces there is no such wall, and the caller is told.
"""

import ctypes
import os
import stat
from pathlib import Path
from typing import Final

from keepsight.hub.walls.landlock import FileRights

_MS_BIND: Final = 4096
_MS_REC: Final = 16384
_MS_PRIVATE: Final = 1 << 18
_MNT_DETACH: Final = 2
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_MOUNT_SETATTR: Final = 442
"""The same number on every architecture."""
_RDONLY_NOSUID: Final = 1 | 2
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41, "riscv64": 41}
_GROUNDS: Final = ("/mnt", "/media", "/srv", "/opt", "/boot", "/home", "/run")
"""Where the tree grows until it is the root; hidden by it meanwhile, so nothing of it is wanted."""
_OLD_ROOT: Final = ".old"
_SWITCHES: Final = {
    "/proc/sys/user/max_user_namespaces": "0",
    "/proc/sys/user/max_mnt_namespaces": "0",
    "/proc/sys/kernel/unprivileged_userns_clone": "0",
}
"""Settings of the kernel, with the value by which an owner of the machine forbids namespaces."""


class MountError(OSError):
    """The kernel gives no tree of one's own."""


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def may_be_possible() -> bool:
    """Whether nothing is known that would refuse it; whether it works shows when it is tried."""
    if os.uname().machine not in _PIVOT_ROOT or not Path("/proc/self/ns/mnt").exists():
        return False
    for name, forbidden in _SWITCHES.items():
        try:
            if Path(name).read_text(encoding="ascii").strip() == forbidden:
                return False
        except OSError:
            continue
    return True


def hide_files(rights: FileRights) -> None:
    """Leave everything else behind, for good. In namespaces of its own (`confine`), one thread.

    Raises:
        MountError: the kernel refuses, or this machine's numbers are not known.
        OSError: a path does not exist.
    """
    number = _PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise MountError(f"no tree of its own on {os.uname().machine}")
    here = str(Path.cwd())
    wanted = sorted({*rights.readable, *rights.writable, *rights.scratch}, key=len)
    changeable = {*rights.writable, *rights.scratch}
    ground = _ground(wanted)
    links = [(path.name, path.readlink()) for path in Path("/").iterdir() if path.is_symlink()]
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", ground, "tmpfs", 0)
    for name, target in links:
        (Path(ground) / name).symlink_to(target)
    for path in wanted:
        _bind(path, ground, is_changeable=path in changeable)
    old = Path(ground, _OLD_ROOT)
    old.mkdir()
    _call("pivot_root", number, ground.encode(), str(old).encode())
    os.chdir("/")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.umount2(f"/{_OLD_ROOT}".encode(), _MNT_DETACH) != 0:
        raise _error("the old tree stays")
    Path("/", _OLD_ROOT).rmdir()
    _set_read_only("/", 0)
    if Path(here).is_dir():
        os.chdir(here)


def _ground(wanted: list[str]) -> str:
    for name in _GROUNDS:
        is_free = not any(Path(path).is_relative_to(name) for path in wanted)
        if is_free and Path(name).is_dir() and not Path(name).is_symlink():
            return name
    raise MountError("no folder is free for a tree of its own")


def _bind(path: str, ground: str, *, is_changeable: bool) -> None:
    place = Path(ground + path)
    if stat.S_ISDIR(Path(path).stat().st_mode):
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.touch()
    _mount(path, str(place), None, _MS_BIND | _MS_REC)
    if not is_changeable:
        _set_read_only(str(place), _AT_RECURSIVE)


def _set_read_only(path: str, flags: int) -> None:
    attributes = _Attributes(_RDONLY_NOSUID, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    where = ctypes.c_int(_AT_FDCWD)
    _call(
        "mount_setattr", _MOUNT_SETATTR, where, path.encode(), ctypes.c_uint(flags),
        ctypes.byref(attributes), size,
    )  # fmt: skip


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    texts = [text.encode() if text is not None else None for text in (source, target, kind)]
    if libc.mount(*texts, ctypes.c_ulong(flags), None) != 0:
        raise _error(f"mount {target}")


def _call(what: str, number: int, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(number), *arguments) != 0:
        raise _error(what)


def _error(what: str) -> MountError:
    code = ctypes.get_errno()
    return MountError(code, f"{what}: {os.strerror(code)}")
