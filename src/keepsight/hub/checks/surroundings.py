"""What the lab's process needs of this machine: the interpreter, its libraries, our package."""

import sys
import sysconfig
from pathlib import Path
from typing import Final

import keepsight

_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime")
_DEVICES: Final = ("/dev/null", "/dev/urandom", "/dev/zero")
_INTERPRETER: Final = ("stdlib", "platstdlib", "purelib", "platlib")
ENVIRONMENT: Final = {
    # Threads of a numeric library that no parser uses would cost address space.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class ExposedError(Exception):
    """What the lab needs to read contains what it must never read."""


def readable_paths(secret: Path) -> tuple[str, ...]:
    """Files and folders that the lab may read, none of which contains `secret`.

    Raises:
        ExposedError: the interpreter is installed around the data directory.
    """
    installed = (
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.executable).resolve(),
        *(Path(sysconfig.get_path(name)) for name in _INTERPRETER),
        Path(keepsight.__file__).parents[1],
    )
    wanted = (*(Path(name) for name in (*_SYSTEM, *_DEVICES)), *installed)
    found = dict.fromkeys(path.resolve() for path in wanted if path.exists())
    hidden = secret.resolve()
    for path in found:
        if hidden.is_relative_to(path):
            raise ExposedError(f"the data directory lies inside {path}, which the lab has to read")
    return tuple(str(path) for path in found)
