"""What a confined process needs of this machine: the interpreter, its libraries, our package."""

import sys
import sysconfig
from pathlib import Path
from typing import Final

import keepsight

_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime")
_DEVICES: Final = ("/dev/null", "/dev/urandom", "/dev/zero")
_INTERPRETER: Final = ("stdlib", "platstdlib", "purelib", "platlib")
ENVIRONMENT: Final = {
    # Threads of a numeric library that nobody uses would cost address space.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class ExposedError(Exception):
    """What the program needs to read contains what it must never read."""


def readable_paths(secret: Path, *more: Path) -> tuple[str, ...]:
    """Files and folders that a confined program may read, none of which contains `secret`.

    Args:
        secret: what it must have no way to.
        more: what it needs besides the interpreter and its libraries; left out where missing.

    Raises:
        ExposedError: the interpreter is installed around the data directory, or one of `more` is
            around it or inside it.
    """
    installed = (
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.executable).resolve(),
        *(Path(sysconfig.get_path(name)) for name in _INTERPRETER),
        Path(keepsight.__file__).parents[1],
    )
    wanted = (*(Path(name) for name in (*_SYSTEM, *_DEVICES)), *installed, *more)
    found = dict.fromkeys(path.resolve() for path in wanted if path.exists())
    hidden = secret.resolve()
    for path in (each.resolve() for each in more):
        if path.is_relative_to(hidden):
            raise ExposedError(f"{path} lies inside the data directory")
    for path in found:
        if hidden.is_relative_to(path):
            raise ExposedError(f"the data directory lies inside {path}, which has to be readable")
    return tuple(str(path) for path in found)
