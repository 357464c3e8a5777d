"""A folder of 300 apps: how it scales with the cores, and that damaged ones stop nothing.

The apps are made here, of the size of small companion apps: code of their own and two of eight
libraries each, every fiftieth one damaged. `keepsight check FOLDER` looks at them with one job and
with a job a core, in turn, as a person would start it; the quickest of each counts. Linear is one
job's time divided by the cores. Other work on the machine lowers it: run it on a quiet one.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.figure import Figure

ROOT: Final = Path(__file__).parents[1]
APPS: Final = 300
DAMAGED_EVERY: Final = 50
TIMES: Final = 3
EFFICIENCY_MIN: Final = 0.85
CLASSES: Final = 150
LIBRARIES: Final = 8
LIBRARY_CLASSES: Final = 1_500
PICTURES: Final = 40
PICTURE_BYTES: Final = 20_000
TIMEOUT_SECONDS: Final = 600
COMMAND: Final = [sys.executable, "-m", "keepsight", "check"]


def make(folder: Path, count: int) -> int:
    """Write so many apps, some of them damaged; returns how many are damaged."""
    from tests.lab.synthetic import article, code, package

    who = package.signer("Example Camera Vendor")
    sound = article.article_entries()
    libraries = [
        code.dex(*(made_class(code, APPS + number, one) for one in range(LIBRARY_CLASSES)))
        for number in range(LIBRARIES)
    ]
    damaged = 0
    for number in range(count):
        dice = random.Random(number)
        own = [made_class(code, number, one) for one in range(CLASSES)]
        rest = [article.storage(), article.ciphers(), article.pages(), article.trusting()]
        entries = {**sound, "classes.dex": code.dex(*own, *rest[: 1 + number % len(rest)])}
        entries["classes2.dex"] = libraries[number % LIBRARIES]
        entries["classes3.dex"] = libraries[(number // LIBRARIES + 1 + number) % LIBRARIES]
        for picture in range(PICTURES):
            entries[f"res/drawable/p{picture}.png"] = dice.randbytes(PICTURE_BYTES)
        data = package.signed(entries, who=who)
        if number % DAMAGED_EVERY == DAMAGED_EVERY - 1:
            damaged += 1
            data = data[: len(data) * 2 // 3]
        (folder / f"app-{number:03}.apk").write_bytes(data)
    return damaged


def made_class(code: Any, app: int, number: int) -> Any:
    """Return a class of its own, with four methods that each call the next."""
    name = f"Lorg/example/app{app}/part{number % 20}/Class{number};"
    methods = [
        code.Method(
            f"step{step}", "()V",
            [("const-string", 1, f"text {app} {number} {step}"), ("const/16", 2, number),
             ("invoke-static", name, f"step{(step + 1) % 4}", "()V", []), ("return-void",)],
        )
        for step in range(4)
    ]  # fmt: skip
    return code.Class(name, methods)


def _check(folder: Path, jobs: int) -> tuple[float, list[dict[str, Any]]]:
    out = folder.parent / "reports.json"
    start = time.perf_counter()
    done = subprocess.run(
        [*COMMAND, str(folder), "--jobs", str(jobs), "--quiet", "--json", str(out)],
        cwd=ROOT, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1, 2):
        raise RuntimeError(f"the check ended with {done.returncode}")
    found: list[dict[str, Any]] = json.loads(out.read_text())["reports"]
    return seconds, found


def run() -> list[Figure]:
    """Measure one job beside one a core, and count what came of the apps."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as parent:
        folder = Path(parent, "apps")
        folder.mkdir()
        damaged = make(folder, APPS)
        alone, together = float("inf"), float("inf")
        for _ in range(TIMES):
            seconds, reports = _check(folder, 1)
            alone = min(alone, seconds)
            seconds, same = _check(folder, cores)
            together = min(together, seconds)
    read = sum(bool(one["artefacts"]) and not _is_unread(one) for one in reports)
    ok = len(reports) == len(same) == APPS and read == APPS - damaged
    efficiency = alone / together / cores
    return [
        Figure("lab_folder.one_job", alone, "s", "apps", APPS),
        Figure("lab_folder.scaling", together, "s", "one job / cores", alone / cores,
               f"at least {EFFICIENCY_MIN} of linear", efficiency >= EFFICIENCY_MIN,
               f"{efficiency:.2f} of linear on {cores} cores"),
        Figure("lab_folder.read", read, "apps", "sound ones", APPS - damaged,
               "all sound ones", ok, f"{damaged} damaged ones are said to be unreadable"),
    ]  # fmt: skip


def _is_unread(report: dict[str, Any]) -> bool:
    return any(not part["part"] for part in report["unread"])
