"""Reading and judging apps, beside merely inflating their code and beside androguard.

Three processes look at the same files in turn: ours (all app checks), one that only inflates the
dex files, and androguard's `AnalyzeAPK`, which builds full cross-references and judges nothing. The
last needs an interpreter that has androguard; KEEPSIGHT_ANDROGUARD names it, and without it those
figures are left out with a note.

Times are processor seconds of the work alone, imports left out, the best of three for the two quick
ones; memory is the peak of the whole process, interpreter and imports included.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.figure import Figure

ROOT: Final = Path(__file__).parents[1]
DATA: Final = Path(os.environ.get("KEEPSIGHT_TEST_DATA", ROOT.parent / "shared")) / "data" / "apps"
ANDROGUARD: Final = os.environ.get("KEEPSIGHT_ANDROGUARD", "")
BYTES_MIN: Final = 500_000
"""Smaller packages measure the interpreter's start and nothing else."""
TIMES: Final = 3
REPORT_DATE: Final = "2026-11-21"
PEER_TIMEOUT_SECONDS: Final = 600
_PEER: Final = """
import json, resource, sys, time
from loguru import logger
logger.remove()
from androguard.misc import AnalyzeAPK
seconds = {}
for path in sys.argv[1:]:
    start = time.process_time()
    AnalyzeAPK(path)
    seconds[path] = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "peak_kib": peak}))
"""


def _judge(path: Path) -> None:
    from keepsight.lab.checks.app import APP_CHECKS
    from keepsight.lab.facts.product import ProductFacts
    from keepsight.lab.read.app import read_app

    facts, unread = read_app(path)
    product = ProductFacts(report_date=REPORT_DATE, apps=(facts,), unread=unread)
    for check in APP_CHECKS:
        check.judge(product)


def _inflate(path: Path) -> None:
    import zipfile  # not in the process whose memory is measured

    with zipfile.ZipFile(path) as package:
        for entry in package.infolist():
            if entry.filename.endswith(".dex"):
                package.read(entry)


WORK: Final[dict[str, Callable[[Path], None]]] = {"ours": _judge, "inflate": _inflate}


def child(kind: str, paths: list[str]) -> dict[str, Any]:
    """Do the work in this process and say what it cost."""
    work = WORK[kind]
    if kind == "ours":
        _judge(Path(paths[0]))  # imports and tables are loaded once in a process
    seconds = {}
    for path in paths:
        best = float("inf")
        for _ in range(TIMES):
            start = time.process_time()
            work(Path(path))
            best = min(best, time.process_time() - start)
        seconds[path] = best
    return {
        "seconds": seconds,
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def _measure(command: list[str]) -> dict[str, Any]:
    import subprocess  # not in the process whose memory is measured

    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=PEER_TIMEOUT_SECONDS
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _ours(kind: str, paths: list[str]) -> dict[str, Any]:
    return _measure([sys.executable, "-m", "benchmarks.lab_app", kind, *paths])


def run() -> list[Figure]:
    """Measure every package at hand, and all of them in one process."""
    found = sorted(path for path in DATA.glob("*.apk") if path.stat().st_size >= BYTES_MIN)
    if not found:
        print(f"lab_app: no packages of {BYTES_MIN} bytes or more under {DATA}, nothing measured")
        return []
    paths = [str(path) for path in found]
    ours, floor = _ours("ours", paths), _ours("inflate", paths)
    figures = [
        Figure(
            f"lab_app.{Path(path).stem}", ours["seconds"][path], "s", "inflate dex",
            floor["seconds"][path], "at most 4 times",
            ours["seconds"][path] <= 4 * floor["seconds"][path],
        )
        for path in paths
    ]  # fmt: skip
    total, least = sum(ours["seconds"].values()), sum(floor["seconds"].values())
    figures.append(
        Figure(
            "lab_app.all", total, "s", "inflate dex", least, "at most 4 times", total <= 4 * least
        )
    )
    if not ANDROGUARD:
        print("lab_app: KEEPSIGHT_ANDROGUARD names no interpreter, androguard is left out")
        return figures
    peer = _measure([ANDROGUARD, "-c", _PEER, *paths])
    theirs = sum(peer["seconds"].values())
    ours_mb, peer_mb = ours["peak_kib"] / 1024, peer["peak_kib"] / 1024
    note = "AnalyzeAPK builds full cross-references; ours answers the app checks"
    figures += [
        Figure("lab_app.time", total, "s", "androguard", theirs, "40 times less",
               theirs >= 40 * total, note),
        Figure("lab_app.memory", ours_mb, "MB", "androguard", peer_mb, "15 times less",
               peer_mb >= 15 * ours_mb, note),
    ]  # fmt: skip
    return figures


if __name__ == "__main__":
    print(json.dumps(child(sys.argv[1], sys.argv[2:])))
