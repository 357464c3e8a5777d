"""`python -m keepsight.hub.walls.confine PLAN -- PROGRAM...`: gives up rights, then runs PROGRAM.

The hub starts this instead of the lab, and instead of the watcher. It makes the program's view of
uploaded files if there are any, takes limits and restrictions upon itself that nothing can undo,
says on one line of standard error which of them hold, and replaces itself with the program. It
imports nothing of the hub but its own folder.

Files are kept away by Landlock, or where the kernel has none by a tree of mounts of its own.
Without either, or without seccomp, there is no wall between hostile bytes and the household's keys,
so then the program is not run. Other namespaces are added where the kernel lets an ordinary user
make them.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from keepsight.hub.walls import landlock, mounts, seccomp

EXIT_NOT_CONFINED: Final = 79
_PR_SET_PDEATHSIG: Final = 1
_PR_CAPBSET_DROP: Final = 24
_CAPABILITIES_MAX: Final = 64
_CLONE_NEWNS: Final = 0x00020000
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_CLONE_NEWIPC: Final = 0x08000000


@dataclass(frozen=True, slots=True)
class Plan:
    """What the program may have."""

    view: str
    """Folder in which the program sees its files; must be empty. Empty text: there is none."""
    links: tuple[tuple[str, tuple[str, ...]], ...]
    """Each an uploaded file and its cleaned name in parts, below `view`."""
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    scratch: tuple[str, ...]
    memory_bytes: int
    """Of address space, each process."""
    cpu_seconds: int | None
    """Of each process; None for a program that runs on."""
    file_bytes: int
    """Of each file that is written."""
    open_files: int
    nice: int

    def dump(self) -> str:
        """For the launcher's argument."""
        return json.dumps(asdict(self))


def missing_protection() -> list[str]:
    """What this kernel lacks to keep a program from the keys; empty when it can."""
    has_files = landlock.abi_version() >= 1 or mounts.may_be_possible()
    missing = [] if has_files else ["landlock"]
    return missing if seccomp.is_supported() else [*missing, "seccomp"]


def read_plan(text: str) -> Plan:
    """The plan in the launcher's argument."""
    found: dict[str, Any] = json.loads(text)
    found["links"] = tuple((str(path), tuple(parts)) for path, parts in found["links"])
    found |= {name: tuple(found[name]) for name in ("readable", "writable", "scratch")}
    return Plan(**found)


def make_view(plan: Plan) -> None:
    """Link each upload under its cleaned name; a link needs no room and no copy.

    Raises:
        ValueError: a name leaves the view.
        OSError: a link cannot be made.
    """
    for upload, parts in plan.links:
        path = Path(plan.view, *parts)
        if not path.is_relative_to(plan.view) or ".." in parts:
            raise ValueError("a name leaves the view")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.link(upload, path, follow_symlinks=False)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _close_copies() -> None:
    """Close what is one of the standard streams once more.

    uvloop lets such copies come along: a program that closes its line to the hub would still hold
    it. What was passed on purpose stays.
    """
    standard = [os.fstat(number) for number in range(3)]
    for path in Path("/proc/self/fd").iterdir():
        number = int(path.name)
        with contextlib.suppress(OSError):
            if number > 2 and any(os.path.samestat(os.fstat(number), each) for each in standard):
                os.close(number)


def enter_namespaces(more: int = 0) -> bool:
    """A user namespace with no network and no shared memory; False where the kernel refuses.

    Args:
        more: other kinds of namespaces, as flags of unshare(2).
    """
    user, group = os.geteuid(), os.getegid()
    if _libc().unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC | more) != 0:
        return False
    # Without these two the process still works, as the user nobody, and could read nothing.
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    return True


def _drop_capabilities() -> None:
    """What a program started by root would get back. Refused without CAP_SETPCAP: none to drop."""
    libc = _libc()
    for number in range(_CAPABILITIES_MAX):
        libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)


def limit(plan: Plan) -> None:
    """Bound time, memory, files; end with the hub; be the first to go when memory runs out."""
    _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for kind, bound in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, plan.memory_bytes),
        (resource.RLIMIT_FSIZE, plan.file_bytes),
        (resource.RLIMIT_NOFILE, plan.open_files),
    ):
        resource.setrlimit(kind, (bound, bound))
    if plan.cpu_seconds is not None:
        # A second between the signal that can be told and the one that cannot be caught.
        resource.setrlimit(resource.RLIMIT_CPU, (plan.cpu_seconds, plan.cpu_seconds + 1))
    os.umask(0o077)
    os.nice(plan.nice)
    # A session of its own is a group of its own to the scheduler, which shares time between groups
    # and looks at niceness inside them only (sched(7), autogroup). Where there is none: as before.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(plan.nice), encoding="ascii")
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def confine(plan: Plan) -> dict[str, Any]:
    """Everything above, in the only order that works; returns what holds now.

    Raises:
        OSError: without a wall around files or seccomp, or a path of the plan is missing.
    """
    _close_copies()
    make_view(plan)
    limit(plan)
    readable = (*plan.readable, plan.view) if plan.view else plan.readable
    rights = landlock.FileRights(readable, plan.writable, plan.scratch)
    version = landlock.abi_version()
    has_namespaces = enter_namespaces(0 if version >= 1 else _CLONE_NEWNS)
    if version >= 1:
        _drop_capabilities()
        landlock.restrict_files(rights)
    else:
        mounts.hide_files(rights)  # needs what a new user namespace gives
        _drop_capabilities()
    seccomp.restrict_calls()
    return {"landlock": version, "seccomp": True, "namespaces": has_namespaces}


def main() -> int:
    """Confine and replace this process; returns only when that fails."""
    try:
        held = confine(read_plan(sys.argv[1]))
        sys.stderr.write(json.dumps({"confined": held}) + "\n")
        sys.stderr.flush()
        os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606 - the hub's own command line
    except (OSError, ValueError) as error:
        sys.stderr.write(json.dumps({"not_confined": str(error)}) + "\n")
    return EXIT_NOT_CONFINED


if __name__ == "__main__":
    sys.exit(main())
